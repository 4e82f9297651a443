"""Finalize a database after the last batch: derive columns, build deferred indexes and views. It can be stopped between steps."""

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
    """The work was stopped between two steps."""


class MysqlFinisher:
    """One run of finalizing. `step`: transactions of the chain whose columns are derived in one transaction of the database."""

    def __init__(
        self, session: ServerSession, layout: Layout, stopping: Callable[[], bool], step: int, *, keep_look_ups: bool = False
    ) -> None:
        self._session, self._layout, self._stopping, self._step = session, layout, stopping, step
        self._needed = look_ups(layout.tables) if layout.derived else ()
        self._kept = self._needed if keep_look_ups else ()
        self._took: dict[str, float] = {}
        self._built, self._large = session.index_names(), frozenset[str]()

    def run(self, sum_epochs: Callable[[], None], whole_to: int | None) -> Finished:
        """`sum_epochs` runs in a transaction of its own.

        `whole_to`: the last slot up to which nothing is missing since the origin; None when the origin itself is missing.
        """
        layout, self._large = self._layout, self._large_tables()
        try:
            self._derive(whole_to)
            with self._timed("epochs"), self._session.transaction():
                sum_epochs()
            self._define("indexes", self._missing_columns())
            self._define("indexes", [index for index in layout.deferred_indexes if index.name not in self._built])
            self._define("views", layout.views)
            self._define("statistics", [Definition("", f"ANALYZE TABLE `{table.name}`", table.name) for table in layout.tables])
        except _Stopped:
            return Finished(self._took, False)
        return Finished(self._took, True)

    def _derive(self, whole_to: int | None) -> None:
        """Derive all columns.

        Rows are found by hash: the indexes for that are built first, and dropped if the plan has none of them.
        """
        layout = self._layout
        if not layout.derived:
            return
        self._define("indexes", [index for index in self._needed if index.name not in self._built])
        for low, high in self._steps():
            self._execute([columns for columns in layout.derived if not columns.from_origin], low, high)
        if whole_to is not None:
            self._execute(
                [columns for columns in layout.derived if columns.from_origin], _FIRST, (whole_to + 1) * Place.TX.value - 1
            )
        of_plan = {index.name for index in (*layout.deferred_indexes, *layout.kept_indexes, *self._kept)}
        dropped = [index for index in self._needed if index.name not in of_plan]
        self._session.several([f"DROP INDEX `{index.name}` ON `{index.table}`" for index in dropped])

    def _execute(self, derived: Sequence[DerivedColumns], low: int, high: int) -> None:
        """Run each in a transaction of its own, and time it. To a server far away all are sent together."""
        self._stop_if_asked()
        far = self._session.round_trip >= FAR
        for together in [derived] if far else [[columns] for columns in derived]:
            with self._timed(together[0].name if len(together) == 1 else "rows from rows"):
                self._session.in_turn([derived_sql(columns, low, high) for columns in together])

    def _steps(self) -> Iterator[tuple[int, int]]:
        """Lowest and highest transaction id of each step. Together the steps hold all ids that can exist."""
        low = _FIRST
        if any(table.name == "tx" for table in self._layout.tables):
            while rows := self._session.rows(f"SELECT id FROM tx WHERE id >= {low} ORDER BY id LIMIT 1 OFFSET {self._step}"):
                ((following,),) = rows
                yield low, following - 1
                low = following
        yield low, _LAST

    def _define(self, what: str, definitions: Sequence[Definition]) -> None:
        """Create what is missing: for small tables together, for large ones one by one, since each may take long and be
        stopped.
        """
        small = [definition for definition in definitions if definition.table not in self._large]
        packs = [small, *([definition] for definition in definitions if definition.table in self._large)]
        for pack in filter(None, packs):
            self._stop_if_asked()
            with self._timed(what):
                self._session.several([definition.sql for definition in pack])
            self._built.update(definition.name for definition in pack)

    def _missing_columns(self) -> list[Definition]:
        if not self._layout.view_columns:
            return []
        rows = self._session.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()")
        existing = {name for (name,) in rows}
        return [column for column in self._layout.view_columns if column.name not in existing]

    def _large_tables(self) -> frozenset[str]:
        """Tables with many rows, by the server's own estimate, which may be old."""
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
    """Whether the last commit left the database finished: columns derived, epochs summed."""
    ((seq, finished),) = session.rows("SELECT MAX(seq), MAX(finished) FROM nectar_writer")
    return bool(seq == finished)


def is_built(session: ServerSession, layout: Layout) -> bool:
    """Whether all indexes and views exist.

    A view's name is enough: another view of that name means another plan's fingerprint.
    """
    indexes = session.index_names()
    if not all(index.name in indexes for index in layout.deferred_indexes):
        return False
    views = {name for (name,) in session.rows("SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()")}
    return all(view.name in views for view in layout.views)


def derived_sql(columns: DerivedColumns, low: int, high: int) -> list[str]:
    """The statements that derive the columns for transactions with ids `low` to `high`."""
    return [with_values(sql, {"low": low, "high": high}) for sql in columns.sql.split(";")]
