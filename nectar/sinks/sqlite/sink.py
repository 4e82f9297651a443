"""The SQLite sink: rows, checkpoint and coverage in one transaction for each batch."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nectar.cardano.point import Point
from nectar.checkpoint.coverage import Coverage, merged, without_after
from nectar.errors import SinkError
from nectar.sinks.seam import Closing, Commit, Epochs, Layout, Staged
from nectar.sinks.sqlite.closing import needs_hashes
from nectar.sinks.sqlite.connection import open_file, translated
from nectar.sinks.sqlite.difference import differences
from nectar.tables import Kind, Place, Table

POINTS_KEPT = 64
_EVERYTHING = {"low": -1 << 17, "high": 1 << 50}     # ids of transactions; times 2^12 they still fit


class SqliteSink:
    """Opens `path` for one writer. Errors: SinkError NEC-K002 (another plan's database), NEC-K003 (not Nectar's),
    NEC-K004 (a second writer), and those of `connection`."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self._where = str(path)
        self._db = open_file(path, create=True)
        self._writer = f"{socket.gethostname()}:{os.getpid()}"
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    # What is there

    def coverage(self) -> list[Coverage]:
        """Ranges that are filled for this plan."""
        found = self._all("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
        return merged(Coverage(*row) for row in found)

    def known_points(self) -> list[Point]:
        """The last committed points, newest first."""
        return [Point(slot, digest) for slot, digest in self._all("SELECT slot, hash FROM nectar_checkpoint ORDER BY seq DESC")]

    def pending_indexes(self) -> list[str]:
        """Deferred indexes that are not built yet."""
        there = {name for (name,) in self._all("SELECT name FROM sqlite_master WHERE type = 'index'")}
        return [index.name for index in self.layout.deferred_indexes if index.name not in there]

    def state(self) -> dict[str, Any]:
        """Rows by table, for the closing summary."""
        return {table.name: self._one(f'SELECT count(*) FROM "{table.name}"') for table in self.layout.tables}

    # Changes

    def commit(self, commit: Commit) -> None:
        """Move the checkpoint first, so that a second writer is found out before it writes anything; then the rows."""
        self._db.deserialize("w", commit.staged.load_form)
        with self._transaction():
            self._move_checkpoint(commit.point, commit.block_no)
            if commit.replace:
                self._take_away(commit.covered.first, commit.covered.last)
            for table in self.layout.tables:
                if table.name in commit.staged.rows:
                    self._db.execute(_load(table))
            self._run(self.layout.live, _bounds(commit.covered))
            self._sum_epochs(commit.epochs)
            self._db.executemany(
                "INSERT OR REPLACE INTO nectar_quarantine VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(q.slot, q.hash, q.era, q.code, q.path, q.message, q.raw) for q in commit.quarantined],
            )
            self._cover(merged([*self.coverage(), commit.covered]))

    def roll_back(self, point: Point, epochs: Epochs | None) -> None:
        """Everything after `point` never happened: one range delete a table, in one transaction."""
        with self._transaction():
            self._db.execute("DELETE FROM nectar_checkpoint WHERE slot > ?", (point.slot,))
            self._move_checkpoint(point, -1)
            self._take_away(point.slot + 1, None)
            self._forget_dimensions(point.slot + 1)
            self._unspend((point.slot + 1) * Place.TX.value)
            self._db.execute("DELETE FROM nectar_quarantine WHERE slot > ?", (point.slot,))
            self._sum_epochs(epochs)
            self._cover(without_after(self.coverage(), point.slot))

    def finish(self, closing: Sequence[Closing], epochs: Epochs | None) -> dict[str, float]:
        """Deferred indexes, then the closing statements; seconds each took."""
        took: dict[str, float] = {}
        if closing:
            for sql in needs_hashes(self.layout.tables):
                self._timed("indexes", sql, took)
        for index in self.layout.deferred_indexes:
            self._timed("indexes", index.sql, took)
        with self._transaction():
            started = time.monotonic()
            self._run(closing, _EVERYTHING)
            self._sum_epochs(epochs)
            took["closing"] = time.monotonic() - started
        with translated(self._where):
            self._db.pragma("optimize")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return took

    def write_once(self, staged: Staged) -> None:
        """Rows of tables that are written once, unless they are there."""
        self._db.deserialize("w", staged.load_form)
        with self._transaction():
            for name in staged.rows:
                self._db.execute(f'INSERT OR IGNORE INTO main."{name}" SELECT * FROM w."{name}"')

    def close(self) -> None:
        self._db.close()

    # Parts

    def _prepare(self) -> None:
        with translated(self._where):
            names = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if names and "nectar_plan" not in names:
                raise SinkError(
                    "this database was not made by Nectar",
                    where=self._where,
                    hint="name another file; nothing was changed in this one",
                    code="NEC-K003",
                )
            if names:
                self._refuse_another_plan()
            with self._db:
                for statement in (*self.layout.definitions, *self.layout.kept_indexes):
                    self._db.execute(statement.sql)
                row = (self.layout.fingerprint, self.layout.plan_name, self.layout.compiled, self.layout.version)
                self._db.execute("INSERT OR IGNORE INTO nectar_plan VALUES (?, ?, ?, ?)", row)
        self._seq = self._one("SELECT coalesce(max(seq), 0) FROM nectar_checkpoint")

    def _refuse_another_plan(self) -> None:
        stored = list(self._db.execute("SELECT fingerprint, name, compiled FROM nectar_plan"))
        if not stored or any(fingerprint == self.layout.fingerprint for fingerprint, _, _ in stored):
            return
        _, name, compiled = stored[0]
        told = "; ".join(differences(json.loads(compiled), json.loads(self.layout.compiled)))
        raise SinkError(
            f"this database was filled by another plan, {name!r}: {told}",
            where=self._where,
            hint="index into another file (--db), or run the plan that filled this one",
            code="NEC-K002",
        )

    def _move_checkpoint(self, point: Point, block_no: int) -> None:
        """Compare and set: the highest seq must still be ours."""
        found = self._one("SELECT coalesce(max(seq), 0) FROM nectar_checkpoint")
        if found > self._seq:
            raise SinkError(
                "another process wrote to this database meanwhile",
                where=self._where,
                hint="let one writer at a time fill it; nothing of this batch was written",
                code="NEC-K004",
            )
        self._seq += 1
        row = (self._seq, point.slot, point.hash, block_no, self.layout.fingerprint, self._writer)
        self._db.execute("INSERT INTO nectar_checkpoint VALUES (?, ?, ?, ?, ?, ?)", row)
        self._db.execute("DELETE FROM nectar_checkpoint WHERE seq <= ?", (self._seq - POINTS_KEPT,))

    def _take_away(self, first: int, last: int | None) -> None:
        """Facts of slots `first` to `last` (None: to the end)."""
        for table in self.layout.tables:
            if table.kind is Kind.FACT and table.place is not None:
                unit = 2 if table.place is Place.BLOCK else table.place.value
                high = (1 << 63) - 1 if last is None else (last + 1) * unit - 1
                key = table.columns[0].name
                self._db.execute(f'DELETE FROM main."{table.name}" WHERE "{key}" BETWEEN ? AND ?', (first * unit, high))

    def _forget_dimensions(self, slot: int) -> None:
        """Things that were first seen at or after `slot`."""
        for table in self.layout.tables:
            if table.kind is Kind.DIMENSION and table.place is not None:
                unit = 2 if table.place is Place.BLOCK else table.place.value
                self._db.execute(f'DELETE FROM main."{table.name}" WHERE "{table.first}" >= ?', (slot * unit,))

    def _unspend(self, tx_id: int) -> None:
        """References to transactions that never happened."""
        names = {table.name for table in self.layout.tables}
        if "tx_out" in names:
            self._db.execute("UPDATE tx_out SET consumed_by_tx_id = NULL WHERE consumed_by_tx_id >= ?", (tx_id,))

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        self._db.execute("DELETE FROM epoch WHERE no BETWEEN ? AND ?", (epochs.first, epochs.last))
        self._db.execute(f"INSERT INTO epoch {self.layout.epoch_sql}", epochs._asdict())

    def _cover(self, ranges: Iterable[Coverage]) -> None:
        self._db.execute("DELETE FROM nectar_coverage WHERE table_name = '*'")
        rows = [("*", one.first, one.last, self.layout.fingerprint, int(self.layout.complete)) for one in ranges]
        self._db.executemany("INSERT INTO nectar_coverage VALUES (?, ?, ?, ?, ?)", rows)

    def _run(self, closing: Sequence[Closing], bounds: dict[str, int]) -> None:
        if not closing:
            return
        if any(one.name.startswith("block: fees") for one in closing):
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS fee_unknown (block_id INTEGER PRIMARY KEY)")
            self._db.execute("DELETE FROM temp.fee_unknown")
            self._db.execute(
                "INSERT INTO temp.fee_unknown SELECT DISTINCT block_id FROM tx WHERE fee IS NULL AND id BETWEEN :low AND :high",
                bounds,
            )
        for one in closing:
            self._db.execute(one.sql, bounds)

    def _timed(self, name: str, sql: str, took: dict[str, float]) -> None:
        started = time.monotonic()
        with translated(self._where):
            self._db.execute(sql)
        took[name] = took.get(name, 0.0) + time.monotonic() - started

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Everything or nothing; our own count of commits goes back with the rest."""
        seq = self._seq
        with translated(self._where):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._seq = seq
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _all(self, sql: str) -> list[Any]:
        with translated(self._where):
            return list(self._db.execute(sql))

    def _one(self, sql: str) -> Any:
        return self._all(sql)[0][0]


def _bounds(covered: Coverage) -> dict[str, int]:
    """Ids of the transactions in covered slots."""
    return {"low": covered.first * Place.TX.value, "high": (covered.last + 1) * Place.TX.value - 1}


def _load(table: Table) -> str:
    """Facts go in as they are; of a thing seen twice the row of its first sight stays."""
    name = f'"{table.name}"'
    if table.kind is not Kind.DIMENSION:
        return f"INSERT INTO main.{name} SELECT * FROM w.{name}"
    key, *others = (f'"{column}"' for column in table.column_names)
    changes = ", ".join(f"{column} = excluded.{column}" for column in others)
    return (
        f"INSERT INTO main.{name} SELECT * FROM w.{name} WHERE true "
        f'ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE excluded."{table.first}" < {name}."{table.first}"'
    )


