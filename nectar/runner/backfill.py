"""Gaps of a range, read, decoded and committed in the chain's order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Target
from nectar.coverage import Coverage, merged, missing, slot_count
from nectar.errors import NectarError, SinkError, TooBigError
from nectar.runner.committing.committer import Keeper
from nectar.runner.committing.parallel import Writers, writers_of
from nectar.runner.decoding.batch import Batch, Limits, batches, limits_of
from nectar.runner.decoding.pool import AHEAD, Inline, Pool, Processes
from nectar.runner.decoding.tracked_outputs import NOTHING, WatchState
from nectar.runner.decoding.worker import Done, Job
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Stop
from nectar.runner.steps import watch_state
from nectar.runner.summary import Summary
from nectar.sinks.base import Sink
from nectar.sources.events import RollForward
from nectar.sources.immutable.bounds import ResolvedRange
from nectar.sources.immutable.source import ImmutableSource

ONE_BLOCK = 500  # bytes: a batch of no more is surely of a single block
ROOM = 1.25  # what a batch is made smaller by, beyond what is known to be too much: others may be fuller
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
    share: float = 1.0  # of a batch's usual size

    @property
    def compiled(self) -> CompiledPlan:
        return self.job.compiled


@dataclass(slots=True)
class Kept:
    """What was committed of a job's `slots`, whatever the size of its batches was."""

    slots: int
    ranges: list[Coverage] = field(default_factory=list)
    done: int = 0


def load(task: Task, report: Report, stop: Stop, summary: Summary) -> None:
    """Until all gaps are filled or `stop` says so; what is committed stays, the open batches are dropped whole.

    A batch that is too much for one transaction of the server is made anew in halves. Errors: SinkError NEC-M009 when it is
    a single block.
    """
    share, asked = 1.0, task.gaps
    keeper = Keeper(task.compiled, task.sink, task.target, report, summary, time.monotonic())
    kept = Kept(max(slot_count(asked), 1))
    while True:
        try:
            _load(replace(task, share=share), keeper, stop, kept)
            return
        except TooBigError as error:
            share = smaller(share, limits_of(task.compiled, task.target, share, 1), error, report)
            gaps = tuple(left for gap in asked for left in missing(gap, kept.ranges))
            assert task.sink is not None
            task = replace(task, gaps=gaps, state=watch_state(task.compiled, task.sink, gaps[0].first, task.target))


def smaller(share: float, limits: Limits, error: TooBigError, report: Report) -> float:
    """Half of a batch's size from now on, or less where it is known how much too much it was. Errors: SinkError NEC-M009."""
    if limits.blocks <= 1 or limits.bytes <= ONE_BLOCK:
        hint = "raise the server's limits (max_allowed_packet, txn-total-size-limit, memory quota), or leave tables out"
        raise SinkError(f"one block is too much: {error.what}", where=error.where, hint=hint, code="NEC-M009") from error
    times = max(2.0, error.over * ROOM)
    how = f"{times:.1f} times smaller" if times > 2 else "half as large"
    report.say("note", f"{error}: going on with batches {how}", code=error.code)
    return share / times


def _load(task: Task, keeper: Keeper, stop: Stop, kept: Kept) -> None:
    """Where a block's rows depend on the blocks before it, one process decodes them, in order."""
    began, summary = time.monotonic(), keeper.summary
    stream = gap_batches(task)
    alone = task.workers == 1 or task.compiled.filters.ordered
    few, stream = _ahead(stream, FEW + 1)
    committing = writers_of(task.compiled, task.job.layout, task.sink)
    if task.sink is not None and len(few) > FEW:
        task.sink.expect(committing)
    count = 1 if alone or len(few) <= FEW else task.workers or cores()
    summary.workers = max(count, summary.workers)
    halted = stop.__bool__
    pool: Pool = Inline(task.job, task.state, halted=halted) if count == 1 else Processes(task.job, count, halted=halted)

    def keep(covered: Coverage, _: Done) -> None:
        kept.ranges = merged([*kept.ranges, covered])
        kept.done += slot_count([covered])
        keeper.tell(covered.last, kept.done / kept.slots)

    try:
        with Writers(keeper, committing, keep) as writers:
            for covered, done in decoded(stream, pool, count, stop):
                writers.give(covered, done)
    finally:
        pool.close()
        summary.seconds += time.monotonic() - began


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def gap_batches(task: Task) -> Iterator[Batch]:
    """The batches of all gaps, numbered through."""
    limits = limits_of(task.compiled, task.target, task.share, 1)
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
        try:
            done = pool.result()
        except Halted:
            return
        ready[done.number] = done
        while at in ready and not stop:
            yield given.pop(at), ready.pop(at)
            at += 1
    if trouble is not None and not stop:
        raise trouble


def _ahead(stream: Iterator[Batch], count: int) -> tuple[list[Batch], Iterator[Batch]]:
    """The first batches, so many at most, and all of them: trouble with the source comes in its place among those."""
    few: list[Batch] = []
    while len(few) < count:
        batch, trouble = _next(stream)
        if batch is None:
            return few, _then(few, trouble)
        few.append(batch)
    return few, chain(few, stream)


def _then(few: list[Batch], trouble: NectarError | None) -> Iterator[Batch]:
    yield from few
    if trouble is not None:
        raise trouble


def _next(stream: Iterator[Batch]) -> tuple[Batch | None, NectarError | None]:
    try:
        return next(stream, None), None
    except NectarError as error:
        return None, error
