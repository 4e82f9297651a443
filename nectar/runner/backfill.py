"""Loads the gaps of a range from chunk files: read, decoded and committed in the chain's order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Target
from nectar.coverage import Coverage, merged, missing, slot_count
from nectar.errors import NectarError, TooBigError
from nectar.runner.committing.committer import Committer
from nectar.runner.committing.parallel import Writers, writers_of
from nectar.runner.decoding.batch import Batch, BatchLimits, batches, limits_of, smaller_share
from nectar.runner.decoding.pool import AHEAD, Inline, Processes, WorkerPool, cores
from nectar.runner.decoding.tracked_outputs import TrackedState
from nectar.runner.decoding.worker import DecodedBatch, Job
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Stop
from nectar.runner.steps import tracked_state
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Sink
from nectar.sources.events import RollForward
from nectar.sources.immutable.bounds import ResolvedRange
from nectar.sources.immutable.source import ImmutableSource

FEW = 1  # batches: a job with no more is decoded in this process


@dataclass(frozen=True, slots=True)
class Backfill:
    """What to load. Without a `sink` everything is decoded and counted, and nothing is written."""

    job: Job
    source: ImmutableSource
    chunk_range: ResolvedRange
    gaps: tuple[Coverage, ...]
    sink: Sink | None
    target: Target
    workers: int  # 0: the machine's cores
    tracked: TrackedState  # when the first gap begins

    @property
    def compiled(self) -> CompiledPlan:
        return self.job.compiled


class _Attempt(NamedTuple):
    """The gaps that are left, in batches of `share` of the usual size."""

    gaps: tuple[Coverage, ...]
    tracked: TrackedState
    share: float = 1.0


@dataclass(slots=True)
class _Loaded:
    """What is committed of a job's `slots`, whatever the size of its batches was. `done`: slots."""

    slots: int
    ranges: list[Coverage] = field(default_factory=list)
    done: int = 0


def load(backfill: Backfill, report: Report, stop: Stop, summary: RunSummary) -> None:
    """Loads until all gaps are filled or `stop` says so. Committed batches stay; open batches are dropped whole.

    When a batch is too big for one transaction of the server, the job continues with smaller ones.
    Errors: SinkError NEC-M009 when that batch is a single block; those of decoding, of the source and of the sink.
    """
    attempt = _Attempt(backfill.gaps, backfill.tracked)
    committer = Committer(backfill.compiled, backfill.sink, backfill.target, report, summary, time.monotonic())
    loaded = _Loaded(max(slot_count(backfill.gaps), 1))
    while True:
        try:
            _load(backfill, attempt, committer, stop, loaded)
            return
        except TooBigError as error:
            share = smaller_share(attempt.share, _limits(backfill, attempt.share), error, report)
            gaps = tuple(left for gap in backfill.gaps for left in missing(gap, loaded.ranges))
            assert backfill.sink is not None
            attempt = _Attempt(gaps, tracked_state(backfill.compiled, backfill.sink, gaps[0].first, backfill.target), share)


def _load(backfill: Backfill, attempt: _Attempt, committer: Committer, stop: Stop, loaded: _Loaded) -> None:
    """Where a block's rows depend on the blocks before it, one process decodes them, in order."""
    began, summary = time.monotonic(), committer.summary
    few, stream = _peeked(gap_batches(backfill, attempt.gaps, attempt.share), FEW + 1)
    commits_at_once = writers_of(backfill.compiled, backfill.job.layout, backfill.sink)
    if backfill.sink is not None and len(few) > FEW:
        backfill.sink.expect(commits_at_once)
    alone = backfill.workers == 1 or backfill.compiled.filters.ordered or len(few) <= FEW
    count = 1 if alone else backfill.workers or cores()
    summary.workers = max(count, summary.workers)
    pool = _pool(backfill.job, attempt.tracked, count, stop)

    def committed(covered: Coverage, _: DecodedBatch) -> None:
        loaded.ranges = merged([*loaded.ranges, covered])
        loaded.done += slot_count([covered])
        committer.tell(covered.last, loaded.done / loaded.slots)

    try:
        with Writers(committer, commits_at_once, committed) as writers:
            for covered, batch in decoded(stream, pool, count, stop):
                writers.give(covered, batch)
    finally:
        pool.close()
        summary.seconds += time.monotonic() - began


def _pool(job: Job, tracked: TrackedState, count: int, stop: Stop) -> WorkerPool:
    halted = stop.__bool__
    return Inline(job, tracked, halted=halted) if count == 1 else Processes(job, count, halted=halted)


def _limits(backfill: Backfill, share: float) -> BatchLimits:
    return limits_of(backfill.compiled, backfill.target, share, 1)


def gap_batches(backfill: Backfill, gaps: tuple[Coverage, ...], share: float = 1.0) -> Iterator[Batch]:
    """The batches of all gaps, numbered through."""
    limits = _limits(backfill, share)
    number = 0
    for gap in gaps:
        for batch in batches(_events(backfill, gap), gap, limits, number):
            yield batch
            number = batch.number + 1


def _events(backfill: Backfill, gap: Coverage) -> Iterator[RollForward]:
    """The gap's blocks. A range may begin with the second of two blocks that share a slot."""
    if gap.last < 0:
        return
    first, begun = backfill.chunk_range.first, False
    for event in backfill.source.blocks(from_slot=max(gap.first, 0), to_slot=gap.last):
        begun = begun or event.point.slot != first.slot or event.point == first
        if begun:
            yield event


def decoded(stream: Iterator[Batch], pool: WorkerPool, count: int, stop: Stop) -> Iterator[tuple[Coverage, DecodedBatch]]:
    """The decoded batches in the chain's order; a bounded number is under way at any time.

    The source's error is raised after everything that was read before it was given.
    """
    given: dict[int, Coverage] = {}
    ready: dict[int, DecodedBatch] = {}
    at, most = 0, count * (AHEAD + 1)
    batch, source_error = _next(stream)
    while not stop:
        while batch is not None and len(given) < most and pool.room():
            given[batch.number] = batch.covered
            pool.give(batch)
            batch, source_error = _next(stream)
        if not given:
            break
        try:
            result = pool.result()
        except Halted:
            return
        ready[result.number] = result
        while at in ready and not stop:
            yield given.pop(at), ready.pop(at)
            at += 1
    if source_error is not None and not stop:
        raise source_error


def _peeked(stream: Iterator[Batch], count: int) -> tuple[list[Batch], Iterator[Batch]]:
    """The first batches, `count` of them at most, and a stream of all. It raises the source's error in its place."""
    few: list[Batch] = []
    while len(few) < count:
        batch, source_error = _next(stream)
        if batch is None:
            return few, _then_raise(few, source_error)
        few.append(batch)
    return few, chain(few, stream)


def _then_raise(few: list[Batch], source_error: NectarError | None) -> Iterator[Batch]:
    yield from few
    if source_error is not None:
        raise source_error


def _next(stream: Iterator[Batch]) -> tuple[Batch | None, NectarError | None]:
    try:
        return next(stream, None), None
    except NectarError as error:
        return None, error
