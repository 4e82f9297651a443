"""`scripts`: Plutus data and native scripts as JSON, what redeemers are for and what they cost."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.block import TxOut
from nectar.cardano.certificate import Credential, StakeDelegation, VoteDelegation
from nectar.cardano.certificate import DRep as Representative
from nectar.cardano.point import Era
from nectar.cardano.position import TX_BITS, tx_id
from nectar.cardano.script import Datum, Purpose, Redeemer, Script, ScriptKind
from nectar.decode.native_json import native_json
from nectar.decode.plutus_json import plutus_json
from nectar.processors.redeemer_ids import script_of
from nectar.processors.scripts import fee
from tests.processors.making import EMPTY_TX, block_of, busy, rows_of, singles

PRICES = ((577, 10_000), (721, 10_000_000))
DATA = Datum(bytes(32), b"\0")

leaves = st.integers(-(2**80), 2**80) | st.binary(max_size=20)


def constructor(number: int, fields: list[Any]) -> cbor2.CBORTag:
    if number < 7:
        return cbor2.CBORTag(121 + number, fields)
    return cbor2.CBORTag(1280 + number - 7, fields) if number < 128 else cbor2.CBORTag(102, [number, fields])


data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(leaves, inner, max_size=4)
        | st.builds(constructor, st.integers(0, 300), st.lists(inner, max_size=4))
    ),
    max_leaves=20,
)


def plain(value: Any) -> Any:
    """The same conversion over decoded values, as the plainest thing that could be right."""
    if isinstance(value, int):
        return {"int": value}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return {"list": [plain(item) for item in value]}
    if isinstance(value, dict):
        return {"map": [{"k": plain(key), "v": plain(item)} for key, item in value.items()]}
    number, fields = value.tag, value.value
    if number == 102:
        number, fields = value.value
        return {"fields": [plain(field) for field in fields], "constructor": number}
    return {"fields": [plain(field) for field in fields], "constructor": number - 121 if number < 128 else number - 1280 + 7}


@given(value=data)
def test_json_of_any_plutus_data(value: Any) -> None:
    assert json.loads(plutus_json(cbor2.dumps(value))) == plain(value)


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_json_or_a_value_error(raw: bytes) -> None:
    try:
        text = plutus_json(raw)
    except ValueError:
        return
    json.loads(text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a2414101414102", '{"map":[{"k":{"bytes":"41"},"v":{"int":1}},{"k":{"bytes":"41"},"v":{"int":2}}]}'),
        ("5f41014102ff", '{"bytes":"0102"}'),
        ("d8799fff", '{"fields":[],"constructor":0}'),
        ("d8669f182a80ff", '{"fields":[],"constructor":42}'),
        ("bfff", '{"map":[]}'),
    ],
)
def test_order_duplicates_and_open_ends(raw: str, text: str) -> None:
    assert plutus_json(bytes.fromhex(raw)) == text


def test_nesting_without_end_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="not Plutus data"):
        plutus_json(b"\x81" * 100_000)


def test_a_native_script_of_thousands_of_levels_has_no_json() -> None:
    """As deep as a transaction of 16 KiB can hold it."""
    key = b"\x82\x00\x58\x1c" + bytes(28)
    assert native_json(b"\x82\x01\x81" * 5_300 + key) is None
    assert native_json(b"\x82\x01\x81" * 100 + key) is not None


def test_native_scripts_of_all_kinds() -> None:
    key = bytes(28)
    script = [3, 2, [[0, key], [1, [[4, 10]]], [2, [[5, 20]]]]]
    document = json.loads(native_json(cbor2.dumps(script)) or "")
    assert document == {
        "type": "atLeast",
        "required": 2,
        "scripts": [
            {"type": "sig", "keyHash": key.hex()},
            {"type": "all", "scripts": [{"type": "after", "slot": 10}]},
            {"type": "any", "scripts": [{"type": "before", "slot": 20}]},
        ],
    }
    assert list(document) == ["type", "scripts", "required"]
    with pytest.raises(ValueError, match="not a native script"):
        native_json(cbor2.dumps([9]))


@pytest.mark.parametrize(("era", "kind"), [(Era.SHELLEY, "multisig"), (Era.ALLEGRA, "timelock"), (Era.CONWAY, "timelock")])
def test_a_native_scripts_type_is_the_one_of_the_era_that_showed_it_first(era: Era, kind: str) -> None:
    script = Script(ScriptKind.NATIVE, b"h" * 28, cbor2.dumps([0, bytes(28)]))
    block = block_of(EMPTY_TX._replace(scripts=[script]), era=era)
    later = block_of(EMPTY_TX._replace(scripts=[script]), slot=150_000_000)
    (row,) = rows_of("scripts", [block, later])["script"]
    assert (row["type"], row["tx_id"]) == (kind, 140_000_000 << TX_BITS)


def test_of_two_redeemers_for_one_thing_the_last_counts() -> None:
    twice = [Redeemer(Purpose.MINT, 0, DATA, mem, 0) for mem in (1, 2)]
    other = Redeemer(Purpose.SPEND, 0, DATA, 9, 0)
    rows = rows_of("scripts", [block_of(EMPTY_TX._replace(redeemers=[twice[0], other, twice[1]]))])["redeemer"]
    assert sorted((row["purpose"], row["unit_mem"], row["id"] & 4095) for row in rows) == [("mint", 2, 2), ("spend", 9, 1)]


def test_real_transactions_that_write_a_redeemer_twice_have_it_once() -> None:
    """Three of preview's do; the ledger reads the array into a map."""
    blocks = list(busy())
    twice = {
        tx_id(block.slot, tx.index): {(redeemer.purpose.name.lower(), redeemer.index) for redeemer in tx.redeemers}
        for block in blocks
        for tx in block.txs
        if len({(redeemer.purpose, redeemer.index) for redeemer in tx.redeemers}) < len(tx.redeemers)
    }
    assert len(twice) == 3
    rows = rows_of("scripts", blocks, "preview")["redeemer"]
    for this, wanted in twice.items():
        written = [(row["purpose"], row["index"]) for row in rows if row["tx_id"] == this]
        assert len(written) == len(wanted)
        assert set(written) == wanted


