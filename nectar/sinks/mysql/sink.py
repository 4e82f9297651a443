"""The sink for MySQL, MariaDB and TiDB: rows, checkpoint and coverage in one transaction for each batch.

The checkpoint is moved first, by compare-and-set on the one row of `nectar_writer`, whose lock is held until the commit: a
second writer is found out before it writes. When the answer to a COMMIT is lost, a locking read of that row tells whether the
server has it: the read waits for whatever the dead connection left behind (docs/decisions/0009).
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nectar.cardano.point import Point
from nectar.checkpoint.coverage import Coverage, merged, without_after
from nectar.errors import SinkError, TooBigError, TransientError
from nectar.network.audit import Attempt
from nectar.sinks.difference import differences
from nectar.sinks.mysql.finish import TXS_A_STEP, Finisher, bound
from nectar.sinks.mysql.load import Loader
from nectar.sinks.mysql.removal import facts_of_slots, things_after
from nectar.sinks.mysql.session import Session, Undetermined
from nectar.sinks.mysql.split import split_ahead
from nectar.sinks.mysql.statements import literal, placed
from nectar.sinks.seam import POINTS_KEPT, Commit, Epochs, Finished, Layout, Staged
from nectar.tables import Place


class _Doubt(NamedTuple):
    """A commit whose answer was lost: what it was for, and what it gives if the server has it."""

    key: object
    came: dict[str, int]


class MysqlSink:
    """One writer of one database. Errors: SinkError NEC-K002 (another plan's database), NEC-K003 (not Nectar's), NEC-K004
    (a second writer), and those of `faults`."""

    def __init__(self, session: Session, layout: Layout, statement_bytes: int, load_data: bool, *, audit: bool = False) -> None:
        self.layout = layout
        self._session, self._where = session, session.where
        self._writer = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        self._seq = 0
        self._doubt: _Doubt | None = None
        self._step = TXS_A_STEP
        self._attempts: list[Attempt] | None = [] if audit else None      # not yet in nectar_connection
        try:
            self._prepare()
            self._loader = Loader(session, layout.tables, statement_bytes, load_data)
        except BaseException:
            session.drop()
            raise

    def coverage(self) -> list[Coverage]:
        found = self._session.rows("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
        return merged(Coverage(*row) for row in found)

    def known_points(self) -> list[Point]:
        found = self._session.rows("SELECT slot, hash FROM nectar_checkpoint ORDER BY seq DESC")
        return [Point(slot, digest) for slot, digest in found]

    def commit(self, commit: Commit) -> dict[str, int]:
        def work() -> dict[str, int]:
            if commit.replace:
                self._all(facts_of_slots(self.layout.tables, commit.covered.first, commit.covered.last))
            filled = self.coverage()
            came = self._loader.load(commit.staged, is_newest=not filled or filled[-1].last < commit.covered.first)
            self._close(commit)
            self._sum_epochs(commit.epochs)
            for one in commit.quarantined:
                self._session.execute(f"REPLACE INTO nectar_quarantine VALUES ({', '.join(map(literal, one))})")
            self._cover(merged([*filled, commit.covered]))
            return came

        return self._write(commit, commit.point, commit.block_no, work, finished=commit.live, size=len(commit.staged.load_form))

    def roll_back(self, point: Point, epochs: Epochs | None) -> None:
        def work() -> dict[str, int]:
            self._session.execute(f"DELETE FROM nectar_checkpoint WHERE slot > {point.slot}")
            self._all(facts_of_slots(self.layout.tables, point.slot + 1, None))
            self._all(things_after(self.layout.tables, point.slot))
            self._sum_epochs(epochs)
            self._cover(without_after(self.coverage(), point.slot))
            return {}

        sql = f"SELECT block_no FROM nectar_checkpoint WHERE slot = {point.slot} AND hash = {literal(point.hash)}"
        found = self._session.rows(sql)
        self._write(point, point, found[0][0] if found else -1, work, finished=self._is_finished())

    def finished(self) -> bool:
        return self._is_finished() and Finisher(self._session, self.layout, lambda: False, self._step).is_built()

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Statement by statement: each may be done again. What is too much for one transaction is done in smaller steps."""
        if self.finished():
            return Finished({}, True)
        try:
            finisher = Finisher(self._session, self.layout, stopping, self._step, keep_look_ups=live)
            done = finisher.run(lambda: self._sum_epochs(epochs), self._whole_to())
        except TooBigError as error:
            self._step //= 2
            kind = TransientError if self._step else SinkError
            raise kind(error.what, where=error.where, hint=error.hint, code=error.code) from error
        if done.whole:
            with self._session.transaction():
                self._session.execute(f"UPDATE nectar_writer SET finished = seq WHERE id = 1 AND seq = {self._seq}")
        return done

    def write_once(self, staged: Staged) -> None:
        with self._session.transaction():
            self._loader.write_once(staged)

    def looked_after(self) -> list[tuple[bytes, int, int]]:
        """Kept outputs (bit 0), and those that the filter asks about with their answers."""
        names = {table.name for table in self.layout.tables}
        found: list[tuple[bytes, int, int]] = []
        if {"tx", "tx_out", "tx_in"} <= names:
            sql = """SELECT t.hash, o.`index`, 1 FROM tx_out o JOIN tx t ON t.id = o.tx_id
                LEFT JOIN tx_in i ON i.tx_out_hash = t.hash AND i.tx_out_index = o.`index` WHERE i.id IS NULL"""
            found += self._session.rows(sql)
        if "nectar_watched" in names:
            found += self._session.rows("SELECT tx_hash, `index`, answers << 0 FROM nectar_watched")
        return [(digest, index, int(bits)) for digest, index, bits in found]

    def size(self) -> int:
        sql = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"
        return int(self._session.rows(sql)[0][0])

    def notes(self) -> list[str]:
        return self._session.notes

    def close(self) -> None:
        self._session.drop()

    # -- preparing -------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Looks before it touches: another program's or plan's database is refused as it is."""
        rows = self._session.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
        names = {name for (name,) in rows}
        if names - {"nectar_connection"} and "nectar_plan" not in names:
            raise SinkError(
                "this database was not made by Nectar",
                where=self._where,
                hint="name another database, an empty one; nothing was changed in this one",
                code="NEC-K003",
            )
        if "nectar_plan" in names:
            self._refuse_another_plan()
        self._enter_plan()
        self._define()
        if self.layout.pre_splits and not self.coverage():
            split_ahead(self._session, self.layout.pre_splits)
        with self._session.transaction():
            self._session.execute("INSERT INTO nectar_writer VALUES (1, 0, -1, '') ON DUPLICATE KEY UPDATE id = id")
            ((self._seq,),) = self._session.rows("SELECT seq FROM nectar_writer WHERE id = 1 FOR UPDATE")

    def _enter_plan(self) -> None:
        """Before any other table is made: what is left when that is interrupted is known as ours."""
        self._session.execute(next(one.sql for one in self.layout.definitions if one.name == "nectar_plan"))
        plan = (self.layout.fingerprint, self.layout.plan_name, self.layout.compiled, self.layout.version)
        values = ", ".join(map(literal, plan))
        with self._session.transaction():
            self._session.execute(f"INSERT INTO nectar_plan VALUES ({values}) ON DUPLICATE KEY UPDATE version = version")

    def _define(self) -> None:
        for statement in self.layout.definitions:
            self._session.execute(statement.sql)
        sql = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        there = {name for (name,) in self._session.rows(sql)}
        for statement in self.layout.kept_indexes:
            if statement.name not in there:
                self._session.execute(statement.sql)

    def _refuse_another_plan(self) -> None:
        stored = self._session.rows("SELECT fingerprint, name, compiled FROM nectar_plan")
        if not stored or any(fingerprint == self.layout.fingerprint for fingerprint, _, _ in stored):
            return
        _, name, compiled = stored[0]
        told = "; ".join(differences(json.loads(compiled), json.loads(self.layout.compiled)))
        raise SinkError(
            f"this database was filled by another plan, {name!r}: {told}",
            where=self._where,
            hint="index into another database, or run the plan that filled this one",
            code="NEC-K002",
        )

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write(
        self, key: object, point: Point, block_no: int, work: Callable[[], dict[str, int]], *, finished: bool, size: int = 0
    ) -> dict[str, int]:
        """One transaction that moves the checkpoint. Asked again after its commit's answer was lost, it finds out first."""
        if self._doubt is not None:
            doubt, self._doubt = self._doubt, None
            if self._was_committed(doubt) and doubt.key is key:
                return doubt.came
        self._session.between()
        came: dict[str, int] = {}
        try:
            with self._session.transaction():
                self._move_checkpoint(point, block_no, finished)
                came = work()
                self._record()
        except Undetermined:
            self._doubt = _Doubt(key, came)
            raise
        self._seq += 1
        if self._attempts is not None:
            self._attempts.clear()
        self._session.metrics.committed(self._session.commit_seconds, sum(came.values()), size)
        return came

    def _record(self) -> None:
        """Attempts to connect since the last commit, where the profile wants them in a table."""
        if self._attempts is None:
            return
        self._attempts += self._session.connector.audit.drain()
        for one in self._attempts:
            who = f"{one.user}, {one.os_user} in process {one.pid}"
            place = f"{one.host} ({one.address}), port {one.port}, database {one.database}{one.tunnel and f', by {one.tunnel}'}"
            tls = f"{one.tls_version} {one.cipher}".strip()
            row = (one.time, one.attempt, who, place, tls, one.certificate, one.outcome, f"{one.seconds}")
            self._session.execute(f"REPLACE INTO nectar_connection VALUES ({', '.join(map(literal, row))})")

    def _was_committed(self, doubt: _Doubt) -> bool:
        """A locking read within a transaction: it waits until what the dead connection left is done with."""
        try:
            with self._session.transaction():
                ((seq, writer),) = self._session.rows("SELECT seq, writer FROM nectar_writer WHERE id = 1 FOR UPDATE")
        except BaseException:
            self._doubt = doubt
            raise
        if seq == self._seq + 1 and writer == self._writer:
            self._session.note("the commit whose answer was lost is in the database")
            self._seq = seq
            return True
        if seq != self._seq:
            raise self._second_writer()
        self._session.note("the commit whose answer was lost is not in the database: it is done again")
        return False

    def _move_checkpoint(self, point: Point, block_no: int, finished: bool) -> None:
        """Compare and set. `finished`: what follows from the rows is done, and is kept so."""
        seq = self._seq + 1
        done = f"finished = {seq}, " if finished else ""
        sql = f"UPDATE nectar_writer SET {done}seq = {seq}, writer = {literal(self._writer)} WHERE id = 1 AND seq = {self._seq}"
        if self._session.execute(sql) != 1:
            raise self._second_writer()
        row = (seq, point.slot, point.hash, block_no, self.layout.fingerprint, self._writer)
        self._session.execute(f"INSERT INTO nectar_checkpoint VALUES ({', '.join(map(literal, row))})")
        kept = " OR ".join(f"(seq > {seq - reach} AND seq % {step} = 0)" for step, reach in POINTS_KEPT)
        self._session.execute(f"DELETE FROM nectar_checkpoint WHERE NOT ({kept})")

    def _second_writer(self) -> SinkError:
        return SinkError(
            "another process wrote to this database meanwhile",
            where=self._where,
            hint="let one writer at a time fill it; nothing of this batch was written",
            code="NEC-K004",
        )

    def _close(self, commit: Commit) -> None:
        """What follows from the batch's rows, as far as it is done at once. In a database that is finished, all of it."""
        low, high = commit.covered.first * Place.TX.value, (commit.covered.last + 1) * Place.TX.value - 1
        for closing in self.layout.closing if commit.live else self.layout.live:
            wanted = not closing.from_origin
            if closing.from_origin and not closing.tables.isdisjoint(commit.staged.rows):
                whole_to = self._whole_to()
                wanted = whole_to is not None and whole_to + 1 >= commit.covered.first
            if wanted:
                self._all(bound(closing, low, high))

    def _whole_to(self) -> int | None:
        """The last slot before which no row is missing: no gap, no filter, no block in quarantine."""
        filled = self.coverage()
        if not self.layout.complete or not filled or filled[0].first >= 0:
            return None
        ((quarantined,),) = self._session.rows("SELECT MIN(slot) FROM nectar_quarantine")
        return filled[0].last if quarantined is None else min(filled[0].last, int(quarantined) - 1)

    def _is_finished(self) -> bool:
        ((seq, finished),) = self._session.rows("SELECT seq, finished FROM nectar_writer WHERE id = 1")
        return bool(seq == finished)

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        self._session.execute(f"DELETE FROM epoch WHERE no BETWEEN {epochs.first} AND {epochs.last}")
        self._session.execute(f"INSERT INTO epoch {placed(self.layout.epoch_sql, epochs._asdict())}")

    def _cover(self, ranges: Iterable[Coverage]) -> None:
        self._session.execute("DELETE FROM nectar_coverage WHERE table_name = '*'")
        rows = [("*", one.first, one.last, self.layout.fingerprint, int(self.layout.complete)) for one in ranges]
        if rows:
            values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
            self._session.execute(f"INSERT INTO nectar_coverage VALUES {values}")

    def _all(self, statements: Iterable[str] | Sequence[str]) -> None:
        for sql in statements:
            self._session.execute(sql)
