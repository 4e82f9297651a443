"""The range of each number, field by field, is the ledger's: one step beyond it a filter can never be true."""

from __future__ import annotations

import pytest

from nectar.filterlang import codes
from nectar.filterlang.check import check
from nectar.filterlang.kinds import T
from nectar.filterlang.parse import parse
from nectar.filterlang.ranges import trouble
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX
from nectar.filterlang.syntax import FilterError
from tests.filterlang.test_fixtures import SETTING

ADA = 45_000_000_000 * 1_000_000
"""The most lovelace that can exist (Shelley's genesis: maxLovelaceSupply)."""
WORD64 = 2**64 - 1
LIMITS: dict[str, tuple[int | None, int | None]] = {
    "block.slot": (-1, None),
    "block.number": (-1, None),
    "block.epoch": (-1, None),
    "block.size": (0, None),
    "block.tx_count": (0, None),
    "block.proto_major": (None, None),
    "block.proto_minor": (None, None),
    "tx.index": (0, None),
    "tx.fee": (0, ADA),
    "tx.size": (0, None),
    "tx.out_sum": (0, ADA),
    "tx.input_count": (0, None),
    "tx.output_count": (0, None),
    "tx.mint_count": (0, None),
    "tx.invalid_before": (0, None),
    "tx.invalid_hereafter": (0, None),
    "tx.donation": (0, ADA),
    "outputs.index": (None, None),
    "outputs.network": (None, None),
    "outputs.value": (0, ADA),
    "inputs.index": (None, None),
    "inputs.network": (None, None),
    "inputs.value": (0, ADA),
    "assets.quantity": (1, WORD64),
    "mints.quantity": (None, None),
    "metadata.label": (0, WORD64),
    "certs.index": (None, None),
    "certs.deposit": (None, None),
    "certs.epoch": (None, None),
    "withdrawals.amount": (0, ADA),
    "scripts.size": (None, None),
    "redeemers.index": (None, None),
    "redeemers.mem": (None, None),
    "redeemers.steps": (None, None),
    "votes.action_index": (None, None),
    "proposals.deposit": (None, None),
}
"""Field -> the least and the most that it can be; None where any number may be asked for. Genesis stands at -1."""
BYTES = {
    "block.hash": 32,
    "tx.hash": 32,
    "outputs.payment_cred": 28,
    "outputs.stake_cred": 28,
    "outputs.datum_hash": 32,
    "outputs.ref_script_hash": 28,
    "inputs.tx_hash": 32,
    "inputs.payment_cred": 28,
    "inputs.stake_cred": 28,
    "inputs.datum_hash": 32,
    "inputs.ref_script_hash": 28,
    "scripts.hash": 28,
    "datums.hash": 32,
    "redeemers.data_hash": 32,
    "votes.action_tx": 32,
}
"""Bytes of the ledger's hashes: Blake2b-224 of keys and scripts, Blake2b-256 of all else."""


def code_of(field: str, test: str) -> str:
    """The code of the complaint about a filter with this test of the field; empty when there is none."""
    scope, _, name = field.partition(".")
    text = f"any({scope}, {name} {test})" if scope in COLLECTIONS else f"{field} {test}"
    try:
        checked = check(parse(text), SETTING)
    except FilterError as error:
        return error.slips[0].code
    return next((codes.CONSTANT if kind == "constant" else codes.CONTRADICTION for kind, _ in trouble(checked, {})), "")


def fields_of(*types: T) -> set[str]:
    return {
        f"{scope.name}.{field.name}"
        for scope in (TX, BLOCK, *COLLECTIONS.values())
        for field in scope.fields.values()
        if field.type in types
    }


def test_every_number_and_every_hash_is_here() -> None:
    assert set(LIMITS) == fields_of(T.INT, T.SLOT, T.EPOCH, T.LOVELACE)
    assert set(BYTES) == fields_of(T.BYTES) - {"assets.name", "mints.name"}


@pytest.mark.parametrize("field", LIMITS)
def test_a_number_beyond_what_there_can_be_is_told(field: str) -> None:
    least, most = LIMITS[field]
    unit = " lovelace" if field in fields_of(T.LOVELACE) else ""
    for limit, beyond in ((least, "<"), (most, ">")):
        if limit is None:
            assert not code_of(field, f"{beyond} 0{unit}")
        else:
            assert not code_of(field, f"== {limit}{unit}")
            assert code_of(field, f"{beyond} {limit}{unit}") == codes.CONTRADICTION


@pytest.mark.parametrize("field", BYTES)
def test_bytes_of_another_length_are_told(field: str) -> None:
    length = BYTES[field]
    assert not code_of(field, f"== 0x{'ab' * length}")
    for other in (length - 1, length + 1):
        assert code_of(field, f"== 0x{'ab' * other}")


def test_eras_are_from_byron_to_conway() -> None:
    for era in ("byron", "shelley", "allegra", "mary", "alonzo", "babbage", "conway"):
        assert not code_of("block.era", f"== {era}")
    for era in ("dijkstra", "byron_ebb"):
        assert code_of("block.era", f"== {era}")
