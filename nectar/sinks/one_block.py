"""The first or last block of a range, read from the table `block`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nectar.cardano.point import Numbered, Point
from nectar.cardano.position import block_id
from nectar.coverage import Coverage
from nectar.sinks.base import Layout


def block_within(
    layout: Layout, slots: Coverage, ask: Callable[[str], Sequence[Sequence[Any]]], *, last: bool
) -> Numbered | None:
    """None without such a row, or where the plan has no table `block`. `ask` returns the rows of a statement.

    Boundary blocks and genesis have no slot of their own, so they are never the answer.
    """
    if all(table.name != "block" for table in layout.tables) or slots.last < slots.first:
        return None
    low, high = block_id(slots.first, is_boundary=True), block_id(slots.last, is_boundary=False)
    order = "DESC" if last else "ASC"
    rows = ask(
        "SELECT slot_no, hash, block_no FROM block "
        f"WHERE id BETWEEN {low} AND {high} AND slot_no IS NOT NULL ORDER BY id {order} LIMIT 1"
    )
    return next((Numbered(Point(slot, digest), block_no) for slot, digest, block_no in rows), None)
