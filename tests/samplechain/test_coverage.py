"""Everything that was promised does occur in a chain of 2,000 blocks, found in its bytes, not in the generator's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.samplechain.reading import Block, Tx, block, entries, items, output, txs, value

SHELLEY, ALLEGRA, MARY, ALONZO, BABBAGE, CONWAY = range(2, 8)
Seen = dict[int, Counter[str]]


@pytest.fixture(scope="module")
def seen(made: Path) -> Seen:
    """How often each feature occurs, by era."""
    counts: Seen = {era: Counter() for era in range(8)}
    for entry in entries(made / "immutable"):
        parsed = block(entry.raw)
        counts[parsed.era].update(block_features(parsed))
    return counts


def block_features(parsed: Block) -> Iterator[str]:
    if parsed.era == 0:
        yield "leaders" if len(parsed.parts[1]) > 2 else "no leaders"
    elif parsed.era == 1:
        yield from byron_features(parsed)
    else:
        transactions = txs(parsed)
        yield "empty block" if not transactions else "busy block" if len(transactions) >= 12 else "block"
        for tx in transactions:
            yield from tx_features(tx)
        yield from (f"indefinite segment {i}" for i, part in enumerate(parsed.parts) if part[0] & 31 == 31)


def byron_features(parsed: Block) -> Iterator[str]:
    payload, ssc, delegations, update = items(parsed.parts[1])
    pairs = items(payload)
    yield "empty block" if not pairs else "block"
    yield f"ssc {value(ssc)[0]}"
    yield from ["delegation"] * len(value(delegations))
    proposals, votes = value(update)
    yield from ["update proposal"] * len(proposals) + ["update vote"] * len(votes)
    for pair in pairs:
        (_, paid, _), witnesses = value(pair)
        yield from (f"witness {kind}" for kind, _ in witnesses)
        for (tagged, _), _ in paid:
            _, attributes, _ = cbor2.loads(tagged.value)
            yield from (f"attribute {key}" for key in attributes)
            yield "long address" if len(tagged.value) > 200 else "address"


def tx_features(tx: Tx) -> Iterator[str]:
    body = tx.body
    yield "valid" if tx.valid else "failed"
    yield from (f"body {key}" for key in body)
    yield from (f"witness {key}" for key in tx.witnesses)
    yield "shuffled body" if list(body) != sorted(body) else "sorted body"
    yield "indefinite body" if tx.raw[0] == 0xBF else "definite body"
    yield "input set" if b"\x00\xd9\x01\x02" in tx.raw[:5] else "input array"
    yield from certificate_features(body.get(4, []))
    yield from output_features(tx)
    yield from mint_features(body.get(9, {}))
    yield from script_features(tx)
    yield from governance_features(body)
    yield from auxiliary_features(tx.auxiliary)
    for account, coin in body.get(5, {}).items():
        yield f"withdrawal {account[0] >> 4:x}"
        yield "withdrawal of nothing" if not coin else "withdrawal"
    if 6 in body:
        yield from (f"parameter {key}" for update in body[6][0].values() for key in update)
    if 16 in body:
        yield "return with total" if 17 in body else "return without total"
        yield "failed with return" if not tx.valid else "return not needed"
    elif not tx.valid:
        yield "failed without return"


def certificate_features(certificates: list[Any]) -> Iterator[str]:
    for kind, *rest in certificates:
        yield f"certificate {kind}"
        if kind in (0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18):
            yield f"certificate {kind} of a {'script' if rest[0][0] else 'key'}"
        if kind == 3:
            yield from (f"relay {relay_shape(relay)}" for relay in rest[7])
            yield "no relay" if not rest[7] else f"{min(len(rest[7]), 2)} relays"
            yield "pool metadata" if rest[8] else "no pool metadata"
            yield f"{len(rest[6])} owners"
        if kind == 6:
            pot, what = rest[0]
            yield f"pot {pot} to {'accounts' if isinstance(what, dict) else 'pot'}"
            if isinstance(what, dict) and any(coin < 0 for coin in what.values()):
                yield "negative reward"
        if kind in (9, 10, 12, 13):
            drep = rest[2] if kind in (10, 13) else rest[1]
            yield f"drep {drep[0]}"
        if kind in (15, 16, 18):
            yield f"certificate {kind} {'with' if rest[-1] else 'without'} anchor"


def relay_shape(relay: list[Any]) -> str:
    return f"{relay[0]} " + "".join("-" if part is None else "x" for part in relay[1:])


def output_features(tx: Tx) -> Iterator[str]:
    for raw in items(entry_of(tx.raw, 1)):
        yield "output map" if raw[0] >> 5 == 5 else "output array"
        address, coin, assets, datum, script = output(value(raw))
        yield f"address {address[0] >> 4:x}"
        if coin < 1 << 32 and b"\x1b" + coin.to_bytes(8, "big") in raw:
            yield "wide coin"
        for quantity in assets.values():
            yield {(1 << 64) - 1: "quantity 2^64-1", (1 << 63) - 1: "quantity 2^63-1"}.get(quantity, "quantity")
        if datum is not None:
            yield "inline datum" if datum[0] == 1 else "datum hash"
        if script is not None:
            yield f"reference script {cbor2.loads(script.value)[0]}"


def entry_of(raw: bytes, key: int) -> bytes:
    pairs = items(raw)
    return next(v for k, v in zip(pairs[::2], pairs[1::2], strict=True) if value(k) == key)


def mint_features(mint: dict[bytes, dict[bytes, int]]) -> Iterator[str]:
    for names in mint.values():
        for name, quantity in names.items():
            yield f"name of {len(name)}"
            yield "mint" if quantity > 0 else "burn"
            if abs(quantity) == (1 << 63) - 1:
                yield "largest mint" if quantity > 0 else "largest burn"
            try:
                name.decode()
            except UnicodeDecodeError:
                yield "name that is not text"


def script_features(tx: Tx) -> Iterator[str]:
    if 5 in tx.witnesses:
        redeemers = tx.witnesses[5]
        yield "redeemer map" if isinstance(redeemers, dict) else "redeemer array"
        yield from (f"redeemer {entry[0]}" for entry in redeemers)
    for script in tx.witnesses.get(1, []):
        yield from native_kinds(script)
    for raw in items(tx.witnesses_raw[4]) if 4 in tx.witnesses else []:
        yield f"datum {raw[0] >> 5}"


def native_kinds(script: list[Any]) -> Iterator[str]:
    yield f"native {script[0]}"
    for inner in script[-1] if script[0] in (1, 2, 3) else []:
        yield from native_kinds(inner)


def governance_features(body: dict[int, Any]) -> Iterator[str]:
    for _, account, action, _ in body.get(20, []):
        yield f"action {action[0]}"
        yield f"deposit back to {account[0] >> 4:x}"
        if action[0] in (0, 1, 3, 4, 5):
            yield f"action {action[0]} {'after another' if action[1] else 'first'}"
        if action[0] in (0, 2):
            yield "guarded" if action[-1] else "unguarded"
        if action[0] == 0:
            yield from (f"parameter {key}" for key in action[2])
    for voter, votes in body.get(19, {}).items():
        yield f"voter {voter[0]}"
        for vote, anchor in votes.values():
            yield f"vote {vote}"
            yield "vote with anchor" if anchor else "vote without anchor"


def auxiliary_features(auxiliary: bytes) -> Iterator[str]:
    if not auxiliary:
        return
    labels: dict[int, Any] = {}
    if auxiliary[:3] == b"\xd9\x01\x03":
        yield "auxiliary tagged"
        parts = value(auxiliary).value
        yield from (f"auxiliary part {key}" for key in parts)
        labels = parts.get(0, {})
    elif auxiliary[0] >> 5 == 4:
        yield "auxiliary array"
        labels, scripts = value(auxiliary)
        yield "auxiliary array with scripts" if scripts else "auxiliary array without scripts"
    else:
        yield "auxiliary map"
        labels = value(auxiliary)
    yield from (f"label {label}" for label in labels)
    yield from metadata_oddities(auxiliary)


def metadata_oddities(raw: bytes) -> Iterator[str]:
    for name, needle in {
        "NUL text": b"\x63a\0b",
        "text of 64 bytes": b"\x78\x40",
        "indefinite text": b"\x7f\x64cut ",
        "indefinite bytes": b"\x5f\x42ab",
        "largest integer": b"\x1b" + b"\xff" * 8,
        "smallest integer": b"\x3b" + b"\xff" * 8,
    }.items():
        if needle in raw:
            yield name


def needed(seen: Seen, era: int, *names: str) -> None:
    missing = [name for name in names if not seen[era][name]]
    assert not missing, f"era {era} lacks {missing}"


def test_byron(seen: Seen) -> None:
    needed(seen, 0, "leaders", "no leaders")
    needed(seen, 1, "empty block", "block", "ssc 0", "ssc 1", "ssc 2", "ssc 3", "delegation", "update proposal")
    needed(seen, 1, "update vote", "witness 0", "witness 2", "attribute 0", "attribute 1", "attribute 2", "long address")


@pytest.mark.parametrize("era", range(SHELLEY, CONWAY + 1))
def test_every_later_era(seen: Seen, era: int) -> None:
    needed(seen, era, *(f"certificate {n} of a {who}" for n in (0, 1, 2) for who in ("key", "script")))
    needed(seen, era, "certificate 3", "certificate 4", "relay 0 xx-", "relay 0 x-x", "relay 0 xxx", "relay 0 x--")
    needed(seen, era, "relay 0 -x-", "relay 1 xx", "relay 1 -x", "relay 2 x", "no relay", "2 relays")
    needed(seen, era, "pool metadata", "no pool metadata", "1 owners", "3 owners")
    needed(seen, era, "withdrawal", "withdrawal e", "withdrawal f", "witness 0", "witness 1", "witness 2")
    needed(seen, era, *(f"address {n}" for n in "01234567"), "address 8")
    needed(seen, era, *(f"native {n}" for n in range(4)), "auxiliary map", "label 721", "label 20", "label 674")
    needed(seen, era, f"label {(1 << 64) - 1}", "empty block", "busy block", "indefinite body", "shuffled body")


@pytest.mark.parametrize("era", range(SHELLEY, CONWAY))
def test_federated_eras(seen: Seen, era: int) -> None:
    needed(seen, era, "certificate 5", "certificate 6", "pot 0 to accounts", "pot 1 to accounts", "body 6")
    if era >= ALONZO:
        needed(seen, era, "pot 0 to pot", "pot 1 to pot", "negative reward")


@pytest.mark.parametrize("era", range(ALLEGRA, CONWAY + 1))
def test_time_locks(seen: Seen, era: int) -> None:
    needed(seen, era, "native 4", "native 5", "body 3", "body 8", "auxiliary array with scripts")


@pytest.mark.parametrize("era", range(MARY, CONWAY + 1))
def test_assets(seen: Seen, era: int) -> None:
    needed(seen, era, "mint", "burn", "name of 0", "name of 32", "name that is not text", "quantity", "quantity 2^63-1")
    needed(seen, era, "quantity 2^64-1", "largest mint", "largest burn")


@pytest.mark.parametrize("era", range(ALONZO, CONWAY + 1))
def test_plutus(seen: Seen, era: int) -> None:
    needed(seen, era, "failed", "failed without return", "body 11", "body 13", "body 14", "body 15", "witness 3")
    needed(seen, era, "witness 4", "witness 5", *(f"redeemer {n}" for n in range(4)), "redeemer array", "datum hash")
    needed(seen, era, "auxiliary tagged", "auxiliary part 0", "auxiliary part 1", "auxiliary part 2")
    needed(seen, era, *(f"parameter {n}" for n in (16, 17, 18, 19, 20, 21, 22, 23, 24)))
    needed(seen, era, *(f"datum {n}" for n in (0, 2, 4, 5, 6)))


@pytest.mark.parametrize("era", [BABBAGE, CONWAY])
def test_references(seen: Seen, era: int) -> None:
    needed(seen, era, "inline datum", "body 16", "body 17", "body 18", "return with total", "return without total")
    needed(seen, era, "failed with return", "output map", "output array", "witness 6", "reference script 0")
    needed(seen, era, "reference script 1", "reference script 2", "auxiliary part 3")


def test_governance(seen: Seen) -> None:
    needed(seen, CONWAY, *(f"certificate {n}" for n in (0, 1, 2, 3, 4, *range(7, 19))))
    needed(seen, CONWAY, *(f"certificate {n} of a {w}" for n in (7, 9, 14, 16) for w in ("key", "script")))
    needed(seen, CONWAY, *(f"certificate {n} {w} anchor" for n in (15, 16, 18) for w in ("with", "without")))
    needed(seen, CONWAY, *(f"drep {n}" for n in range(4)), *(f"action {n}" for n in range(7)))
    needed(seen, CONWAY, *(f"action {n} {w}" for n in (0, 1, 3, 4, 5) for w in ("first", "after another")))
    needed(seen, CONWAY, "guarded", "unguarded", *(f"voter {n}" for n in range(5)), *(f"vote {n}" for n in range(3)))
    needed(seen, CONWAY, "vote with anchor", "vote without anchor", "body 21", "body 22")
    needed(seen, CONWAY, "redeemer 4", "redeemer 5", "redeemer map", "witness 7", "reference script 3", "auxiliary part 4")
    needed(seen, CONWAY, "input set", "input array", *(f"parameter {n}" for n in (*range(12), *range(16, 34))))


def test_nothing_comes_before_its_era(seen: Seen) -> None:
    """A set tag, a map output, a mint or a vote before its era would be refused by a node."""
    first = {"input set": CONWAY, "output map": BABBAGE, "mint": MARY, "body 8": ALLEGRA, "redeemer map": CONWAY}
    first |= {"witness 3": ALONZO, "witness 6": BABBAGE, "witness 7": CONWAY, "body 18": BABBAGE, "body 20": CONWAY}
    first |= {"auxiliary array": ALLEGRA, "auxiliary tagged": ALONZO, "native 4": ALLEGRA, "failed": ALONZO}
    first |= {f"certificate {n}": CONWAY for n in range(7, 19)} | {"inline datum": BABBAGE, "datum hash": ALONZO}
    for name, era in first.items():
        assert [e for e in range(8) if seen[e][name]] == list(range(era, 8)), name
    for name in ("certificate 5", "certificate 6", "body 6"):
        assert not seen[CONWAY][name]


def test_oddities_of_real_chains(seen: Seen) -> None:
    total: Counter[str] = sum(seen.values(), Counter())
    for name in (
        "NUL text",
        "text of 64 bytes",
        "indefinite text",
        "indefinite bytes",
        "largest integer",
        "wide coin",
        "smallest integer",
        "withdrawal of nothing",
        "indefinite segment 1",
        "indefinite segment 3",
    ):
        assert total[name] >= 3, name
