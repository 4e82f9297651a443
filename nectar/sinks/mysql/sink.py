"""The sink for MySQL, MariaDB and TiDB: one transaction for each batch commits its rows, checkpoint and coverage (see
`writer`).
"""

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
from nectar.sinks.mysql.statements import IncomingRow, literal, with_values
from nectar.sinks.mysql.writer import FIRST, PendingCommit, WriterConnection, WriterState, thinned
from nectar.sinks.one_block import block_within
from nectar.sinks.stored import highest_of
from nectar.sinks.unspent import unspent
from nectar.tables import Place

CLOSING_SECONDS = 1.0
"""How long to wait for connections that are still being opened ahead when the job ends."""


class MysqlSink:
    """The sink of one job, which may commit on several connections at once.

    Errors: SinkError NEC-K002 (another plan's database), NEC-K003 (not Nectar's), NEC-K004 (a second job), and those of
    `nectar.mysql.server_errors`.
    """

    def __init__(
        self, sessions: Sequence[ServerSession], layout: Layout, statement_bytes: int, load_data: bool, *, audit: bool = False
    ) -> None:
        """`sessions`: one for each writer connection. Only the first is connected now."""
        self.layout = layout
        self._session = sessions[0]
        self._sessions = sessions
        self._shared = WriterState(f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}", layout.fingerprint, audit)
        self._step = TXS_A_STEP
        self._free = threading.Condition()
        self._connecting: list[threading.Thread] = []
        try:
            prepare(self._session, layout)
            seqs = self._enter(len(sessions))
            terms = terms_of(self._session, statement_bytes, load_data)
            self._incoming = IncomingRow(terms.named)
        except BaseException:
            self._session.drop()
            raise
        self._writers = [
            WriterConnection(number, session, Loader(session, layout.tables, terms), self._shared, seqs[number])
            for number, session in enumerate(sessions, FIRST)
        ]
        self._idle = list(self._writers)

    def writers(self) -> int:
        return len(self._writers)

    def expect(self, writers: int) -> None:
        """Open connections meanwhile. One that fails is tried again when it is needed, and raises its error there."""
        for writer in [writer for writer in self._writers[1:writers] if writer in self._idle]:
            thread = threading.Thread(target=self._connect, args=(writer,), name="nectar-connect", daemon=True)
            self._idle.remove(writer)
            try:
                thread.start()
            except RuntimeError as error:  # the system has no more threads
                self._give_back(writer)
                writer.session.note(f"a connection could not be made ahead: {error}")
            else:
                self._connecting.append(thread)

    def _connect(self, writer: WriterConnection) -> None:
        try:
            writer.session.connect()
        except BaseException as error:  # noqa: BLE001 - whoever needs the connection tries again, and raises that error
            reason = error if isinstance(error, NectarError) else type(error).__name__
            writer.session.note(f"a connection could not be made ahead: {reason}")
        finally:
            self._give_back(writer)

    def coverage(self) -> list[Coverage]:
        return covered(self._session)

    def known_blocks(self) -> list[Numbered]:
        return kept_blocks(self._session)

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return block_within(self.layout, slots, self._session.rows, last=last)

    def highest_block_no(self) -> int:
        rows = self._session.rows("SELECT highest_block_no FROM nectar_checkpoint ORDER BY seq DESC LIMIT 1")
        return highest_of(rows, self._session.where)

    def commit(self, commit: Commit) -> dict[str, int]:
        """Commit a batch.

        In bulk (not `live`) epochs are summed by `finish`, and each covered range is a row of its own: so writer connections do
        not wait for each other's rows.
        """

        def work(writer: WriterConnection) -> dict[str, int]:
            session = writer.session
            if commit.replace:
                session.several(facts_of_slots(self.layout.tables, commit.covered.first, commit.covered.last))
            is_empty = commit.covered.last < commit.covered.first  # it only keeps the point before a range's first block
            bulk = () if commit.live or is_empty else (covering(self.layout, commit.covered, self._incoming),)
            inserted = writer.loader.load(commit.staged, bulk)
            filled = covered(session) if commit.live else []
            self._derive(session, commit, filled)
            for block in commit.quarantined:
                session.execute(f"REPLACE INTO nectar_quarantine VALUES ({', '.join(map(literal, block))})")
            if commit.live:
                self._sum_epochs(commit.epochs)
                cover(self._session, self.layout, merged([*filled, commit.covered]))
                session.execute(thinned(self._shared.top))
            return inserted

        blocks = (*commit.earlier, Numbered(commit.point, commit.block_no))
        pending = PendingCommit(commit, blocks, commit.highest, commit.live, len(commit.staged.load_form))
        with self._writer(commit, alone=commit.live) as writer:
            return writer.write(pending, work)

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        slot = to.point.slot

        def work(writer: WriterConnection) -> dict[str, int]:
            deletes = [f"DELETE FROM nectar_checkpoint WHERE slot > {slot}"]
            deletes += facts_of_slots(self.layout.tables, slot + 1, None)
            deletes += dimensions_after(self.layout.tables, slot)
            writer.session.several(deletes)
            self._sum_epochs(epochs)
            cover(self._session, self.layout, without_after(covered(writer.session), slot))
            return {}

        pending = PendingCommit(to, (to,), highest, is_finalized(self._session))
        with self._writer(to, alone=True) as writer:
            writer.write(pending, work)

    def finished(self) -> bool:
        return is_finalized(self._session) and is_built(self._session, self.layout)

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Run statement by statement; each may run again. What is too much for one transaction is done in smaller steps."""
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
            with self._session.transaction(thinned(self._shared.top)):
                cover(self._session, self.layout, merged(covered(self._session)))
                self._writers[0].record()
                seqs = [seq for (seq,) in self._session.rows("SELECT seq FROM nectar_writer FOR UPDATE")]
                if max(seqs) == max(self._entered, *(writer.seq for writer in self._writers)):
                    self._session.execute(f"UPDATE nectar_writer SET finished = {max(seqs)} WHERE id = {FIRST}")
        return done

    def write_once(self, staged: Staged) -> None:
        with self._session.transaction():
            self._writers[0].loader.write_once(staged)

    def tracked_outputs(self) -> list[tuple[bytes, int, int]]:
        sql = unspent(self.layout, "`index`")
        return [(digest, index, int(bits)) for digest, index, bits in self._session.rows(sql)] if sql else []

    def size(self) -> int:
        sql = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"
        return int(self._session.rows(sql)[0][0])

    def notes(self) -> list[str]:
        return list(dict.fromkeys(note for session in self._sessions for note in session.notes))

    def close(self) -> None:
        """Close all connections, also those that another thread of a broken-off job still uses."""
        end = time.monotonic() + CLOSING_SECONDS
        for thread in self._connecting:
            thread.join(max(end - time.monotonic(), 0.0))
        used = {writer.session for writer in self._writers if writer not in self._idle}
        for session in self._sessions:
            session.drop(used=session in used)

    def _enter(self, writers: int) -> dict[int, int]:
        """Insert the missing rows of `nectar_writer`; returns the number of each writer's last commit."""
        with self._session.transaction(writers_entered(writers)):
            rows = self._session.rows("SELECT id, seq, writer FROM nectar_writer FOR UPDATE")
        self._shared.owners = {self._shared.writer, *(owner for number, _, owner in rows if number == FIRST)}
        self._shared.others = max((seq for number, seq, _ in rows if number != FIRST), default=0)
        self._entered = self._shared.top = max(seq for _, seq, _ in rows)
        return {number: seq for number, seq, _ in rows}

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _writer(self, key: object, *, alone: bool) -> Iterator[WriterConnection]:
        """An idle writer connection: the one on which `key` was tried before, if it was.

        `alone`: the first; nobody else commits.
        """
        with self._free:
            self._session.metrics.move(waiting=1)
            try:
                while (writer := self._choose(key, alone)) is None:
                    self._free.wait()
            finally:
                self._session.metrics.move(waiting=-1)
            self._idle.remove(writer)
        try:
            yield writer
        finally:
            self._give_back(writer)

    def _give_back(self, writer: WriterConnection) -> None:
        with self._free:
            self._idle.append(writer)
            self._free.notify_all()

    def _choose(self, key: object, alone: bool) -> WriterConnection | None:
        for writer in self._idle:
            if writer.doubts(key):
                return writer
        first = self._writers[0]
        if alone or not self._shared.claimed:
            return first if first in self._idle and (alone or not first.in_doubt) else None
        return min((writer for writer in self._idle if not writer.in_doubt), key=lambda writer: writer.number, default=None)

    def _derive(self, session: ServerSession, commit: Commit, filled: list[Coverage]) -> None:
        """Derive the columns that are derived within a commit: all of them in a finished database, else the plan's live ones."""
        low, high = commit.covered.first * Place.TX.value, (commit.covered.last + 1) * Place.TX.value - 1
        for columns in self.layout.derived if commit.live else self.layout.live:
            is_due = not columns.from_origin
            if columns.from_origin and not columns.tables.isdisjoint(commit.staged.rows):
                end = whole_to(session, self.layout, filled)
                is_due = end is not None and end + 1 >= commit.covered.first
            if is_due:
                session.several(derived_sql(columns, low, high))

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        delete = f"DELETE FROM epoch WHERE no BETWEEN {epochs.first} AND {epochs.last}"
        self._session.several([delete, f"INSERT INTO epoch {with_values(self.layout.epoch_sql, epochs._asdict())}"])
