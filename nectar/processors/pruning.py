"""Rows taken out of a batch, and the things that then nothing names any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from nectar.processors.rows import Row, RowBuffers
from nectar.tables import Kind, Table

STANDING = frozenset({"script", "datum", "slot_leader"})
"""Dimensions whose things stand in blocks by themselves: they stay though nothing names them."""


def keep_rows(out: RowBuffers, table: str, keep: Callable[[Row], bool]) -> None:
    out.facts[table] = [row for row in out.facts[table] if keep(row)]


def drop_unnamed(out: RowBuffers, tables: Sequence[Table], among: Collection[str]) -> None:
    """Things of the dimensions `among` that no row points at; what those point at goes with them, if it is among them too."""
    for _ in range(2):  # a pool's metadata names the pool
        for name in among:
            if name in out.dimensions:
                named = _named(out, tables, name)
                out.dimensions[name] = {key: row for key, row in out.dimensions[name].items() if key in named}


def _named(out: RowBuffers, tables: Sequence[Table], dimension: str) -> set[object]:
    wanted = f"{dimension}.id"
    found: set[object] = set()
    for table in tables:
        places = [at for at, column in enumerate(table.columns) if column.references == wanted]
        if places:
            rows: Iterable[Row] = out.dimensions[table.name].values() if table.kind is Kind.DIMENSION else out.facts[table.name]
            found.update(row[at] for row in rows for at in places)
    return found


def named_dimensions(tables: Sequence[Table], by: Collection[str] | None = None) -> list[str]:
    """Dimensions that rows of the tables `by` point at (None: of any), but those that stand by themselves."""
    pointed = {
        column.references.partition(".")[0]
        for table in tables
        if by is None or table.name in by
        for column in table.columns
        if column.references
    }
    return [
        table.name for table in tables if table.kind is Kind.DIMENSION and table.name in pointed and table.name not in STANDING
    ]


def merge(into: RowBuffers, other: RowBuffers, tables: Sequence[Table]) -> None:
    """Rows of `other` beside those of `into`; of a thing that both show, the first sight stays."""
    for table in tables:
        if table.kind is not Kind.DIMENSION:
            into.facts[table.name].extend(other.facts[table.name])
            continue
        known, first = into.dimensions[table.name], table.column_names.index(table.first)
        for key, row in other.dimensions[table.name].items():
            if key not in known or row[first] < known[key][first]:
                known[key] = row
