"""Rows taken out of a batch, and what that does to the things that they name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from nectar.cardano.position import ITEM_BITS, TX_BITS, block_id, tx_id
from nectar.processors.rows import Row, RowBuffers
from nectar.tables import Kind, Place, Table

STANDING = frozenset({"script", "datum"})
"""Dimensions whose things a transaction shows by itself: a filter of rows leaves them, though nothing may name them."""


def keep_named(out: RowBuffers, tables: Sequence[Table], among: Iterable[Table]) -> None:
    """Of the dimensions `among`, in this order, only the things that a row names, each first seen where the first of those rows
    stands: what a batch saw of it in rows that were taken out is forgotten."""
    for dimension in among:
        at = dimension.column_names.index(dimension.first)
        kept: dict[Any, Row] = {}
        known = out.dimensions[dimension.name]
        for key, first in _first_named(out, tables, dimension).items():
            row = known.get(key)
            if row is not None:
                kept[key] = (*row[:at], first, *row[at + 1 :])
        out.dimensions[dimension.name] = kept


def _first_named(out: RowBuffers, tables: Sequence[Table], dimension: Table) -> dict[Any, int]:
    """Where each thing is named first, by rows and by things of other dimensions."""
    found: dict[Any, int] = {}
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
                    if found.get(key, first) >= first:
                        found[key] = first
    return found


def _naming(table: Table, dimension: Table) -> list[int]:
    wanted = f"{dimension.name}.id"
    return [at for at, column in enumerate(table.columns) if column.references == wanted]


def _place(table: Table, dimension: Table) -> Callable[[int], int]:
    """From what the table's rows count in to what the dimension's `first` does; a block names things where its transactions
    begin."""
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
    """In an order in which those that name others come before them."""
    found = [table for table in tables if table.kind is Kind.DIMENSION]
    return tuple(sorted(found, key=lambda one: any(_naming(other, one) for other in found)))


def named_dimensions(tables: Sequence[Table], by: Collection[str]) -> tuple[Table, ...]:
    """The dimensions that rows of the tables `by` name, and those that these name, but for those that stand by themselves; in
    the order of `every_dimension`."""
    every = every_dimension(tables)
    names = set(by)
    for one in every:
        if any(_naming(table, one) for table in tables if table.name in names):
            names.add(one.name)
    return tuple(one for one in every if one.name in names and one.name not in STANDING)


def cut_links(out: RowBuffers, block: Table) -> None:
    """Of blocks some of which were taken out: no block is linked to one that is not here. Closing passes link it to those that
    are in the database."""
    at = block.column_names.index("previous_id")
    there = {row[0] for row in out.facts["block"]}
    out.facts["block"] = [row if row[at] in there else (*row[:at], None, *row[at + 1 :]) for row in out.facts["block"]]
