"""A writer connection: one of the connections that commit, and its row in `nectar_writer`.

A transaction updates that row first, by compare-and-set, and holds its lock until the commit: so a second job is detected
before it writes. A job's first commit goes through the first writer connection. With it the job owns the database: another job
that opened the database before is refused at its own first commit. When the answer to a COMMIT is lost, a locking read of that
row says whether the server has it: the read waits until the server has ended the dead connection's transaction
(docs/decisions/0009).
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
"""The number of the writer connection that every job has. Its row also says whether the database is finished."""


POINTS_AT_ONCE = 500
"""Checkpoints in one statement: about 100 kB, which every server accepts."""


class PendingCommit(NamedTuple):
    """A transaction to be committed.

    `key` is the same object when the transaction is tried again. Each of `blocks` becomes a checkpoint; the last one is the
    database's new position. `highest` as in `Commit`. `finished`: the database is finished after it. `size`: bytes of its rows.
    """

    key: object
    blocks: tuple[Numbered, ...]
    highest: int
    finished: bool = False
    size: int = 0


class _Doubt(NamedTuple):
    """A commit whose answer was lost: its key, its number, and the rows that it inserted if the server has it."""

    key: object
    seq: int
    inserted: dict[str, int]


@dataclass
class WriterState:
    """What all writer connections of a job share.

    `owners`: the writers that the first row may name. `others`: the highest number in the other rows when the job began.
    `top`: the highest number given out. `claimed`: the job owns the database.
    """

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
    """One thread uses it at a time. `seq`: the number of its last commit."""

    def __init__(self, number: int, session: ServerSession, loader: Loader, shared: WriterState, seq: int) -> None:
        self.number, self.session, self.loader, self.seq = number, session, loader, seq
        self._shared = shared
        self._doubt: _Doubt | None = None
        self._attempts: list[Attempt] = []  # those not yet in nectar_connection

    def doubts(self, key: object) -> bool:
        """Whether `key` was tried on this connection and the answer was lost."""
        return self._doubt is not None and self._doubt.key is key

    @property
    def in_doubt(self) -> bool:
        return self._doubt is not None

    def write(self, pending: PendingCommit, work: Callable[[WriterConnection], dict[str, int]]) -> dict[str, int]:
        """Commit one transaction that moves the checkpoint; returns the rows that `work` inserted, by table.

        Called again after the answer to a commit was lost, it first asks the server whether it has that commit.
        """
        if self._doubt is not None:
            doubt, self._doubt = self._doubt, None
            if self._was_committed(doubt) and doubt.key is pending.key:
                return doubt.inserted
        self.session.between()
        inserted: dict[str, int] = {}
        seqs = [self._shared.number() for _ in pending.blocks]
        seq = seqs[-1]
        try:
            with self.session.transaction(*self._moving(seqs, pending), check=lambda outcomes: self._check(outcomes, len(seqs))):
                inserted = work(self)
                self.record()
        except Undetermined:
            self._doubt = _Doubt(pending.key, seq, inserted)
            raise
        self.seq, self._shared.claimed = seq, True
        self._attempts.clear()
        self.session.metrics.committed(self.session.commit_seconds, sum(inserted.values()), pending.size)
        return inserted

    def _moving(self, seqs: Sequence[int], pending: PendingCommit) -> list[str]:
        """The transaction's first statements: move the writer's row, read the others, insert the checkpoints."""
        shared, seq = self._shared, seqs[-1]
        done = f"finished = {seq}, " if pending.finished else ""
        values = f"{done}seq = {seq}, writer = {literal(shared.writer)}"
        others = shared.others if shared.claimed else f"(SELECT COALESCE(MAX(seq), 0) FROM nectar_writer WHERE id <> {FIRST})"
        who = (pending.highest, shared.fingerprint, shared.writer)
        rows = [(number, *block.point, block.block_no, *who) for number, block in zip(seqs, pending.blocks, strict=True)]
        points = [f"({', '.join(map(literal, row))})" for row in rows]
        enter = "INSERT INTO nectar_checkpoint VALUES {} ON DUPLICATE KEY UPDATE writer = nectar_checkpoint.writer"
        return [
            f"UPDATE nectar_writer SET {values} WHERE id = {self.number} AND seq = {self.seq}",
            f"SELECT writer, {others} FROM nectar_writer WHERE id = {FIRST}",
            *(enter.format(", ".join(chunk)) for chunk in _by_hundreds(points)),
        ]

    def _check(self, outcomes: Sequence[StatementOutcome], points: int) -> None:
        """Refuse when another job wrote meanwhile.

        Another job moves its first writer's row, so every writer connection reads that row. A job that is about to commit is
        detected by its checkpoint numbers: they equal ours, so that fewer rows are inserted than expected.
        """
        moved, first_row, *entered = outcomes
        ((writer, others),) = first_row.rows
        shared, inserted = self._shared, sum(outcome.changed for outcome in entered)
        if moved.changed != 1 or writer not in shared.owners or others != shared.others or inserted != points:
            raise second_writer(self.session.where)

    def _was_committed(self, doubt: _Doubt) -> bool:
        """Whether the server has the commit.

        The read takes a lock, so it waits until the dead connection's transaction has ended.
        """
        session = self.session
        try:
            with session.transaction():
                sql = f"SELECT seq, writer FROM nectar_writer WHERE id = {self.number} FOR UPDATE"
                ((seq, writer),) = session.rows(sql)
        except BaseException:
            self._doubt = doubt
            raise
        if seq == doubt.seq and writer == self._shared.writer:
            session.note("the commit whose answer was lost is in the database")
            self.seq, self._shared.claimed = seq, True
            return True
        if seq != self.seq:
            raise second_writer(session.where)
        session.note("the commit whose answer was lost is not in the database: it is done again")
        return False

    def record(self) -> None:
        """Write the attempts to connect since the last commit into `nectar_connection`, where the profile wants that.

        Called within a transaction. It replaces rows, so it may write an attempt again.
        """
        if not self._shared.audit:
            return
        self._attempts += self.session.connector.audit.drain()
        for attempt in self._attempts:
            who = f"{attempt.user}, {attempt.os_user} in process {attempt.pid}"
            address = f"{attempt.host} ({attempt.address}), port {attempt.port}, database {attempt.database}"
            address += f", by {attempt.tunnel}" if attempt.tunnel else ""
            tls = f"{attempt.tls_version} {attempt.cipher}".strip()
            row = (attempt.time, attempt.attempt, who, address, tls, attempt.certificate, attempt.outcome, f"{attempt.seconds}")
            self.session.execute(f"REPLACE INTO nectar_connection VALUES ({', '.join(map(literal, row))})")


def _by_hundreds(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    return (rows[at : at + POINTS_AT_ONCE] for at in range(0, len(rows), POINTS_AT_ONCE))


def thinned(seq: int) -> str:
    """SQL that deletes the checkpoints beyond POINTS_KEPT, counted from the number `seq`. The highest slot's always stays."""
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
