"""Finalize a database after the last batch: derive columns, build deferred indexes and views. It can be stopped between steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import apsw

from nectar.cardano.position import GENESIS_SLOT, GENESIS_TXS, LAST_SLOT, tx_id
from nectar.sinks.base import Definition, DerivedColumns, Finished, Layout
from nectar.sinks.sqlite.connection import write_transaction
from nectar.sinks.sqlite.derived import look_ups
from nectar.tables import Place

TXS_A_STEP = 100_000  # transactions completed in one transaction of the database
OPERATIONS = 20_000  # of SQLite's machine between two questions whether to stop

_FIRST, _LAST = tx_id(GENESIS_SLOT, 0), tx_id(LAST_SLOT, GENESIS_TXS - 1)  # ids of transactions


class SqliteFinisher:
    """One run of finalizing.

    The file's `user_version` holds the number of the commit after which the database was last finished.
    """

    def __init__(self, db: apsw.Connection, layout: Layout, stopping: Callable[[], bool], *, keep_look_ups: bool = False) -> None:
        self._db, self._layout, self._stopping = db, layout, stopping
        self._needed = look_ups(layout.tables) if layout.derived else ()
        self._kept = self._needed if keep_look_ups else ()
        self._took: dict[str, float] = {}

    def is_done(self, seq: int) -> bool:
        existing = self._names()
        built = all(index.name in existing for index in (*self._layout.deferred_indexes, *self._kept))
        return self._db.pragma("user_version") == seq and built and not self._missing_views()

    def run(self, sum_epochs: Callable[[], None], seq: int, whole_to: int | None) -> Finished:
        """Derive columns for all transactions, sum the epochs, build indexes and views.

        `whole_to`: the last slot up to which nothing is missing since the origin; None when the origin itself is missing.
        """
        self._db.set_progress_handler(self._stopping, OPERATIONS)
        try:
            self._derive(whole_to)
            with self._timed("epochs"), write_transaction(self._db):
                sum_epochs()
            for index in self._layout.deferred_indexes:
                self._build(index.sql)
            self._make_views()
            self._db.pragma("user_version", seq)
        except apsw.InterruptError:
            if not self._stopping():
                raise
            return Finished(self._took, False)
        finally:
            self._db.set_progress_handler(None)
        self._db.pragma("optimize")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Finished(self._took, True)

    def _derive(self, whole_to: int | None) -> None:
        """Derive all columns.

        Rows are found by hash: the indexes for that are built first, and dropped if the plan has none of them.
        """
        layout = self._layout
        if not layout.derived:
            return
        for index in self._needed:
            self._build(index.sql)
        for low, high in self._steps():
            for columns in layout.derived:
                if not columns.from_origin:
                    self._execute(columns, low, high)
        if whole_to is not None:
            for columns in layout.derived:
                if columns.from_origin:
                    self._execute(columns, _FIRST, (whole_to + 1) * Place.TX.value - 1)
        of_plan = {index.name for index in (*layout.deferred_indexes, *layout.kept_indexes, *self._kept)}
        for index in self._needed:
            if index.name not in of_plan:
                self._db.execute(f'DROP INDEX "{index.name}"')

    def _missing_views(self) -> list[Definition]:
        """The views that do not exist, or differ from the plan's."""
        existing = dict(self._db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))  # without IF NOT EXISTS
        return [view for view in self._layout.views if existing.get(view.name) != view.sql.replace(" IF NOT EXISTS", "", 1)]

    def _make_views(self) -> None:
        for view in self._missing_views():
            self._stop_if_asked()
            with write_transaction(self._db):
                self._db.execute(f'DROP VIEW IF EXISTS "{view.name}"')
                self._db.execute(view.sql)

    def _execute(self, columns: DerivedColumns, low: int, high: int) -> None:
        self._stop_if_asked()
        with self._timed(columns.name), write_transaction(self._db):
            self._db.execute(columns.sql, {"low": low, "high": high})

    def _steps(self) -> Iterator[tuple[int, int]]:
        """Lowest and highest transaction id of each step. Together the steps hold all ids that can exist."""
        low = _FIRST
        if any(table.name == "tx" for table in self._layout.tables):
            sql = "SELECT id FROM tx WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?"
            while rows := list(self._db.execute(sql, (low, TXS_A_STEP))):
                ((following,),) = rows
                yield low, following - 1
                low = following
        yield low, _LAST

    def _build(self, sql: str) -> None:
        self._stop_if_asked()
        with self._timed("indexes"), write_transaction(self._db):
            self._db.execute(sql)

    def _stop_if_asked(self) -> None:
        """Stop between two statements, as the progress handler stops within one."""
        if self._stopping():
            raise apsw.InterruptError("stopped as asked")

    def _timed(self, name: str) -> _Timed:
        return _Timed(self._took, name)

    def _names(self) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}


class _Timed:
    """Adds the seconds spent within it to `took[name]`."""

    def __init__(self, took: dict[str, float], name: str) -> None:
        self._took, self._name = took, name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._took[self._name] = self._took.get(self._name, 0.0) + time.monotonic() - self._began
