"""Commits of consecutive batches: one after the other, or several at once where the database takes them."""

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
from nectar.runner.committing.committer import Keeper
from nectar.runner.decoding.worker import Done
from nectar.runner.threads import Crew
from nectar.sinks.base import Layout, Sink


class _UnderWay(NamedTuple):
    covered: Coverage
    done: Done
    came: Future[dict[str, int]]


class Writers:
    """`count` threads commit; 0: this one does. `kept` is told of each batch that is committed and counted, in the chain's order.

    Leaving it waits for what is under way, and keeps what was committed whatever happened to the rest. When it is broken off, it
    does not wait.
    """

    def __init__(self, keeper: Keeper, count: int, kept: Callable[[Coverage, Done], None]) -> None:
        self._keeper, self._count, self._kept = keeper, count, kept
        self._under_way: deque[_UnderWay] = deque()
        self._threads = Crew(count, "nectar-writer") if count else None

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            broken_off = kind is not None and not issubclass(kind, Exception)
            found = None if broken_off else self._rest()
        finally:
            if self._threads is not None:
                self._threads.close()
        if found is not None and kind is None:
            raise found

    def give(self, covered: Coverage, done: Done, *, in_order: bool = False, live: bool = False) -> None:
        """Errors: those of `Keeper.take`, of this batch or of one given before. `in_order`: after all those, and at once."""
        if self._threads is None or done.failure is not None or in_order or live:
            self.settle()
            self._keeper.take(covered, done, live=live)
            self._kept(covered, done)
            return
        while len(self._under_way) >= self._count:
            self._settle(self._under_way.popleft())
        self._under_way.append(_UnderWay(covered, done, self._threads.submit(partial(self._keeper.commit, covered, done))))

    def settle(self) -> None:
        """Everything given is committed and kept. Errors: as of `give`."""
        if (found := self._rest()) is not None:
            raise found

    def _settle(self, one: _UnderWay) -> None:
        assert self._threads is not None
        self._threads.settled(one.came)
        self._keeper.count(one.done, one.came.result())
        self._kept(one.covered, one.done)

    def _rest(self) -> BaseException | None:
        """Waits for all. The error of one of them: rather one that ends the job than one that asks for smaller batches."""
        errors: list[BaseException] = []
        while self._under_way and self._threads is not None:
            one = self._under_way.popleft()
            self._threads.settled(one.came)
            if (error := one.came.exception()) is not None:
                errors.append(error)
            else:
                self._settle(one)
        return min(errors, key=lambda error: isinstance(error, TooBigError), default=None)


def writers_of(compiled: CompiledPlan, layout: Layout, sink: Sink | None) -> int:
    """How many commits may be under way. One, where a batch's rows look for those of batches before it, or take others away."""
    if sink is None:
        return 0
    in_order = compiled.filters.ordered or layout.live or not compiled.plan.sync.skip_existing
    return min(sink.writers(), 1) if in_order else sink.writers()
