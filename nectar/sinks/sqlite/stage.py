"""The costly half of a load, done in decoding processes: rows become a SQLite database in memory.

An image of the same table definitions is copied into the real file record by record, without being taken apart again
(SQLite's transfer optimisation); see docs/decisions/0004.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import apsw

from nectar.processors.rows import Row, RowBuffers
from nectar.sinks.base import Definition, Staged
from nectar.sinks.sqlite.connection import PAGE_SIZE
from nectar.sinks.sqlite.u64 import to_sqlite_u64
from nectar.tables import Table, Type


class SqliteStager:
    """Keeps the database in memory between batches: tables are emptied, not created again."""

    def __init__(self, tables: Sequence[Table], definitions: Sequence[Definition]) -> None:
        self._db = apsw.Connection(":memory:")
        self._db.pragma("page_size", PAGE_SIZE)
        names = {table.name for table in tables}
        for definition in definitions:
            if definition.name in names:
                self._db.execute(definition.sql)
        self._empty = self._db.serialize("main")
        self._inserts = {table.name: _insert(table) for table in tables}
        self._unsigned = {
            table.name: tuple(at for at, column in enumerate(table.columns) if column.type is Type.U64) for table in tables
        }

    def stage(self, rows: RowBuffers) -> Staged:
        """The image of all rows, and how many there are of each table."""
        if not any(rows.facts.values()) and not any(rows.dimensions.values()):
            return Staged(self._empty)
        self._db.deserialize("main", self._empty)
        counts: dict[str, int] = {}
        with self._db:
            for name, facts in rows.facts.items():
                if facts:
                    self._insert(name, facts)
                    counts[name] = len(facts)
            for name, keyed in rows.dimensions.items():
                if keyed:
                    self._insert(name, keyed.values())
                    counts[name] = len(keyed)
        return Staged(self._db.serialize("main"), counts)

    def _insert(self, name: str, rows: Iterable[Row]) -> None:
        try:
            self._db.executemany(self._inserts[name], rows)
        except OverflowError:
            self._db.execute(f'DELETE FROM "{name}"')
            self._db.executemany(self._inserts[name], (_unsigned(row, self._unsigned[name]) for row in rows))


def _insert(table: Table) -> str:
    return f'INSERT INTO "{table.name}" VALUES ({", ".join("?" * len(table.columns))})'


def _unsigned(row: Row, places: Sequence[int]) -> Row:
    """The row with its unsigned numbers in the form that SQLite can hold."""
    values = list(row)
    for at in places:
        if isinstance(values[at], int):
            values[at] = to_sqlite_u64(values[at])
    return tuple(values)
