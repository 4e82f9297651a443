"""Scripts can run: whoever owns an input, a policy, an account or a vote is witnessed, and redeemers point at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.samplechain.reading import Block, Tx, block, entries, hash28, hash32, items, txs, value
from tests.samplechain.replay import Ledger, Unspent

LANGUAGES = {1: 0, 3: 1, 6: 2, 7: 3}
SPEND, MINT, CERT, REWARD, VOTE, PROPOSE = range(6)
Scripts = dict[bytes, int]


@pytest.fixture(scope="module")
def spent(made: Path) -> list[tuple[Block, Tx, dict[tuple[bytes, int], Unspent]]]:
    """Every later transaction, with the outputs that it names as they were before it."""
    ledger = Ledger(made / "genesis")
    spending = []
    for entry in entries(made / "immutable"):
        parsed = block(entry.raw)
        if parsed.era < 2:
            ledger.byron(parsed) if parsed.era else None
            continue
        for tx in txs(parsed):
            named = [tuple(ref) for key in (0, 13, 18) for ref in tx.body.get(key, [])]
            spending.append((parsed, tx, {ref: ledger.unspent[ref] for ref in named}))
            ledger._tx(tx)
    return spending


def available(tx: Tx, named: dict[tuple[bytes, int], Unspent]) -> Scripts:
    """Script hash to language: from witnesses, reference inputs, and the inputs themselves."""
    scripts: Scripts = {}
    for key, language in LANGUAGES.items():
        for raw in items(tx.witnesses_raw[key]) if key in tx.witnesses else []:
            scripts[hash28(bytes((language,)) + (value(raw) if language else raw))] = language
    for ref in [*tx.body.get(18, []), *tx.body[0]]:
        script = named[tuple(ref)].script
        if script is not None:
            kind, body = items(script.value)
            scripts[hash28(kind + (value(body) if kind[0] else body))] = kind[0]
    return scripts


def payment_script(address: bytes) -> bytes | None:
    return address[1:29] if address[0] >> 4 in (1, 3, 5, 7) else None


def needed(tx: Tx, named: dict[tuple[bytes, int], Unspent]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Every redeemer pointer that is due if its script is a Plutus script, and the script's hash."""
    body = tx.body
    for i, ref in enumerate(sorted(map(tuple, body[0]))):
        script = payment_script(named[ref].address)
        if script is not None:
            yield (SPEND, i), script
    yield from (((MINT, i), policy) for i, policy in enumerate(sorted(body.get(9, {}))))
    for i, certificate in enumerate(body.get(4, [])):
        kind, who = certificate[:2]
        if kind not in (0, 3, 4, 5, 6) and who[0] == 1:
            yield (CERT, i), who[1]
    accounts = sorted(body.get(5, {}), key=lambda account: (account[0] == 0xE0, account))
    yield from (((REWARD, i), account[1:]) for i, account in enumerate(accounts) if account[0] == 0xF0)
    order = {1: 0, 0: 1, 3: 2, 2: 3, 4: 4}
    voters = sorted(body.get(19, {}), key=lambda voter: (order[voter[0]], voter[1]))
    yield from (((VOTE, i), voter[1]) for i, voter in enumerate(voters) if voter[0] in (1, 3))
    for i, (_, _, action, _) in enumerate(body.get(20, [])):
        if action[0] in (0, 2) and action[-1] is not None:
            yield (PROPOSE, i), action[-1]


def pointers(tx: Tx) -> set[tuple[int, int]]:
    redeemers: Any = tx.witnesses.get(5, [])
    return {(key[0], key[1]) for key in redeemers}


def test_every_script_is_there_and_every_redeemer_has_one(made: Path, spent: list[Any]) -> None:
    guardrail = bytes.fromhex(json.loads((made / "genesis" / "conway-genesis.json").read_text())["constitution"]["script"])
    purposes = set()
    for _, tx, named in spent:
        scripts = available(tx, named)
        due = dict(needed(tx, named))
        assert set(due.values()) <= set(scripts)
        assert {pointer for pointer, script in due.items() if scripts[script]} == pointers(tx)
        purposes |= {purpose for purpose, _ in pointers(tx)}
        assert (13 in tx.body) == bool(pointers(tx))
        assert all(script == guardrail for (purpose, _), script in due.items() if purpose == PROPOSE)
    assert purposes == set(range(6))


def test_signers_are_the_owners(spent: list[Any]) -> None:
    """Keys of inputs and collateral sign; required signers do; Byron addresses have their own witness."""
    bootstrapped = 0
    for _, tx, named in spent:
        signed = {hash28(key) for key, _ in tx.witnesses.get(0, [])}
        chain_codes = {code for _, _, code, _ in tx.witnesses.get(2, [])}
        for ref in [*tx.body[0], *tx.body.get(13, [])]:
            address = named[tuple(ref)].address
            kind = address[0] >> 4
            if kind in (0, 2, 4, 6):
                assert address[1:29] in signed
            elif kind == 8:
                assert chain_codes
                bootstrapped += 1
        assert set(tx.body.get(14, [])) <= signed
    assert bootstrapped > 10


def test_datums_of_inputs_are_shown_and_hash_to_what_outputs_say(spent: list[Any]) -> None:
    shown_total = 0
    for _, tx, named in spent:
        raw = items(tx.witnesses_raw[4]) if 4 in tx.witnesses else []
        shown = {hash32(item) for item in raw}
        for ref in tx.body[0]:
            unspent = named[tuple(ref)]
            if unspent.datum is not None and unspent.datum[0] == 0 and payment_script(unspent.address):
                assert unspent.datum[1] in shown
                shown_total += 1
    assert shown_total > 50


def test_script_data_hash(made: Path, spent: list[Any]) -> None:
    """Redeemers, datums and language views; PlutusV1 and V3 cost models from the genesis files."""
    v1 = json.loads((made / "genesis" / "alonzo-genesis.json").read_text())["costModels"]["PlutusV1"]
    v3 = json.loads((made / "genesis" / "conway-genesis.json").read_text())["plutusV3CostModel"]
    wrapped = b"\x9f" + b"".join(cbor2.dumps(n) for n in v1) + b"\xff"
    views = {(1,): cbor2.dumps({b"\0": wrapped}), (3,): cbor2.dumps({2: v3}), (1, 3): cbor2.dumps({2: v3, b"\0": wrapped})}
    checked = set()
    for parsed, tx, named in spent:
        redeemers, datums = (tx.witnesses_raw.get(key, b"") for key in (5, 4))
        if not redeemers and not datums:
            continue
        scripts = available(tx, named)
        languages = tuple(sorted({scripts[s] for s in dict(needed(tx, named)).values() if scripts[s]}))
        if not redeemers:
            expected = hash32((b"\xa0" if parsed.era == 7 else b"\x80") + datums + b"\xa0")
        elif languages in views:
            expected = hash32(redeemers + datums + views[languages])
        else:
            continue
        assert tx.body[11] == expected
        checked.add(languages)
    assert checked >= {(), (1,), (3,)}
