"""Things of dimensions that a dry run saw, each counted once however many batches show it."""

from __future__ import annotations

import sqlite3
from functools import cached_property

from nectar.sinks.base import Staged


class SeenDimensions:
    """In a database of SQLite's own: it moves to a disk when it grows, and is gone with this."""

    def __init__(self) -> None:
        self._tables: set[str] = set()

    @cached_property
    def _db(self) -> sqlite3.Connection:
        """Made when it is wanted: most jobs are no dry runs."""
        return sqlite3.connect("", isolation_level=None)

    def count(self, staged: Staged) -> dict[str, int]:
        """Rows by table that a database would have got. Batches come in the chain's order."""
        came = dict(staged.rows)
        for name, things in staged.things.items():
            self._make(name)
            before = self._db.total_changes
            self._db.execute("BEGIN")
            self._db.executemany(f'INSERT OR IGNORE INTO "{name}" VALUES (?, ?)', things)
            self._db.execute("COMMIT")
            came[name] = self._db.total_changes - before
        return came

    def forget_after(self, slot: int) -> None:
        for name in self._tables:
            self._db.execute(f'DELETE FROM "{name}" WHERE slot > ?', (slot,))

    def _make(self, name: str) -> None:
        if name not in self._tables:
            self._db.execute(f'CREATE TABLE "{name}" (id BLOB PRIMARY KEY, slot INTEGER NOT NULL) WITHOUT ROWID')
            self._tables.add(name)