@pytest.mark.parametrize(("mem", "steps", "lovelace"), [(0, 0, 0), (1, 0, 1), (10_000, 0, 577), (555_670, 229_163_102, 48_585)])
def test_a_budgets_fee_is_rounded_up(mem: int, steps: int, lovelace: int) -> None:
    assert fee(Redeemer(Purpose.MINT, 0, DATA, mem, steps), PRICES) == lovelace


def test_what_each_redeemer_is_for() -> None:
    tx = EMPTY_TX._replace(
        mint=[(b"p" * 28, b"", 1), (b"c" * 28, b"", 1)],
        withdrawals=[(bytes([0xE1]) + b"a" * 28, 1), (bytes([0xF1]) + b"s" * 28, 1)],
        certificates=[
            (0, StakeDelegation(Credential(False, b"k" * 28), b"q" * 28)),
            (1, VoteDelegation(Credential(True, b"v" * 28), Representative(2, None))),
        ],
    )

    def hash_of(purpose: Purpose, index: int) -> bytes | None:
        return script_of(tx, Redeemer(purpose, index, DATA, 0, 0))

    assert [hash_of(Purpose.MINT, at) for at in range(3)] == [b"c" * 28, b"p" * 28, None]
    assert [hash_of(Purpose.REWARD, at) for at in range(2)] == [b"s" * 28, None]
    assert [hash_of(Purpose.CERT, at) for at in range(2)] == [None, b"v" * 28]
    assert hash_of(Purpose.SPEND, 0) is None


def test_a_minting_redeemer_of_a_real_transaction_names_a_script_that_is_there() -> None:
    """Nothing but the policies' order tells which script it is for; the witnesses or references must have it."""
    named = 0
    for block in busy():
        rows = rows_of("scripts", [block], "preview")
        known = {row["hash"] for row in rows["script"]}
        for row in rows["redeemer"]:
            if row["purpose"] == "mint":
                assert row["script_hash"] is not None
                named += row["script_hash"] in known
    assert named > 0


def test_what_a_collateral_return_names_is_there_whether_it_was_needed_or_not() -> None:
    """`collateral_tx_out` of a valid transaction and `tx_out` of a failed one name a datum and a script by their hashes."""
    back = TxOut(1, b"\x61" + bytes(28), 1, (), DATA.hash, DATA, Script(ScriptKind.PLUTUS_V2, b"s" * 28, b"xyz"))
    spent = Redeemer(Purpose.SPEND, 0, DATA, 0, 0)
    for valid in (True, False):
        tx = EMPTY_TX._replace(is_valid=valid, collateral_return=back, redeemers=[spent], datums=[Datum(b"w" * 32, b"\1")])
        rows = rows_of("scripts", [block_of(tx)])
        assert {row["id"] for row in rows["datum"]} == ({DATA.hash, b"w" * 32} if valid else {DATA.hash})
        assert [row["id"] for row in rows["script"]] == [b"s" * 28]
        assert len(rows["redeemer"]) == valid
        named = rows_of("transactions", [block_of(tx)])["collateral_tx_out" if valid else "tx_out"]
        assert [(row["inline_datum_id"], row["reference_script_id"]) for row in named] == [(DATA.hash, b"s" * 28)]


def test_every_script_and_datum_of_real_blocks_becomes_json() -> None:
    rows = rows_of("scripts", [*singles(), *busy()], "preview")
    assert all(row["value"] is not None for row in (*rows["datum"], *rows["redeemer_data"]))
    assert {row["type"] for row in rows["script"]} >= {"timelock", "plutusV1", "plutusV2"}
    for row in rows["script"]:
        assert (row["json"] is None) == (row["bytes"] is not None)
        if row["type"] == "timelock":
            json.loads(row["json"])
