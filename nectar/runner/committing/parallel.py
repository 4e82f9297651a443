"""Commits consecutive batches: one after the other, or several at once where the database allows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import NamedTuple

from nectar.compiler.compiled import CompiledPlan
from nectar.coverage import Coverage
from nectar.errors import TooBigError
from nectar.runner.committing.committer import Committer
from nectar.runner.decoding.worker import DecodedBatch
from nectar.runner.threads import Crew
from nectar.sinks.base import Layout, Sink


class _UnderWay(NamedTuple):
    covered: Coverage
    batch: DecodedBatch
    rows: Future[dict[str, int]]


class Writers:
    """`count` threads commit; 0: this thread does. `committed` is called for each batch that is committed and counted, in the
    chain's order.

    Leaving it waits for the commits that are under way, and counts those that worked whatever happened to the rest. After an
    interrupt it does not wait.
    """

    def __init__(self, committer: Committer, count: int, committed: Callable[[Coverage, DecodedBatch], None]) -> None:
        self._committer, self._count, self._committed = committer, count, committed
        self._under_way: deque[_UnderWay] = deque()
        self._threads = Crew(count, "nectar-writer") if count else None

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            interrupted = kind is not None and not issubclass(kind, Exception)
            commit_error = None if interrupted else self._rest()
        finally:
            if self._threads is not None:
                self._threads.close()
        if commit_error is not None and kind is None:
            raise commit_error

    def give(self, covered: Coverage, batch: DecodedBatch, *, in_order: bool = False, live: bool = False) -> None:
        """`in_order`: at once, after all batches given before.

        Errors: those of `Committer.take`, of this batch or an earlier one.
        """
        if self._threads is None or batch.failure is not None or in_order or live:
            self.settle()
            self._committer.take(covered, batch, live=live)
            self._committed(covered, batch)
            return
        while len(self._under_way) >= self._count:
            self._settle(self._under_way.popleft())
        rows = self._threads.submit(partial(self._committer.commit, covered, batch))
        self._under_way.append(_UnderWay(covered, batch, rows))

    def settle(self) -> None:
        """Waits until everything given is committed and counted. Errors: those of `give`."""
        if (error := self._rest()) is not None:
            raise error

    def _settle(self, commit: _UnderWay) -> None:
        assert self._threads is not None
        self._threads.settled(commit.rows)
        self._committer.count(commit.batch, commit.rows.result())
        self._committed(commit.covered, commit.batch)

    def _rest(self) -> BaseException | None:
        """Waits for all commits. Gives the error of one: one that ends the job before one that asks for smaller batches."""
        errors: list[BaseException] = []
        while self._under_way and self._threads is not None:
            commit = self._under_way.popleft()
            self._threads.settled(commit.rows)
            if (error := commit.rows.exception()) is not None:
                errors.append(error)
            else:
                self._settle(commit)
        return min(errors, key=lambda error: isinstance(error, TooBigError), default=None)


def writers_of(compiled: CompiledPlan, layout: Layout, sink: Sink | None) -> int:
    """How many commits may be under way. One, where a batch's rows depend on earlier batches, or replace other rows."""
    if sink is None:
        return 0
    in_order = compiled.filters.ordered or layout.live or not compiled.plan.sync.skip_existing
    return min(sink.writers(), 1) if in_order else sink.writers()
