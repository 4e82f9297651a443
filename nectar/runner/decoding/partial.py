"""Transactions that are kept in part: which of their rows stay, and those rows beside the rows of whole transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nectar.cardano.block import Block, Tx
from nectar.cardano.position import ITEM_BITS, tx_id
from nectar.processors.pruning import keep_named
from nectar.processors.rows import Row, RowBuffers
from nectar.runner.decoding.quarantine import locating_errors
from nectar.tables import Kind, Place, Table


@dataclass(slots=True)
class Part:
    """A transaction that keeps only some rows: `ids` by table, and all rows of `tables`."""

    tx: Tx
    ids: dict[str, set[int]] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()


MakeRows = Callable[[Block, RowBuffers], None]
"""Adds all rows of a block's transactions, but not the block's own."""


def rows_of_parts(
    parts: Sequence[tuple[Block, list[Part]]], make_rows: MakeRows, tables: Sequence[Table], dimensions: Sequence[Table]
) -> RowBuffers:
    """The rows that stay. All rows of the transactions are made, then those that were not chosen are removed.

    `dimensions`: those among `tables`, in the order of `every_dimension`.
    """
    out = RowBuffers(tables)
    by_tx: dict[int, Part] = {}
    for block, block_parts in parts:
        for part in block_parts:
            by_tx[tx_id(block.slot, part.tx.index)] = part
        with locating_errors(block):
            make_rows(block, out)
    for table in tables:
        if table.kind is Kind.FACT and table.place is Place.IN_TX:
            out.facts[table.name] = [row for row in out.facts[table.name] if _stays(row, table.name, by_tx)]
    keep_named(out, tables, dimensions)
    return out


def _stays(row: Row, table: str, by_tx: dict[int, Part]) -> bool:
    part = by_tx[row[0] >> ITEM_BITS]
    return table in part.tables or row[0] in part.ids.get(table, ())


def merge(into: RowBuffers, other: RowBuffers, tables: Sequence[Table]) -> None:
    """Adds the rows of `other` to `into`. Of a dimension's row that both have, the one that was seen first stays."""
    for table in tables:
        if table.kind is not Kind.DIMENSION:
            into.facts[table.name].extend(other.facts[table.name])
            continue
        rows, first = into.dimensions[table.name], table.column_names.index(table.first)
        for key, row in other.dimensions[table.name].items():
            if key not in rows or row[first] < rows[key][first]:
                rows[key] = row
