"""A block that the table `block` has, by its slots."""

from __future__ import annotations

from nectar.cardano.position import block_id
from nectar.checkpoint.coverage import Coverage
from nectar.sinks.seam import Layout


def block_within(layout: Layout, slots: Coverage, *, last: bool) -> str:
    """Gives slot, hash and number of the first or the last one of these slots; "" where the plan has no such table. No boundary
    block, which shares its slot with another, nor genesis: those have no slot of their own."""
    if all(table.name != "block" for table in layout.tables) or slots.last < slots.first:
        return ""
    low, high = block_id(slots.first, is_boundary=True), block_id(slots.last, is_boundary=False)
    order = "DESC" if last else "ASC"
    return (
        "SELECT slot_no, hash, block_no FROM block "
        f"WHERE id BETWEEN {low} AND {high} AND slot_no IS NOT NULL ORDER BY id {order} LIMIT 1"
    )
