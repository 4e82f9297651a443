"""Removes dimension rows and links that no remaining row of a batch names, after a filter removed rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from nectar.cardano.position import ITEM_BITS, TX_BITS, block_id, tx_id
from nectar.processors.rows import Row, RowBuffers
from nectar.tables import Kind, Place, Table

STANDING = frozenset({"script", "datum"})
"""Dimensions that a transaction shows by itself: a filter of rows leaves their rows in, even where no row names them."""


def keep_named(out: RowBuffers, tables: Sequence[Table], among: Iterable[Table]) -> None:
    """Keeps only those rows of the dimensions `among`, in this order, that a remaining row names.

    `first` of each becomes the position of the first remaining row that names it."""
    for dimension in among:
        at = dimension.column_names.index(dimension.first)
        named: dict[Any, Row] = {}
        known = out.dimensions[dimension.name]
        for key, first in _first_named(out, tables, dimension).items():
            row = known.get(key)
            if row is not None:
                named[key] = (*row[:at], first, *row[at + 1 :])
        out.dimensions[dimension.name] = named


def _first_named(out: RowBuffers, tables: Sequence[Table], dimension: Table) -> dict[Any, int]:
    """Id of a dimension row -> the first position at which a fact or another dimension names it."""
    firsts: dict[Any, int] = {}
    for table in tables:
        columns = _naming(table, dimension)
        if not columns:
            continue
        rows: Iterable[Row]
        if table.kind is Kind.DIMENSION:
            rows, at = out.dimensions[table.name].values(), table.column_names.index(table.first)
        else:
            rows, at = out.facts[table.name], 0
        place = _place(table, dimension)
        for row in rows:
            for column in columns:
                key = row[column]
                if key is not None:
                    first = place(row[at])
                    if firsts.get(key, first) >= first:
                        firsts[key] = first
    return firsts


def _naming(table: Table, dimension: Table) -> list[int]:
    target = f"{dimension.name}.id"
    return [at for at, column in enumerate(table.columns) if column.references == target]


def _place(table: Table, dimension: Table) -> Callable[[int], int]:
    """Converts a position that the table's rows count in to one that the dimension's `first` counts in. A block's position is
    that of its first transaction."""
    match table.place, dimension.place:
        case Place.IN_TX, Place.TX:
            return lambda row: row >> ITEM_BITS
        case Place.IN_TX, Place.BLOCK:
            return lambda row: block_id(row >> ITEM_BITS + TX_BITS, is_boundary=False)
        case Place.TX, Place.BLOCK:
            return lambda row: block_id(row >> TX_BITS, is_boundary=False)
        case Place.BLOCK, Place.TX:
            return lambda row: tx_id(row >> 1, 0)
        case _:
            return lambda row: row


def every_dimension(tables: Sequence[Table]) -> tuple[Table, ...]:
    """The dimensions among `tables`, each before the dimensions that it names."""
    dimensions = [table for table in tables if table.kind is Kind.DIMENSION]
    return tuple(sorted(dimensions, key=lambda named: any(_naming(other, named) for other in dimensions)))


def named_dimensions(tables: Sequence[Table], by: Collection[str]) -> tuple[Table, ...]:
    """The dimensions that the tables `by` name, directly or through others, without those that transactions show by themselves.

    In the order of `every_dimension`."""
    every = every_dimension(tables)
    names = set(by)
    for dimension in every:
        if any(_naming(table, dimension) for table in tables if table.name in names):
            names.add(dimension.name)
    return tuple(dimension for dimension in every if dimension.name in names and dimension.name not in STANDING)


def cut_links(out: RowBuffers, block: Table) -> None:
    """Clears `previous_id` of blocks whose predecessor was removed from the batch. The derived columns link it at the end, where
    the database has the predecessor."""
    at = block.column_names.index("previous_id")
    blocks = {row[0] for row in out.facts["block"]}
    out.facts["block"] = [row if row[at] in blocks else (*row[:at], None, *row[at + 1 :]) for row in out.facts["block"]]
