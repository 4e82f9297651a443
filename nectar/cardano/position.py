"""Ids are positions on the chain: slot, transaction, item. A position that does not fit is an error.

docs/decisions/0013 gives the bits of each part: no block of a network past or planned needs more.
"""

from __future__ import annotations

from nectar.errors import OverflowFatal

SLOT_BITS = 32
TX_BITS = 15  # transactions in a block
ITEM_BITS = 16  # items of one kind in a transaction
LAST_SLOT = (1 << SLOT_BITS) - 1
ITEMS = 1 << ITEM_BITS
HIGHEST_ID = (1 << SLOT_BITS + TX_BITS + ITEM_BITS) - 1
GENESIS_SLOT = -1  # ids of genesis rows are negative, before every block's
GENESIS_TXS = 1 << TX_BITS
"""The number of pretend transactions that genesis has room for. The last one is for rows of no transaction."""


def block_id(slot: int, is_boundary: bool) -> int:
    """`slot * 2`, plus 1 unless the block is a Byron epoch boundary block (which shares its slot with the next block)."""
    if slot > LAST_SLOT:
        raise _too_large(slot, 0)
    return slot * 2 + (not is_boundary)


def tx_id(slot: int, index: int) -> int:
    """`slot * 2^TX_BITS + index`."""
    if index >> TX_BITS or slot > LAST_SLOT:
        raise _too_large(slot, index)
    return (slot << TX_BITS) + index


def item_id(tx: int, index: int, table: str) -> int:
    """`tx.id * 2^ITEM_BITS + index` for rows of `table` counted within a transaction (outputs, inputs, mints, ...)."""
    if index >> ITEM_BITS:
        raise _too_many(tx, index, table)
    return (tx << ITEM_BITS) + index


_LISTS = {"body": "transaction_bodies", "witness_set": "transaction_witness_sets", "auxiliary_data": "auxiliary_data_set"}


def tx_path(index: int, field: str = "body") -> str:
    """The CBOR path of a transaction's field in its block, with the CDDL's names: each part is in a list of its own."""
    part, dot, rest = field.partition(".")
    return f"block.{_LISTS[part]}[{index}]{dot}{rest}"


def byron_tx_path(index: int) -> str:
    return f"block.body.txPayload[{index}]"


def _too_large(slot: int, index: int) -> OverflowFatal:
    what = f"ids have room for slots up to {LAST_SLOT:,} and for {1 << TX_BITS:,} transactions in a block"
    return OverflowFatal(what, slot=slot, path=tx_path(index), code="NEC-O001")


def _too_many(tx: int, index: int, table: str) -> OverflowFatal:
    what = f"one transaction has more rows for {table} than the {ITEMS:,} that its ids have room for"
    return OverflowFatal(what, slot=tx >> TX_BITS, path=tx_path(tx & (1 << TX_BITS) - 1), code="NEC-O002")
