"""`multi_assets`: every asset of every output, mints and burns, quantities up to 2^64-1."""

from __future__ import annotations

from collections import Counter

from nectar.cardano.block import TxOut
from nectar.cardano.ids import asset_fingerprint
from nectar.cardano.position import ITEM_BITS, ITEMS, TX_BITS
from tests.processors.making import EMPTY_TX, block_of, busy, rows_of, singles

A, B = (b"a" * 28, b""), (b"b" * 28, b"\xff" * 32)


def test_every_asset_of_every_created_output_is_there_once() -> None:
    blocks = [*singles(), *busy()]
    rows = rows_of("multi_assets", blocks)
    ours = Counter[bytes]()
    for row in rows["ma_tx_out"]:
        ours[row["ident"]] += row["quantity"]
    theirs = Counter[bytes]()
    for tx in (tx for block in blocks for tx in block.txs):
        created = tx.outputs if tx.is_valid else [tx.collateral_return] if tx.collateral_return else []
        for policy, name, quantity in (asset for one in created for asset in one.assets):
            theirs[asset_fingerprint(policy, name)[0]] += quantity
    assert ours == theirs
    assert len(ours) > 50
    assert {row["id"] for row in rows["multi_asset"]} >= set(ours)


def test_mints_keep_their_sign_and_failed_ones_do_not_count() -> None:
    minted = EMPTY_TX._replace(mint=[(*A, 5), (*B, -3)])
    failed = minted._replace(is_valid=False)
    rows = rows_of("multi_assets", [block_of(minted, failed)])["ma_tx_mint"]
    assert [row["quantity"] for row in rows] == [5, -3]
    assert len({row["tx_id"] for row in rows}) == 1


def test_the_first_transaction_with_an_asset_is_kept() -> None:
    one = TxOut(0, b"\x61" + bytes(28), 1, [(*A, 2**64 - 1)], None, None, None)
    rows = rows_of("multi_assets", [block_of(EMPTY_TX, EMPTY_TX._replace(outputs=[one]), EMPTY_TX._replace(outputs=[one]))])
    (asset,) = rows["multi_asset"]
    assert asset["first_tx_id"] == (140_000_000 << TX_BITS) + 1
    assert [row["quantity"] for row in rows["ma_tx_out"]] == [2**64 - 1] * 2
    first = 140_000_000 << TX_BITS
    assert [row["tx_out_id"] >> ITEM_BITS for row in rows["ma_tx_out"]] == [first + 1, first + 2]


def test_assets_of_a_collateral_return_moved() -> None:
    back = TxOut(3, b"\x61" + bytes(28), 1, [(*B, 4)], None, None, None)
    failed = EMPTY_TX._replace(is_valid=False, collateral_return=back, mint=[(*A, 1)])
    rows = rows_of("multi_assets", [block_of(failed)])
    assert [(row["quantity"], row["tx_out_id"] % ITEMS) for row in rows["ma_tx_out"]] == [(4, 3)]
    assert rows["ma_tx_mint"] == []


def test_zero_quantities_are_dropped_as_the_ledger_drops_them() -> None:
    one = TxOut(0, b"\x61" + bytes(28), 1, [(*A, 0), (*B, 7)], None, None, None)
    rows = rows_of("multi_assets", [block_of(EMPTY_TX._replace(outputs=[one], mint=[(*A, 0), (*B, 7)]))])
    assert [row["quantity"] for row in (*rows["ma_tx_out"], *rows["ma_tx_mint"])] == [7, 7]
    assert [row["policy"] for row in rows["multi_asset"]] == [B[0]]


def test_a_real_transaction_that_minted_nothing_of_seven_assets_showed_one() -> None:
    """Preview 419ad82c..., Babbage: eight names under one policy, seven of them zero, minted into one output."""
    (block,) = (b for b in busy() if any(tx.hash.hex().startswith("419ad82c447e5a68") for tx in b.txs))
    (tx,) = (tx for tx in block.txs if tx.hash.hex().startswith("419ad82c447e5a68"))
    assert [quantity for *_, quantity in tx.mint].count(0) == 7
    rows = rows_of("multi_assets", [block._replace(txs=[tx])], "preview")
    (minted,), (moved,), (asset,) = rows["ma_tx_mint"], rows["ma_tx_out"], rows["multi_asset"]
    assert (minted["quantity"], moved["quantity"], asset["name"]) == (2000, 2000, b"SNEK")
