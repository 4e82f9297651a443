"""The sink for MySQL, MariaDB and TiDB: rows, checkpoint and coverage in one transaction for each batch (see `lane`)."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage, merged, without_after
from nectar.errors import NectarError, SinkError, TooBigError, TransientError
from nectar.sinks.base import Commit, Epochs, Finished, Layout, Staged
from nectar.sinks.mysql.bulk_load import Loader, terms_of
from nectar.sinks.mysql.coverage import cover, covered, covering, kept_blocks, whole_to
from nectar.sinks.mysql.finalize import TXS_A_STEP, MysqlFinisher, derived_sql, is_built, is_finalized
from nectar.sinks.mysql.prepare import prepare, writers_entered
from nectar.sinks.mysql.rollback import dimensions_after, facts_of_slots
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.mysql.statements import Came, literal, with_values
from nectar.sinks.mysql.writer import FIRST, PendingCommit, WriterConnection, WriterState, thinned
from nectar.sinks.one_block import block_within
from nectar.sinks.stored import highest_of
from nectar.sinks.unspent import unspent
from nectar.tables import Place

CLOSING_SECONDS = 1.0
"""For connections that are still being made ahead when the job ends."""


class MysqlSink:
    """One job's, which may commit by several connections at once. Errors: SinkError NEC-K002 (another plan's database), NEC-K003
    (not Nectar's), NEC-K004 (a second job), and those of `network.answers`."""

    def __init__(
        self, sessions: Sequence[ServerSession], layout: Layout, statement_bytes: int, load_data: bool, *, audit: bool = False
    ) -> None:
        """`sessions`: one for each that may commit at once; only the first is connected now."""
        self.layout = layout
        self._session = sessions[0]
        self._sessions = sessions
        self._writing = WriterState(f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}", layout.fingerprint, audit)
        self._step = TXS_A_STEP
        self._free = threading.Condition()
        self._connecting: list[threading.Thread] = []
        try:
            prepare(self._session, layout)
            seqs = self._enter(len(sessions))
            terms = terms_of(self._session, statement_bytes, load_data)
            self._came = Came(terms.named)
        except BaseException:
            self._session.drop()
            raise
        self._lanes = [
            WriterConnection(number, session, Loader(session, layout.tables, terms), self._writing, seqs[number])
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
            except RuntimeError as error:  # the system has no more threads
                self._give_back(lane)
                lane.session.note(f"a connection could not be made ahead: {error}")
            else:
                self._connecting.append(thread)

    def _connect(self, lane: WriterConnection) -> None:
        try:
            lane.session.connect()
        except BaseException as error:  # noqa: BLE001 - whoever wants the connection tries again, and raises what happens then
            told = error if isinstance(error, NectarError) else type(error).__name__
            lane.session.note(f"a connection could not be made ahead: {told}")
        finally:
            self._give_back(lane)

    def coverage(self) -> list[Coverage]:
        return covered(self._session)

    def known_blocks(self) -> list[Numbered]:
        return kept_blocks(self._session)

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return block_within(self.layout, slots, self._session.rows, last=last)

    def highest_block_no(self) -> int:
        found = self._session.rows("SELECT highest_block_no FROM nectar_checkpoint ORDER BY seq DESC LIMIT 1")
        return highest_of(found, self._session.where)

    def commit(self, commit: Commit) -> dict[str, int]:
        """In bulk (not `live`) sums of epochs wait for `finish`, and ranges stand as they came: so that connections do not wait
        for each other's rows."""

        def work(lane: WriterConnection) -> dict[str, int]:
            session = lane.session
            if commit.replace:
                session.several(facts_of_slots(self.layout.tables, commit.covered.first, commit.covered.last))
            is_empty = commit.covered.last < commit.covered.first  # only the point before a range's first block is kept
            bulk = () if commit.live or is_empty else (covering(self.layout, commit.covered, self._came),)
            came = lane.loader.load(commit.staged, bulk)
            filled = covered(session) if commit.live else []
            self._close(session, commit, filled)
            for one in commit.quarantined:
                session.execute(f"REPLACE INTO nectar_quarantine VALUES ({', '.join(map(literal, one))})")
            if commit.live:
                self._sum_epochs(commit.epochs)
                cover(self._session, self.layout, merged([*filled, commit.covered]))
                session.execute(thinned(self._writing.top))
            return came

        blocks = (*commit.earlier, Numbered(commit.point, commit.block_no))
        entry = PendingCommit(commit, blocks, commit.highest, commit.live, len(commit.staged.load_form))
        with self._lane(commit, alone=commit.live) as lane:
            return lane.write(entry, work)

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        slot = to.point.slot

        def work(lane: WriterConnection) -> dict[str, int]:
            gone = [f"DELETE FROM nectar_checkpoint WHERE slot > {slot}"]
            gone += facts_of_slots(self.layout.tables, slot + 1, None)
            gone += dimensions_after(self.layout.tables, slot)
            lane.session.several(gone)
            self._sum_epochs(epochs)
            cover(self._session, self.layout, without_after(covered(lane.session), slot))
            return {}

        entry = PendingCommit(to, (to,), highest, is_finalized(self._session))
        with self._lane(to, alone=True) as lane:
            lane.write(entry, work)

    def finished(self) -> bool:
        return is_finalized(self._session) and is_built(self._session, self.layout)

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Statement by statement: each may be done again. What is too much for one transaction is done in smaller steps."""
        if self.finished():
            return Finished({}, True)
        try:
            finisher = MysqlFinisher(self._session, self.layout, stopping, self._step, keep_look_ups=live)
            done = finisher.run(lambda: self._sum_epochs(epochs), whole_to(self._session, self.layout, self.coverage()))
        except TooBigError as error:
            self._step //= 2
            kind = TransientError if self._step else SinkError
            raise kind(error.what, where=error.where, hint=error.hint, code=error.code) from error
        if done.whole:
            with self._session.transaction(thinned(self._writing.top)):
                cover(self._session, self.layout, merged(covered(self._session)))
                self._lanes[0].record()
                seqs = [seq for (seq,) in self._session.rows("SELECT seq FROM nectar_writer FOR UPDATE")]
                if max(seqs) == max(self._entered, *(lane.seq for lane in self._lanes)):
                    self._session.execute(f"UPDATE nectar_writer SET finished = {max(seqs)} WHERE id = {FIRST}")
        return done

    def write_once(self, staged: Staged) -> None:
        with self._session.transaction():
            self._lanes[0].loader.write_once(staged)

    def tracked_outputs(self) -> list[tuple[bytes, int, int]]:
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

    def _enter(self, lanes: int) -> dict[int, int]:
        """The lanes' rows, made where they are not there; the last commit of each."""
        with self._session.transaction(writers_entered(lanes)):
            found = self._session.rows("SELECT id, seq, writer FROM nectar_writer FOR UPDATE")
        self._writing.owners = {self._writing.writer, *(writer for number, _, writer in found if number == FIRST)}
        self._writing.others = max((seq for number, seq, _ in found if number != FIRST), default=0)
        self._entered = self._writing.top = max(seq for _, seq, _ in found)
        return {number: seq for number, seq, _ in found}

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _lane(self, key: object, *, alone: bool) -> Iterator[WriterConnection]:
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

    def _give_back(self, lane: WriterConnection) -> None:
        with self._free:
            self._idle.append(lane)
            self._free.notify_all()

    def _choose(self, key: object, alone: bool) -> WriterConnection | None:
        for lane in self._idle:
            if lane.doubts(key):
                return lane
        first = self._lanes[0]
        if alone or not self._writing.claimed:
            return first if first in self._idle and (alone or not first.in_doubt) else None
        return min((lane for lane in self._idle if not lane.in_doubt), key=lambda lane: lane.number, default=None)

    def _close(self, session: ServerSession, commit: Commit, filled: list[Coverage]) -> None:
        """What follows from the batch's rows, as far as it is done at once. In a database that is finished, all of it."""
        low, high = commit.covered.first * Place.TX.value, (commit.covered.last + 1) * Place.TX.value - 1
        for closing in self.layout.derived if commit.live else self.layout.live:
            wanted = not closing.from_origin
            if closing.from_origin and not closing.tables.isdisjoint(commit.staged.rows):
                end = whole_to(session, self.layout, filled)
                wanted = end is not None and end + 1 >= commit.covered.first
            if wanted:
                session.several(derived_sql(closing, low, high))

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        away = f"DELETE FROM epoch WHERE no BETWEEN {epochs.first} AND {epochs.last}"
        self._session.several([away, f"INSERT INTO epoch {with_values(self.layout.epoch_sql, epochs._asdict())}"])
