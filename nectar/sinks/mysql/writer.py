"""One of the connections that commit, and its row in `nectar_writer`.

The row is moved first, by compare-and-set, and its lock is held until the commit: a second writer is found out before it
writes. A job's first commit is by the first lane: with it the job has the database, and another one that opened it before
that is refused at its own first commit. When the answer to a COMMIT is lost, a locking read of that row tells whether the
server has it: the read waits for whatever the dead connection left behind (docs/decisions/0009).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nectar.cardano.point import Numbered
from nectar.errors import SinkError
from nectar.server.audit import Attempt
from nectar.sinks.base import POINTS_KEPT
from nectar.sinks.mysql.bulk_load import Loader
from nectar.sinks.mysql.session import ServerSession, StatementOutcome, Undetermined
from nectar.sinks.mysql.statements import literal

FIRST = 1
"""The lane that every job has. Its row says too whether everything that follows from the rows is done."""


POINTS_AT_ONCE = 500
"""Rows of a statement: about 100 kB, which every server takes."""


class PendingCommit(NamedTuple):
    """A transaction to be. `key` is the same object when it is tried again; `blocks` get a point each, the last is where the
    database stands then; `highest` as in `Commit`; `finished`: what follows from the rows is in it."""

    key: object
    blocks: tuple[Numbered, ...]
    highest: int
    finished: bool = False
    size: int = 0


class _Doubt(NamedTuple):
    """A commit whose answer was lost: what it was for, its number, and what it gives if the server has it."""

    key: object
    seq: int
    came: dict[str, int]


@dataclass
class WriterState:
    """What all lanes of a job share. `owners`: whom the first lane's row may name; `others`: the highest number in the other
    lanes' rows when the job came; `top`: the highest given out; `claimed`: the job has the database."""

    writer: str
    fingerprint: str
    audit: bool
    owners: set[str] = field(default_factory=set)
    others: int = 0
    top: int = 0
    claimed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def number(self) -> int:
        with self._lock:
            self.top += 1
            return self.top


class WriterConnection:
    """Used by one thread at a time. `seq`: of its last commit."""

    def __init__(self, number: int, session: ServerSession, loader: Loader, writing: WriterState, seq: int) -> None:
        self.number, self.session, self.loader, self.seq = number, session, loader, seq
        self._writing = writing
        self._doubt: _Doubt | None = None
        self._attempts: list[Attempt] = []  # not yet in nectar_connection

    def doubts(self, key: object) -> bool:
        """Whether this is where `key` was tried, and the answer lost."""
        return self._doubt is not None and self._doubt.key is key

    @property
    def in_doubt(self) -> bool:
        return self._doubt is not None

    def write(self, entry: PendingCommit, work: Callable[[WriterConnection], dict[str, int]]) -> dict[str, int]:
        """One transaction that moves the checkpoint. Asked again after its commit's answer was lost, it finds out first."""
        if self._doubt is not None:
            doubt, self._doubt = self._doubt, None
            if self._was_committed(doubt) and doubt.key is entry.key:
                return doubt.came
        self.session.between()
        came: dict[str, int] = {}
        seqs = [self._writing.number() for _ in entry.blocks]
        seq = seqs[-1]
        try:
            with self.session.transaction(*self._moving(seqs, entry), check=lambda outcomes: self._check(outcomes, len(seqs))):
                came = work(self)
                self.record()
        except Undetermined:
            self._doubt = _Doubt(entry.key, seq, came)
            raise
        self.seq, self._writing.claimed = seq, True
        self._attempts.clear()
        self.session.metrics.committed(self.session.commit_seconds, sum(came.values()), entry.size)
        return came

    def _moving(self, seqs: Sequence[int], entry: PendingCommit) -> list[str]:
        writing, seq = self._writing, seqs[-1]
        done = f"finished = {seq}, " if entry.finished else ""
        values = f"{done}seq = {seq}, writer = {literal(writing.writer)}"
        others = writing.others if writing.claimed else f"(SELECT COALESCE(MAX(seq), 0) FROM nectar_writer WHERE id <> {FIRST})"
        who = (entry.highest, writing.fingerprint, writing.writer)
        rows = [(at, *one.point, one.block_no, *who) for at, one in zip(seqs, entry.blocks, strict=True)]
        points = [f"({', '.join(map(literal, row))})" for row in rows]
        enter = "INSERT INTO nectar_checkpoint VALUES {} ON DUPLICATE KEY UPDATE writer = nectar_checkpoint.writer"
        return [
            f"UPDATE nectar_writer SET {values} WHERE id = {self.number} AND seq = {self.seq}",
            f"SELECT writer, {others} FROM nectar_writer WHERE id = {FIRST}",
            *(enter.format(", ".join(some)) for some in _by_hundreds(points)),
        ]

    def _check(self, outcomes: Sequence[StatementOutcome], points: int) -> None:
        """Another job moves its first lane: whoever uses another one finds that out as well. One that is about to commit is
        told by its numbers, which are ours too."""
        moved, asked, *entered = outcomes
        ((writer, others),) = asked.rows
        writing, came = self._writing, sum(one.changed for one in entered)
        if moved.changed != 1 or writer not in writing.owners or others != writing.others or came != points:
            raise second_writer(self.session.where)

    def _was_committed(self, doubt: _Doubt) -> bool:
        """A locking read within a transaction: it waits until what the dead connection left is done with."""
        session = self.session
        try:
            with session.transaction():
                sql = f"SELECT seq, writer FROM nectar_writer WHERE id = {self.number} FOR UPDATE"
                ((seq, writer),) = session.rows(sql)
        except BaseException:
            self._doubt = doubt
            raise
        if seq == doubt.seq and writer == self._writing.writer:
            session.note("the commit whose answer was lost is in the database")
            self.seq, self._writing.claimed = seq, True
            return True
        if seq != self.seq:
            raise second_writer(session.where)
        session.note("the commit whose answer was lost is not in the database: it is done again")
        return False

    def record(self) -> None:
        """Attempts to connect since the last commit, where the profile wants them in a table. Within a transaction; what it
        writes may be written again."""
        if not self._writing.audit:
            return
        self._attempts += self.session.connector.audit.drain()
        for one in self._attempts:
            who = f"{one.user}, {one.os_user} in process {one.pid}"
            place = f"{one.host} ({one.address}), port {one.port}, database {one.database}{one.tunnel and f', by {one.tunnel}'}"
            tls = f"{one.tls_version} {one.cipher}".strip()
            row = (one.time, one.attempt, who, place, tls, one.certificate, one.outcome, f"{one.seconds}")
            self.session.execute(f"REPLACE INTO nectar_connection VALUES ({', '.join(map(literal, row))})")


def _by_hundreds(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    return (rows[at : at + POINTS_AT_ONCE] for at in range(0, len(rows), POINTS_AT_ONCE))


def thinned(seq: int) -> str:
    """Takes away checkpoints that nobody will ask for when `seq` is the highest; never the last block's, whenever it came."""
    kept = " OR ".join(f"(seq > {seq - reach} AND seq % {step} = 0)" for step, reach in POINTS_KEPT)
    highest = "(SELECT top FROM (SELECT MAX(slot) AS top FROM nectar_checkpoint) AS highest)"
    return f"DELETE FROM nectar_checkpoint WHERE NOT ({kept}) AND slot < {highest}"


def second_writer(where: str) -> SinkError:
    return SinkError(
        "another process wrote to this database meanwhile",
        where=where,
        hint="let one job at a time fill it; nothing of this batch was written",
        code="NEC-K004",
    )
