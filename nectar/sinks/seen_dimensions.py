"""The dimension rows that a dry run saw. Each is counted once, in however many batches it occurs."""

from __future__ import annotations

import sqlite3
from functools import cached_property

from nectar.sinks.base import Staged


class SeenDimensions:
    """Keys in a private temporary SQLite database, which moves to the disk when it grows and vanishes with this object."""

    def __init__(self) -> None:
        self._tables: set[str] = set()

    @cached_property
    def _db(self) -> sqlite3.Connection:
        """Opened on first use: most jobs are no dry runs."""
        return sqlite3.connect("", isolation_level=None)

    def count(self, staged: Staged) -> dict[str, int]:
        """Rows by table that a database would have inserted. Batches must come in the chain's order."""
        counts = dict(staged.rows)
        for name, keys in staged.dimensions.items():
            self._create(name)
            before = self._db.total_changes
            self._db.execute("BEGIN")
            self._db.executemany(f'INSERT OR IGNORE INTO "{name}" VALUES (?, ?)', keys)
            self._db.execute("COMMIT")
            counts[name] = self._db.total_changes - before
        return counts

    def forget_after(self, slot: int) -> None:
        for name in self._tables:
            self._db.execute(f'DELETE FROM "{name}" WHERE slot > ?', (slot,))

    def _create(self, name: str) -> None:
        if name not in self._tables:
            self._db.execute(f'CREATE TABLE "{name}" (id BLOB PRIMARY KEY, slot INTEGER NOT NULL) WITHOUT ROWID')
            self._tables.add(name)
