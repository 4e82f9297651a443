"""What comes after the last batch: closing statements and deferred indexes, in steps that can be stopped between."""

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
    """Remembers in the file (`user_version`) after which commit everything was finished, so that nothing is done twice."""

    def __init__(self, db: apsw.Connection, layout: Layout, stopping: Callable[[], bool], *, keep_look_ups: bool = False) -> None:
        self._db, self._layout, self._stopping = db, layout, stopping
        self._needed = look_ups(layout.tables) if layout.derived else ()
        self._kept = self._needed if keep_look_ups else ()
        self._took: dict[str, float] = {}

    def is_done(self, seq: int) -> bool:
        there = self._names()
        built = all(index.name in there for index in (*self._layout.deferred_indexes, *self._kept))
        return self._db.pragma("user_version") == seq and built and not self._missing_views()

    def run(self, sum_epochs: Callable[[], None], seq: int, whole_to: int | None) -> Finished:
        """The closing statements over all transactions, the epochs' sums, the indexes.

        `whole_to`: the slot up to which nothing is missing from the origin on; None when the origin itself is.
        """
        self._db.set_progress_handler(self._stopping, OPERATIONS)
        try:
            self._complete(whole_to)
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

    def _complete(self, whole_to: int | None) -> None:
        """Rows are looked up by hash: the indexes for that are built first, and dropped where the plan wants none."""
        layout = self._layout
        if not layout.derived:
            return
        for index in self._needed:
            self._build(index.sql)
        for low, high in self._steps():
            for one in layout.derived:
                if not one.from_origin:
                    self._execute(one, low, high)
        if whole_to is not None:
            for one in layout.derived:
                if one.from_origin:
                    self._execute(one, _FIRST, (whole_to + 1) * Place.TX.value - 1)
        wanted = {index.name for index in (*layout.deferred_indexes, *layout.kept_indexes, *self._kept)}
        for index in self._needed:
            if index.name not in wanted:
                self._db.execute(f'DROP INDEX "{index.name}"')

    def _missing_views(self) -> list[Definition]:
        """Those that are not there, or not as the plan has them now."""
        there = dict(self._db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))  # without IF NOT EXISTS
        return [view for view in self._layout.views if there.get(view.name) != view.sql.replace(" IF NOT EXISTS", "", 1)]

    def _make_views(self) -> None:
        for view in self._missing_views():
            self._stop_if_asked()
            with write_transaction(self._db):
                self._db.execute(f'DROP VIEW IF EXISTS "{view.name}"')
                self._db.execute(view.sql)

    def _execute(self, one: DerivedColumns, low: int, high: int) -> None:
        self._stop_if_asked()
        with self._timed(one.name), write_transaction(self._db):
            self._db.execute(one.sql, {"low": low, "high": high})

    def _steps(self) -> Iterator[tuple[int, int]]:
        """Bounds of transactions' ids, so many in each, that together hold all there can be."""
        low = _FIRST
        if any(table.name == "tx" for table in self._layout.tables):
            sql = "SELECT id FROM tx WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?"
            while found := list(self._db.execute(sql, (low, TXS_A_STEP))):
                ((following,),) = found
                yield low, following - 1
                low = following
        yield low, _LAST

    def _build(self, sql: str) -> None:
        self._stop_if_asked()
        with self._timed("indexes"), write_transaction(self._db):
            self._db.execute(sql)

    def _stop_if_asked(self) -> None:
        """Between two statements, as SQLite does within one."""
        if self._stopping():
            raise apsw.InterruptError("stopped as asked")

    def _timed(self, name: str) -> _Timed:
        return _Timed(self._took, name)

    def _names(self) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}


class _Timed:
    """Adds the seconds within it to `took[name]`."""

    def __init__(self, took: dict[str, float], name: str) -> None:
        self._took, self._name = took, name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._took[self._name] = self._took.get(self._name, 0.0) + time.monotonic() - self._began
