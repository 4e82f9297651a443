"""What comes after the last batch: closing statements, deferred indexes and views, in steps that can be stopped between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nectar.cardano.position import GENESIS_SLOT, GENESIS_TXS, LAST_SLOT, tx_id
from nectar.sinks.base import Definition, DerivedColumns, Finished, Layout
from nectar.sinks.mysql.derived import look_ups
from nectar.sinks.mysql.session import FAR, ServerSession
from nectar.sinks.mysql.statements import with_values
from nectar.tables import Place

TXS_A_STEP = 20_000  # transactions completed in one transaction of the database
LARGE = 50_000  # rows of a table
_FIRST, _LAST = tx_id(GENESIS_SLOT, 0), tx_id(LAST_SLOT, GENESIS_TXS - 1)  # ids of transactions


class _Stopped(Exception):
    """As asked."""


class MysqlFinisher:
    """One run of it; `step` transactions (of the chain) at a time."""

    def __init__(
        self, session: ServerSession, layout: Layout, stopping: Callable[[], bool], step: int, *, keep_look_ups: bool = False
    ) -> None:
        self._session, self._layout, self._stopping, self._step = session, layout, stopping, step
        self._needed = look_ups(layout.tables) if layout.derived else ()
        self._kept = self._needed if keep_look_ups else ()
        self._took: dict[str, float] = {}
        self._there, self._large = session.index_names(), frozenset[str]()

    def run(self, sum_epochs: Callable[[], None], whole_to: int | None) -> Finished:
        """`sum_epochs` within a transaction of its own. `whole_to`: the slot up to which nothing is missing from the origin on;
        None when the origin itself is."""
        layout, self._large = self._layout, self._large_tables()
        try:
            self._complete(whole_to)
            with self._timed("epochs"), self._session.transaction():
                sum_epochs()
            self._define("indexes", self._missing_columns())
            self._define("indexes", [index for index in layout.deferred_indexes if index.name not in self._there])
            self._define("views", layout.views)
            self._define("statistics", [Definition("", f"ANALYZE TABLE `{one.name}`", one.name) for one in layout.tables])
        except _Stopped:
            return Finished(self._took, False)
        return Finished(self._took, True)

    def _complete(self, whole_to: int | None) -> None:
        """Rows are looked up by hash: the indexes for that are built first, and dropped where the plan wants none."""
        layout = self._layout
        if not layout.derived:
            return
        self._define("indexes", [index for index in self._needed if index.name not in self._there])
        for low, high in self._steps():
            self._execute([one for one in layout.derived if not one.from_origin], low, high)
        if whole_to is not None:
            self._execute([one for one in layout.derived if one.from_origin], _FIRST, (whole_to + 1) * Place.TX.value - 1)
        wanted = {index.name for index in (*layout.deferred_indexes, *layout.kept_indexes, *self._kept)}
        self._session.several([f"DROP INDEX `{one.name}` ON `{one.table}`" for one in self._needed if one.name not in wanted])

    def _execute(self, closings: Sequence[DerivedColumns], low: int, high: int) -> None:
        """Each a transaction, and timed, unless the way is so long that they had better go together."""
        self._stop_if_asked()
        far = self._session.round_trip >= FAR
        for some in [closings] if far else [[one] for one in closings]:
            with self._timed(some[0].name if len(some) == 1 else "rows from rows"):
                self._session.in_turn([derived_sql(one, low, high) for one in some])

    def _steps(self) -> Iterator[tuple[int, int]]:
        """Bounds of transactions' ids, so many in each, that together hold all there can be."""
        low = _FIRST
        if any(table.name == "tx" for table in self._layout.tables):
            while found := self._session.rows(f"SELECT id FROM tx WHERE id >= {low} ORDER BY id LIMIT 1 OFFSET {self._step}"):
                ((following,),) = found
                yield low, following - 1
                low = following
        yield low, _LAST

    def _define(self, what: str, statements: Sequence[Definition]) -> None:
        """Of small tables together; of others one by one, for each may take long and all may be asked to stop."""
        together = [one for one in statements if one.table not in self._large]
        packs = [together, *([one] for one in statements if one.table in self._large)]
        for pack in filter(None, packs):
            self._stop_if_asked()
            with self._timed(what):
                self._session.several([one.sql for one in pack])
            self._there.update(one.name for one in pack)

    def _missing_columns(self) -> list[Definition]:
        if not self._layout.view_columns:
            return []
        rows = self._session.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()")
        there = {name for (name,) in rows}
        return [column for column in self._layout.view_columns if column.name not in there]

    def _large_tables(self) -> frozenset[str]:
        """As far as the server knows: it counts by and by."""
        sql = f"SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_rows > {LARGE}"
        return frozenset(name for (name,) in self._session.rows(sql))

    def _stop_if_asked(self) -> None:
        if self._stopping():
            raise _Stopped

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._took[what] = self._took.get(what, 0.0) + time.monotonic() - began


def is_finalized(session: ServerSession) -> bool:
    """Nothing was committed since all that follows from the rows was done last, but what did that itself."""
    ((seq, finished),) = session.rows("SELECT MAX(seq), MAX(finished) FROM nectar_writer")
    return bool(seq == finished)


def is_built(session: ServerSession, layout: Layout) -> bool:
    """Indexes and views are all there. A view of another plan's is no other: the plan's fingerprint holds its views."""
    there = session.index_names()
    if not all(one.name in there for one in layout.deferred_indexes):
        return False
    views = {name for (name,) in session.rows("SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()")}
    return all(view.name in views for view in layout.views)


def derived_sql(one: DerivedColumns, low: int, high: int) -> list[str]:
    """Its statements for a range of transactions' ids."""
    return [with_values(sql, {"low": low, "high": high}) for sql in one.sql.split(";")]
