"""`withdrawals`: amounts, accounts, and the redeemers of script accounts in the ledger's order."""

from __future__ import annotations

from nectar.cardano.script import Datum, Purpose, Redeemer
from tests.processors.making import EMPTY_TX, block_of, rows_of, singles

KEY, SCRIPT = bytes([0xE1]) + b"a" * 28, bytes([0xF1]) + b"z" * 28
DATA = Datum(bytes(32), b"\0")


def test_a_scripts_account_comes_before_a_keys() -> None:
    """Redeemer 0 is for the script's, though its bytes are greater and it is written last."""
    tx = EMPTY_TX._replace(withdrawals=[(KEY, 5), (SCRIPT, 0)], redeemers=[Redeemer(Purpose.REWARD, 0, DATA, 1, 1)])
    rows = rows_of("withdrawals", [block_of(tx)])
    assert [(row["addr_id"], row["amount"], row["redeemer_id"]) for row in rows["withdrawal"]] == [
        (KEY, 5, None),
        (SCRIPT, 0, 140_000_000 << 31),
    ]
    assert {row["script_hash"] for row in rows["stake_address"]} == {None, b"z" * 28}


def test_a_failed_transaction_withdraws_nothing() -> None:
    tx = EMPTY_TX._replace(withdrawals=[(KEY, 5)], is_valid=False)
    assert rows_of("withdrawals", [block_of(tx)])["withdrawal"] == []


def test_real_withdrawals() -> None:
    blocks = [block for block in singles() if any(tx.withdrawals for tx in block.txs)]
    rows = rows_of("withdrawals", blocks)["withdrawal"]
    expected = [amount for block in blocks for tx in block.txs if tx.is_valid for _, amount in tx.withdrawals]
    assert [row["amount"] for row in rows] == expected
    assert expected
