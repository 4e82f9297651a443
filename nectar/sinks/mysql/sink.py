"""The sink for MySQL, MariaDB and TiDB: rows, checkpoint and coverage in one transaction for each batch (see `lane`)."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from nectar.cardano.point import Numbered, Point
from nectar.checkpoint.coverage import Coverage, merged, without_after
from nectar.errors import NectarError, SinkError, TooBigError, TransientError
from nectar.sinks.difference import refuse_another_plan
from nectar.sinks.kept import damaged, refuse_missing
from nectar.sinks.mysql.finish import TXS_A_STEP, Finisher, bound
from nectar.sinks.mysql.lane import FIRST, Entry, Lane, Writing, thinned
from nectar.sinks.mysql.load import Loader, terms_of
from nectar.sinks.mysql.removal import facts_of_slots, things_after
from nectar.sinks.mysql.session import Session
from nectar.sinks.mysql.split import split_ahead
from nectar.sinks.mysql.statements import Came, literal, placed
from nectar.sinks.one_block import block_within
from nectar.sinks.seam import Commit, Epochs, Finished, Layout, Staged, Statement
from nectar.sinks.unspent import unspent
from nectar.tables import Place

CLOSING_SECONDS = 1.0
"""For connections that are still being made ahead when the job ends."""


class MysqlSink:
    """One job's, which may commit by several connections at once. Errors: SinkError NEC-K002 (another plan's database), NEC-K003
    (not Nectar's), NEC-K004 (a second job), and those of `network.answers`."""

    def __init__(
        self, sessions: Sequence[Session], layout: Layout, statement_bytes: int, load_data: bool, *, audit: bool = False
    ) -> None:
        """`sessions`: one for each that may commit at once; only the first is connected now."""
        self.layout = layout
        self._session, self._where = sessions[0], sessions[0].where
        self._sessions = sessions
        self._writing = Writing(f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}", layout.fingerprint, audit)
        self._step = TXS_A_STEP
        self._free = threading.Condition()
        self._connecting: list[threading.Thread] = []
        try:
            self._prepare()
            seqs = self._enter(len(sessions))
            terms = terms_of(self._session, statement_bytes, load_data)
            self._longer = _longer(Came(terms.named))
        except BaseException:
            self._session.drop()
            raise
        self._lanes = [
            Lane(number, session, Loader(session, layout.tables, terms), self._writing, seqs[number])
            for number, session in enumerate(sessions, FIRST)
        ]
        self._idle = list(self._lanes)

    def writers(self) -> int:
        return len(self._lanes)

    def expect(self, writers: int) -> None:
        """Connections are made meanwhile. One that cannot be is tried again when it is wanted, and fails there."""
        for lane in [lane for lane in self._lanes[1:writers] if lane in self._idle]:
            thread = threading.Thread(target=self._connect, args=(lane,), name="nectar-connect", daemon=True)
            self._idle.remove(lane)
            try:
                thread.start()
            except RuntimeError as error:                # the system has no more threads
                self._give_back(lane)
                lane.session.note(f"a connection could not be made ahead: {error}")
            else:
                self._connecting.append(thread)

    def _connect(self, lane: Lane) -> None:
        try:
            lane.session.connect()
        except BaseException as error:  # noqa: BLE001 - whoever wants the connection tries again, and raises what happens then
            told = error if isinstance(error, NectarError) else type(error).__name__
            lane.session.note(f"a connection could not be made ahead: {told}")
        finally:
            self._give_back(lane)

    def coverage(self) -> list[Coverage]:
        return _coverage(self._session)

    def known_blocks(self) -> list[Numbered]:
        found = self._session.rows("SELECT slot, hash, block_no FROM nectar_checkpoint ORDER BY slot DESC, seq DESC")
        return [Numbered(Point(slot, digest), block_no) for slot, digest, block_no in found]

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        sql = block_within(self.layout, slots, last=last)
        found = self._session.rows(sql) if sql else []
        return Numbered(Point(*found[0][:2]), found[0][2]) if found else None

    def highest_block_no(self) -> int:
        found = self._session.rows("SELECT highest_block_no FROM nectar_checkpoint ORDER BY seq DESC LIMIT 1")
        return int(found[0][0]) if found else -1

    def commit(self, commit: Commit) -> dict[str, int]:
        """In bulk (not `live`) sums of epochs wait for `finish`, and ranges stand as they came: so that connections do not wait
        for each other's rows."""

        def work(lane: Lane) -> dict[str, int]:
            session = lane.session
            if commit.replace:
                session.several(facts_of_slots(self.layout.tables, commit.covered.first, commit.covered.last))
            bulk = () if commit.live else (f"{_INSERT_COVERAGE} {self._covering([commit.covered])} {self._longer}",)
            came = lane.loader.load(commit.staged, bulk)
            filled = _coverage(session) if commit.live else []
            self._close(session, commit, filled)
            for one in commit.quarantined:
                session.execute(f"REPLACE INTO nectar_quarantine VALUES ({', '.join(map(literal, one))})")
            if commit.live:
                self._sum_epochs(commit.epochs)
                self._cover(merged([*filled, commit.covered]))
                session.execute(thinned(self._writing.top))
            return came

        blocks = (*commit.earlier, Numbered(commit.point, commit.block_no))
        entry = Entry(commit, blocks, commit.highest, commit.live, len(commit.staged.load_form))
        with self._lane(commit, alone=commit.live) as lane:
            return lane.write(entry, work)

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        slot = to.point.slot

        def work(lane: Lane) -> dict[str, int]:
            gone = [f"DELETE FROM nectar_checkpoint WHERE slot > {slot}"]
            gone += facts_of_slots(self.layout.tables, slot + 1, None)
            gone += things_after(self.layout.tables, slot)
            lane.session.several(gone)
            self._sum_epochs(epochs)
            self._cover(without_after(_coverage(lane.session), slot))
            return {}

        entry = Entry(to, (to,), highest, self._is_finished())
        with self._lane(to, alone=True) as lane:
            lane.write(entry, work)

    def finished(self) -> bool:
        return self._is_finished() and Finisher(self._session, self.layout, lambda: False, self._step).is_built()

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Statement by statement: each may be done again. What is too much for one transaction is done in smaller steps."""
        if self.finished():
            return Finished({}, True)
        try:
            finisher = Finisher(self._session, self.layout, stopping, self._step, keep_look_ups=live)
            done = finisher.run(lambda: self._sum_epochs(epochs), self._whole_to(self.coverage()))
        except TooBigError as error:
            self._step //= 2
            kind = TransientError if self._step else SinkError
            raise kind(error.what, where=error.where, hint=error.hint, code=error.code) from error
        if done.whole:
            with self._session.transaction(thinned(self._writing.top)):
                self._cover(merged(_coverage(self._session)))
                self._lanes[0].record()
                seqs = [seq for (seq,) in self._session.rows("SELECT seq FROM nectar_writer FOR UPDATE")]
                if max(seqs) == max(self._entered, *(lane.seq for lane in self._lanes)):
                    self._session.execute(f"UPDATE nectar_writer SET finished = {max(seqs)} WHERE id = {FIRST}")
        return done

    def write_once(self, staged: Staged) -> None:
        with self._session.transaction():
            self._lanes[0].loader.write_once(staged)

    def looked_after(self) -> list[tuple[bytes, int, int]]:
        sql = unspent(self.layout, "`index`")
        return [(digest, index, int(bits)) for digest, index, bits in self._session.rows(sql)] if sql else []

    def size(self) -> int:
        sql = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"
        return int(self._session.rows(sql)[0][0])

    def notes(self) -> list[str]:
        return list(dict.fromkeys(note for session in self._sessions for note in session.notes))

    def close(self) -> None:
        """What another thread still uses, in a job that was broken off, is taken from it."""
        end = time.monotonic() + CLOSING_SECONDS
        for thread in self._connecting:
            thread.join(max(end - time.monotonic(), 0.0))
        used = {lane.session for lane in self._lanes if lane not in self._idle}
        for session in self._sessions:
            session.drop(used=session in used)

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
            self._refuse_missing(names)
        self._enter_plan()
        self._define()
        if self.layout.pre_splits and not self.coverage():
            split_ahead(self._session, self.layout.pre_splits)

    def _enter(self, lanes: int) -> dict[int, int]:
        """The lanes' rows, made where they are not there; the last commit of each."""
        with self._session.transaction(_lanes_entered(lanes)):
            found = self._session.rows("SELECT id, seq, writer FROM nectar_writer FOR UPDATE")
        self._writing.owners = {self._writing.writer, *(writer for number, _, writer in found if number == FIRST)}
        self._writing.others = max((seq for number, seq, _ in found if number != FIRST), default=0)
        self._entered = self._writing.top = max(seq for _, seq, _ in found)
        return {number: seq for number, seq, _ in found}

    def _enter_plan(self) -> None:
        """Before any other table is made: what is left when that is interrupted is known as ours. One job after another, by the
        lock of the first lane's row: of two with different plans the later one is refused."""
        definitions = {one.name: one.sql for one in self.layout.definitions}
        self._session.several([definitions["nectar_plan"], definitions["nectar_writer"]])
        plan = (self.layout.fingerprint, self.layout.plan_name, self.layout.compiled, self.layout.version)
        with self._session.transaction(_lanes_entered(1)):
            self._refuse_another_plan(" FOR UPDATE")
            values = ", ".join(map(literal, plan))
            unless_there = "ON DUPLICATE KEY UPDATE version = nectar_plan.version"
            self._session.execute(f"INSERT INTO nectar_plan VALUES ({values}) {unless_there}")

    def _define(self) -> None:
        self._session.several([statement.sql for statement in self.layout.definitions])
        while wanted := self._not_there(self.layout.kept_indexes):
            try:
                self._session.several([one.sql for one in wanted])
            except SinkError:
                if self._not_there(wanted) == wanted:           # else another job has just made one of them
                    raise

    def _not_there(self, indexes: Sequence[Statement]) -> list[Statement]:
        there = self._session.index_names()
        return [one for one in indexes if one.name not in there]

    def _refuse_another_plan(self, lock: str = "") -> None:
        stored = self._session.rows(f"SELECT fingerprint, name, compiled, version FROM nectar_plan{lock}")
        refuse_another_plan(stored, self.layout, self._where, "database")

    def _refuse_missing(self, names: set[str]) -> None:
        """Tables are made one by one. When that was interrupted, the last ones are missing, and nothing was committed."""
        first = ("nectar_plan", "nectar_writer")
        wanted = [*first, *(one.name for one in self.layout.definitions if one.name not in first)]
        made = len([one for one in wanted if one in names])
        empty = "nectar_checkpoint" not in names or not self._session.rows("SELECT 1 FROM nectar_checkpoint LIMIT 1")
        if not (empty and set(wanted[:made]) <= names):
            refuse_missing(wanted, names, self._where)
        elif names & set(wanted[2:]) and not self._session.rows("SELECT 1 FROM nectar_plan LIMIT 1"):
            raise damaged("nectar_plan has no row", self._where)

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _lane(self, key: object, *, alone: bool) -> Iterator[Lane]:
        """One that is idle: where `key` was tried before, if it was. `alone`: nobody else commits, and it is the first."""
        with self._free:
            self._session.metrics.move(waiting=1)
            try:
                while (lane := self._choose(key, alone)) is None:
                    self._free.wait()
            finally:
                self._session.metrics.move(waiting=-1)
            self._idle.remove(lane)
        try:
            yield lane
        finally:
            self._give_back(lane)

    def _give_back(self, lane: Lane) -> None:
        with self._free:
            self._idle.append(lane)
            self._free.notify_all()

    def _choose(self, key: object, alone: bool) -> Lane | None:
        for lane in self._idle:
            if lane.doubts(key):
                return lane
        first = self._lanes[0]
        if alone or not self._writing.claimed:
            return first if first in self._idle and (alone or not first.in_doubt) else None
        return min((lane for lane in self._idle if not lane.in_doubt), key=lambda lane: lane.number, default=None)

    def _close(self, session: Session, commit: Commit, filled: list[Coverage]) -> None:
        """What follows from the batch's rows, as far as it is done at once. In a database that is finished, all of it."""
        low, high = commit.covered.first * Place.TX.value, (commit.covered.last + 1) * Place.TX.value - 1
        for closing in self.layout.closing if commit.live else self.layout.live:
            wanted = not closing.from_origin
            if closing.from_origin and not closing.tables.isdisjoint(commit.staged.rows):
                whole_to = self._whole_to(filled)
                wanted = whole_to is not None and whole_to + 1 >= commit.covered.first
            if wanted:
                session.several(bound(closing, low, high))

    def _whole_to(self, filled: list[Coverage]) -> int | None:
        """The last slot before which no row is missing: no gap, no filter, no block in quarantine."""
        if not self.layout.complete or not filled or filled[0].first >= 0:
            return None
        ((quarantined,),) = self._session.rows("SELECT MIN(slot) FROM nectar_quarantine")
        return filled[0].last if quarantined is None else min(filled[0].last, int(quarantined) - 1)

    def _is_finished(self) -> bool:
        ((seq, finished),) = self._session.rows("SELECT MAX(seq), MAX(finished) FROM nectar_writer")
        return bool(seq == finished)

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        away = f"DELETE FROM epoch WHERE no BETWEEN {epochs.first} AND {epochs.last}"
        self._session.several([away, f"INSERT INTO epoch {placed(self.layout.epoch_sql, epochs._asdict())}"])

    def _cover(self, ranges: Sequence[Coverage]) -> None:
        covering = [f"{_INSERT_COVERAGE} {self._covering(ranges)}"] if ranges else []
        self._session.several(["DELETE FROM nectar_coverage WHERE table_name = '*'", *covering])

    def _covering(self, ranges: Iterable[Coverage]) -> str:
        rows = [("*", one.first, one.last, self.layout.fingerprint, int(self.layout.complete)) for one in ranges]
        return ", ".join(f"({', '.join(map(literal, row))})" for row in rows)


def _lanes_entered(lanes: int) -> str:
    """Inserts their rows where they are not there, and locks the first."""
    rows = ", ".join(f"({number}, 0, -1, '')" for number in range(FIRST, FIRST + lanes))
    return f"INSERT INTO nectar_writer VALUES {rows} ON DUPLICATE KEY UPDATE id = nectar_writer.id"


_INSERT_COVERAGE = "INSERT INTO nectar_coverage VALUES"


def _longer(came: Came) -> str:
    """Of a range that is there already the later end stays."""
    return f"{came.head} last_slot = GREATEST(nectar_coverage.last_slot, {came.of('last_slot')})"


def _coverage(session: Session) -> list[Coverage]:
    found = session.rows("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
    return merged(Coverage(*row) for row in found)
