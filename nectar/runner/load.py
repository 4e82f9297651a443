"""Gaps of a range, read, decoded and committed in the chain's order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from nectar.checkpoint.coverage import Coverage
from nectar.compiler.compiled import CompiledPlan
from nectar.config.server import Target
from nectar.errors import NectarError
from nectar.runner.batch import Batch, batches, limits_of
from nectar.runner.keep import Keeper
from nectar.runner.pool import AHEAD, Inline, Pool, Processes
from nectar.runner.report import Report
from nectar.runner.signals import Stop
from nectar.runner.summary import Summary
from nectar.runner.watch import NOTHING, WatchState
from nectar.runner.work import Done, Job
from nectar.sinks.seam import Sink
from nectar.sources.events import RollForward
from nectar.sources.immutable.bounds import ResolvedRange
from nectar.sources.immutable.source import ImmutableSource

FEW = 1  # batches: a job with no more is done in this process


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be loaded. Without a `sink` everything is decoded and counted, and nothing written."""

    job: Job
    source: ImmutableSource
    found: ResolvedRange
    gaps: tuple[Coverage, ...]
    sink: Sink | None
    target: Target
    workers: int  # 0: the machine's cores
    state: WatchState = NOTHING

    @property
    def compiled(self) -> CompiledPlan:
        return self.job.compiled


def load(task: Task, report: Report, stop: Stop, summary: Summary) -> None:
    """Until all gaps are filled or `stop` says so; what is committed stays, the open batches are dropped whole.

    Where a block's rows depend on the blocks before it, one process decodes them, in order.
    """
    began = time.monotonic()
    stream = gap_batches(task)
    alone = task.workers == 1 or task.compiled.filters.ordered
    few = [] if alone else list(islice(stream, FEW + 1))
    count = 1 if alone or len(few) <= FEW else task.workers or cores()
    summary.workers = count
    pool: Pool = Inline(task.job, task.state) if count == 1 else Processes(task.job, count)
    keeper = Keeper(task.compiled, task.sink, task.target, report, summary, began)
    left = slots = max(sum(one.last - one.first + 1 for one in task.gaps), 1)
    try:
        for covered, done in decoded(chain(few, stream), pool, count, stop):
            keeper.take(covered, done)
            left -= covered.last - covered.first + 1
            keeper.tell(covered.last, 1 - left / slots)
    finally:
        pool.close()
        summary.seconds = time.monotonic() - began


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def gap_batches(task: Task) -> Iterator[Batch]:
    """The batches of all gaps, numbered through."""
    limits = limits_of(task.compiled)
    number = 0
    for gap in task.gaps:
        for batch in batches(_events(task, gap), gap, limits, number):
            yield batch
            number = batch.number + 1


def _events(task: Task, gap: Coverage) -> Iterator[RollForward]:
    """The gap's blocks. A range may begin with the second of two blocks that share a slot."""
    if gap.last < 0:
        return
    found, begun = task.found, False
    for event in task.source.blocks(from_slot=max(gap.first, 0), to_slot=gap.last):
        begun = begun or event.point.slot != found.first.slot or event.point == found.first
        if begun:
            yield event


def decoded(stream: Iterator[Batch], pool: Pool, count: int, stop: Stop) -> Iterator[tuple[Coverage, Done]]:
    """What became of each batch, in the order of the chain; a bounded number is under way at any time.

    Trouble with the source is raised when everything read before it has been given back.
    """
    given: dict[int, Coverage] = {}
    ready: dict[int, Done] = {}
    at, most = 0, count * (AHEAD + 1)
    batch, trouble = _next(stream)
    while not stop:
        while batch is not None and len(given) < most and pool.room():
            given[batch.number] = batch.covered
            pool.give(batch)
            batch, trouble = _next(stream)
        if not given:
            break
        done = pool.result()
        ready[done.number] = done
        while at in ready and not stop:
            yield given.pop(at), ready.pop(at)
            at += 1
    if trouble is not None and not stop:
        raise trouble


def _next(stream: Iterator[Batch]) -> tuple[Batch | None, NectarError | None]:
    try:
        return next(stream, None), None
    except NectarError as error:
        return None, error
