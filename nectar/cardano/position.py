"""Ids are places on the chain: slot, transaction, item. Arithmetic only, refused loudly where a place does not fit."""

from __future__ import annotations

from nectar.errors import OverflowFatal

TX_BITS = 16                   # transactions in a block
ITEM_BITS = 12                 # items of one kind in a transaction
GENESIS_SLOT = -1              # ids of genesis rows are negative, before every block's


def block_id(slot: int, is_boundary: bool) -> int:
    """`slot * 2`, plus 1 unless the block is a Byron epoch boundary block (which shares its slot with the next block)."""
    return slot * 2 + (not is_boundary)


def tx_id(slot: int, index: int) -> int:
    """`slot * 2^16 + index`."""
    if index >> TX_BITS:
        raise OverflowFatal(f"transaction {index} of the block at slot {slot} does not fit {TX_BITS} bits", code="NEC-O001")
    return (slot << TX_BITS) + index


def item_id(tx: int, index: int) -> int:
    """`tx.id * 2^12 + index` for facts counted within a transaction (outputs, inputs, mints, certificates, ...)."""
    if index >> ITEM_BITS:
        raise OverflowFatal(f"item {index} of transaction {tx} does not fit {ITEM_BITS} bits", code="NEC-O002")
    return (tx << ITEM_BITS) + index
