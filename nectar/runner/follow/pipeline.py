"""Batches of a node's chain: decoded by one process or several, committed in the chain's order where a fork may undo them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage, merged
from nectar.runner.committing.parallel import Writers, writers_of
from nectar.runner.decoding.batch import Batch
from nectar.runner.decoding.pool import Inline, Processes, WorkerPool, cores
from nectar.runner.decoding.worker import DecodedBatch
from nectar.runner.follow.rollback import first_unsettled, unsettled
from nectar.runner.follow.session import FollowSession
from nectar.runner.steps import tracked_state


class Pipeline:
    """`far`: the tip is so far away that decoding is worth processes of its own. `begins`: the first slot to be filled."""

    def __init__(self, session: FollowSession, begins: int, *, far: bool) -> None:
        self._session, self._compiled = session, session.job.compiled
        self._given: dict[int, tuple[Coverage, list[Numbered]]] = {}
        self._ready: dict[int, DecodedBatch] = {}
        self._next = 0
        self.ahead = -1  # the highest block number that was given
        count = (session.workers or cores()) if far and not self._compiled.filters.ordered else 1
        session.summary.workers = max(count, session.summary.workers)
        halted = session.stop.__bool__
        self._pool: WorkerPool = Processes(session.job, count, halted=halted) if count > 1 else self._inline(begins)
        self._writers: Writers

    def _inline(self, begins: int) -> Inline:
        session = self._session
        state = tracked_state(self._compiled, session.sink, begins, session.committer.target)
        return Inline(session.job, state, session.unspent, halted=session.stop.__bool__)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within it batches can be given. What was committed stays, whatever happens to the rest."""
        with Writers(self._session.committer, self._commits_at_once(), self._committed) as self._writers:
            yield

    def _commits_at_once(self) -> int:
        """How many commits may be under way. Far from the tip there are several, and the sink opens their connections early."""
        session = self._session
        if not isinstance(self._pool, Processes) or session.live:
            return 0
        count = writers_of(self._compiled, session.job.layout, session.sink)
        session.sink.expect(count)
        return count

    def close(self) -> None:
        self._pool.close()

    @property
    def is_empty(self) -> bool:
        """Every batch that was given has gone to the writers."""
        return not self._given

    def give(self, batch: Batch, earlier: list[Numbered]) -> None:
        """`earlier`: the batch's blocks before its last."""
        while not self._pool.room():
            self._take(self._pool.result())
        self._given[batch.number] = batch.covered, earlier
        self.ahead = max(self.ahead, batch.last_no)
        self._pool.give(batch)

    def advance(self) -> bool:
        """Takes what is decoded. True when there was no room for another batch, so that it waited for one."""
        while self._given and self._pool.ready():
            self._take(self._pool.result())
        full = bool(self._given) and not self._pool.room()
        if full:
            self._take(self._pool.result())
        return full

    def drain(self) -> None:
        """Commits everything that was given. Errors: those of decoding and of the sink."""
        while self._given:
            self._take(self._pool.result())
        self._writers.settle()

    def rest(self, begins: int) -> None:
        """At the tip: ends the decoding processes, which have nothing to do any more."""
        if isinstance(self._pool, Processes):
            self.begin_again(begins)

    def begin_again(self, begins: int) -> None:
        """Decodes in this process from now on, beginning with what the database now has."""
        self._pool.close()
        self._pool = self._inline(begins)

    def forget_ahead(self) -> None:
        """What was given is committed and rolled back."""
        self.ahead = -1

    def _take(self, decoded: DecodedBatch) -> None:
        """Gives batches to the writers in the chain's order.

        A batch that a fork may still undo is committed after all those before it, so a job that breaks off leaves no gaps there.
        """
        self._ready[decoded.number] = decoded
        while self._next in self._ready:
            covered, earlier = self._given.pop(self._next)
            tip, k = self._session.source.tip, self._compiled.network.security_parameter
            taken = self._ready.pop(self._next)._replace(earlier=unsettled(earlier, tip.block_no if tip else 0, k))
            self._next += 1
            self._writers.give(covered, taken, in_order=not self._is_settled(taken), live=self._session.live)

    def _is_settled(self, decoded: DecodedBatch) -> bool:
        tip = self._session.source.tip
        if tip is None:
            return False
        return 0 <= decoded.block_no < first_unsettled(tip.block_no, self._compiled.network.security_parameter)

    def _committed(self, covered: Coverage, decoded: DecodedBatch) -> None:
        session = self._session
        session.filled = merged([*session.filled, covered])
        if decoded.counts.blocks:
            session.committer.tell(covered.last, session.share_done())
