"""What comes after the last batch: closing statements, deferred indexes and views, in steps that can be stopped between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from nectar.sinks.mysql.closing import look_ups
from nectar.sinks.mysql.session import Session
from nectar.sinks.mysql.statements import placed
from nectar.sinks.seam import Closing, Finished, Layout, Statement
from nectar.tables import Place

TXS_A_STEP = 20_000            # transactions completed in one transaction of the database
_FIRST, _LAST = -1 << 17, 1 << 50      # ids of transactions; times 2^12 they still fit


class _Stopped(Exception):
    """As asked."""


class Finisher:
    """One run of it; `step` transactions (of the chain) at a time."""

    def __init__(
        self, session: Session, layout: Layout, stopping: Callable[[], bool], step: int, *, keep_look_ups: bool = False
    ) -> None:
        self._session, self._layout, self._stopping, self._step = session, layout, stopping, step
        self._needed = look_ups(layout.tables) if layout.closing else ()
        self._kept = self._needed if keep_look_ups else ()
        self._took: dict[str, float] = {}
        self._there = self._indexes()

    def is_built(self) -> bool:
        """Indexes and views are all there."""
        return all(one.name in self._there for one in (*self._layout.deferred_indexes, *self._kept)) and not self._missing_views()

    def run(self, sum_epochs: Callable[[], None], whole_to: int | None) -> Finished:
        """`sum_epochs` within a transaction of its own. `whole_to`: the slot up to which nothing is missing from the origin on;
        None when the origin itself is."""
        try:
            self._complete(whole_to)
            with self._timed("epochs"), self._session.transaction():
                sum_epochs()
            for column in self._missing_columns():
                self._stop_if_asked()
                self._session.execute(column.sql)
            for index in self._layout.deferred_indexes:
                self._build(index)
            for view in self._layout.views:
                self._stop_if_asked()
                self._session.execute(view.sql)
            with self._timed("statistics"):
                for table in self._layout.tables:
                    self._stop_if_asked()
                    self._session.rows(f"ANALYZE TABLE `{table.name}`")
        except _Stopped:
            return Finished(self._took, False)
        return Finished(self._took, True)

    def _complete(self, whole_to: int | None) -> None:
        """Rows are looked up by hash: the indexes for that are built first, and dropped where the plan wants none."""
        layout = self._layout
        if not layout.closing:
            return
        for index in self._needed:
            self._build(index)
        for low, high in self._steps():
            for one in layout.closing:
                if not one.from_origin:
                    self._execute(one, low, high)
        if whole_to is not None:
            for one in layout.closing:
                if one.from_origin:
                    self._execute(one, _FIRST, (whole_to + 1) * Place.TX.value - 1)
        wanted = {index.name for index in (*layout.deferred_indexes, *layout.kept_indexes, *self._kept)}
        for index in self._needed:
            if index.name not in wanted:
                table = index.name.removeprefix("idx_").removesuffix("_hash")
                self._session.execute(f"DROP INDEX `{index.name}` ON `{table}`")

    def _execute(self, one: Closing, low: int, high: int) -> None:
        self._stop_if_asked()
        with self._timed(one.name), self._session.transaction(*bound(one, low, high)):
            pass

    def _steps(self) -> Iterator[tuple[int, int]]:
        """Bounds of transactions' ids, so many in each, that together hold all there can be."""
        low = _FIRST
        if any(table.name == "tx" for table in self._layout.tables):
            while found := self._session.rows(f"SELECT id FROM tx WHERE id >= {low} ORDER BY id LIMIT 1 OFFSET {self._step}"):
                ((following,),) = found
                yield low, following - 1
                low = following
        yield low, _LAST

    def _build(self, index: Statement) -> None:
        self._stop_if_asked()
        if index.name not in self._there:
            with self._timed("indexes"):
                self._session.execute(index.sql)
            self._there.add(index.name)

    def _missing_views(self) -> list[Statement]:
        """Those that are not there. One of another plan's is no other: the plan's fingerprint holds its views."""
        rows = self._session.rows("SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()")
        there = {name for (name,) in rows}
        return [view for view in self._layout.views if view.name not in there]

    def _missing_columns(self) -> list[Statement]:
        if not self._layout.view_columns:
            return []
        rows = self._session.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()")
        there = {name for (name,) in rows}
        return [column for column in self._layout.view_columns if column.name not in there]

    def _indexes(self) -> set[str]:
        sql = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        return {name for (name,) in self._session.rows(sql)}

    def _stop_if_asked(self) -> None:
        if self._stopping():
            raise _Stopped

    def _timed(self, name: str) -> _Timed:
        return _Timed(self._took, name)


def bound(one: Closing, low: int, high: int) -> list[str]:
    """Its statements for a range of transactions' ids."""
    return [placed(sql, {"low": low, "high": high}) for sql in one.sql.split(";")]


class _Timed:
    """Adds the seconds within it to `took[name]`."""

    def __init__(self, took: dict[str, float], name: str) -> None:
        self._took, self._name = took, name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._took[self._name] = self._took.get(self._name, 0.0) + time.monotonic() - self._began
