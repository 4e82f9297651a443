"""Batches of a node's chain on their way: decoded by one process or several, committed in order where a fork may undo them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage, merged
from nectar.runner.backfill import cores
from nectar.runner.committing.parallel import Writers, writers_of
from nectar.runner.decoding.batch import Batch
from nectar.runner.decoding.pool import Inline, Pool, Processes
from nectar.runner.decoding.worker import Done
from nectar.runner.follow.rollback import first_unsettled, unsettled
from nectar.runner.steps import watch_state

if TYPE_CHECKING:
    from nectar.runner.follow.session import Follow


class Pipeline:
    """`far`: the tip is so far away that decoding is worth processes of its own. `begins`: the first slot to be filled."""

    def __init__(self, follow: Follow, begins: int, *, far: bool) -> None:
        self._follow, self._compiled = follow, follow.job.compiled
        self._given: dict[int, tuple[Coverage, list[Numbered]]] = {}
        self._ready: dict[int, Done] = {}
        self._next = 0
        self.ahead = -1  # the highest number that was given
        count = (follow.workers or cores()) if far and not self._compiled.filters.ordered else 1
        follow.summary.workers = max(count, follow.summary.workers)
        halted = follow.stop.__bool__
        self._pool: Pool = Processes(follow.job, count, halted=halted) if count > 1 else self._inline(begins)
        self._writers: Writers

    def _inline(self, begins: int) -> Inline:
        follow = self._follow
        state = watch_state(self._compiled, follow.sink, begins, follow.keeper.target)
        return Inline(follow.job, state, follow.unspent, halted=follow.stop.__bool__)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within it batches can be given. What was committed is kept whatever becomes of the rest."""
        with Writers(self._follow.keeper, self._committing(), self._kept) as self._writers:
            yield

    def _committing(self) -> int:
        """How many commits may be under way: a long way from the tip several, which are made ready."""
        follow = self._follow
        if not isinstance(self._pool, Processes) or follow.live:
            return 0
        count = writers_of(self._compiled, follow.job.layout, follow.sink)
        follow.sink.expect(count)
        return count

    def close(self) -> None:
        self._pool.close()

    @property
    def is_empty(self) -> bool:
        """Everything that was given is taken."""
        return not self._given

    def give(self, batch: Batch, earlier: list[Numbered]) -> None:
        """`earlier`: the batch's blocks before its last."""
        while not self._pool.room():
            self._take(self._pool.result())
        self._given[batch.number] = batch.covered, earlier
        self.ahead = max(self.ahead, batch.last_no)
        self._pool.give(batch)

    def advance(self) -> bool:
        """Takes what is decoded. True when there was no room for more, and so it waited for one."""
        while self._given and self._pool.ready():
            self._take(self._pool.result())
        full = bool(self._given) and not self._pool.room()
        if full:
            self._take(self._pool.result())
        return full

    def drain(self) -> None:
        """Everything given is committed. Errors: those of decoding and of the sink."""
        while self._given:
            self._take(self._pool.result())
        self._writers.settle()

    def rest(self, begins: int) -> None:
        """Keeps no process that has nothing to do: the tip is reached."""
        if isinstance(self._pool, Processes):
            self.begin_again(begins)

    def begin_again(self, begins: int) -> None:
        """Decodes in this process, from what the database now knows."""
        self._pool.close()
        self._pool = self._inline(begins)

    def undone(self) -> None:
        """What was given is committed and undone."""
        self.ahead = -1

    def _take(self, done: Done) -> None:
        """Commits, in the chain's order unless no fork can undo it: what a job that breaks off leaves has no gaps there."""
        self._ready[done.number] = done
        while self._next in self._ready:
            covered, earlier = self._given.pop(self._next)
            tip, k = self._follow.source.tip, self._compiled.network.security_parameter
            taken = self._ready.pop(self._next)._replace(earlier=unsettled(earlier, tip.block_no if tip else 0, k))
            self._next += 1
            self._writers.give(covered, taken, in_order=not self._is_settled(taken), live=self._follow.live)

    def _is_settled(self, done: Done) -> bool:
        tip = self._follow.source.tip
        return tip is not None and 0 <= done.block_no < first_unsettled(tip.block_no, self._compiled.network.security_parameter)

    def _kept(self, covered: Coverage, taken: Done) -> None:
        follow = self._follow
        follow.filled = merged([*follow.filled, covered])
        if taken.counts.blocks:
            follow.keeper.tell(covered.last, follow.share_done())
