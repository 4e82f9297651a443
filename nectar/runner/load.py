"""Gaps of a range, read, decoded and committed in the chain's order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from nectar.cardano.era_history import EraHistory
from nectar.cardano.point import ORIGIN
from nectar.checkpoint.coverage import Coverage
from nectar.compiler.compiled import CompiledPlan
from nectar.errors import DecodeError, NectarError, StoppedError, TransientError
from nectar.runner.batch import BLOCKS, BYTES, Batch, Limits, batches
from nectar.runner.choose import Tally
from nectar.runner.pool import AHEAD, Inline, Pool, Processes
from nectar.runner.report import Progress, Report
from nectar.runner.signals import Stop
from nectar.runner.summary import Summary
from nectar.runner.watch import NOTHING, WatchState
from nectar.runner.work import Done, Job
from nectar.sinks.seam import Commit, Epochs, Sink
from nectar.sources.events import RollForward
from nectar.sources.immutable.bounds import ResolvedRange
from nectar.sources.immutable.source import ImmutableSource

FEW = 1  # batches: a job with no more is done in this process
RARELY = 10                    # times as many blocks in a batch, of which a filter rules out most undecoded
PATIENCE = 5  # tries while another process holds the database
PAUSE = 1.0  # seconds between them, besides the database's own

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be loaded. Without a `sink` everything is decoded and counted, and nothing written."""

    job: Job
    source: ImmutableSource
    found: ResolvedRange
    gaps: tuple[Coverage, ...]
    sink: Sink | None
    database: Path
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
    count = 1 if alone or len(few) <= FEW else task.workers or _cores()
    summary.workers = count
    pool: Pool = Inline(task.job, task.state) if count == 1 else Processes(task.job, count)
    loader = _Loader(task, report, summary, began, max(sum(one.last - one.first + 1 for one in task.gaps), 1))
    try:
        for covered, done in decoded(chain(few, stream), pool, count, stop):
            loader.take(covered, done)
    finally:
        pool.close()
        summary.seconds = time.monotonic() - began


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def gap_batches(task: Task) -> Iterator[Batch]:
    """The batches of all gaps, numbered through."""
    performance = task.compiled.plan.performance
    more = RARELY if task.compiled.filters.needles else 1
    limits = Limits(performance.batch_blocks or BLOCKS * more, performance.batch_bytes or BYTES * more)
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


@dataclass(slots=True)
class _Loader:
    """Commits what was decoded and keeps count."""

    task: Task
    report: Report
    summary: Summary
    began: float
    slots: int
    slots_done: int = 0

    def take(self, covered: Coverage, done: Done) -> None:
        """Errors: the batch's own DecodeError, after what came before that block is committed."""
        if done.failure is not None and done.last is not None:
            covered = Coverage(covered.first, done.last.slot)
        if done.failure is None or done.last is not None:
            self._count(done, self._commit(covered, done))
        if done.failure is not None:
            raise self._kept(done.failure)
        self.slots_done += covered.last - covered.first + 1
        self._tell(covered)

    def _commit(self, covered: Coverage, done: Done) -> dict[str, int]:
        sink = self.task.sink
        if sink is None:
            return done.staged.rows
        compiled = self.task.compiled
        epochs = epochs_of(compiled.network.history, covered.first, covered.last)
        replace = not compiled.plan.sync.skip_existing
        point = done.last or ORIGIN
        commit = Commit(done.staged, point, done.block_no, covered, epochs, done.quarantined, replace)
        return patiently(lambda: sink.commit(commit), self.report)

    def _count(self, done: Done, came: dict[str, int]) -> None:
        summary, counts = self.summary, done.counts
        summary.blocks += counts.blocks
        summary.transactions += counts.seen
        summary.kept += counts.kept
        summary.bytes += counts.bytes
        summary.quarantined += len(done.quarantined)
        for name, count in came.items():
            summary.rows[name] += count
        for name, tally in counts.filters:
            summary.filters.setdefault(name, Tally()).add(tally)

    def _tell(self, covered: Coverage) -> None:
        summary = self.summary
        era = self.task.compiled.network.history.era_at(max(covered.last, 0))
        seconds = time.monotonic() - self.began
        share = self.slots_done / self.slots
        told = {name: asdict(tally) for name, tally in summary.filters.items()}
        self.report.progress(Progress(summary.blocks, summary.transactions, covered.last, era, share, seconds, told))

    def _kept(self, error: DecodeError) -> DecodeError:
        """The same error, with the file that now holds the block's bytes."""
        database = self.task.database
        if self.task.sink is None:
            return error
        folder = database.with_name(database.name + ".quarantine")
        folder.mkdir(exist_ok=True)
        file = folder / f"{error.slot}-{(error.block_hash or b'').hex()[:16] or 'unknown'}.block"
        file.write_bytes(error.raw)
        hint = (
            f"its bytes are in {file}; everything before it is committed. "
            'To go on without it set on_decode_error = "quarantine" in [sync]'
        )
        return DecodeError(
            error.what, slot=error.slot, block_hash=error.block_hash, path=error.path, raw=error.raw, hint=hint, code=error.code
        )


def patiently(attempt: Callable[[], T], report: Report) -> T:
    """Tries again while another process holds the database. Errors: StoppedError when patience ends."""
    for left in range(PATIENCE - 1, -1, -1):
        try:
            return attempt()
        except TransientError as error:
            if not left:
                raise StoppedError(error.what, where=error.where, hint=error.hint, code=error.code) from error
            report.say("retry", f"{error}; trying again in {PAUSE:.0f} s")
            time.sleep(PAUSE)
    raise AssertionError


def epochs_of(history: EraHistory, first_slot: int, last_slot: int) -> Epochs:
    """Epochs that slots `first_slot` to `last_slot` belong to, and the ids of all blocks those epochs can have."""
    first, last = history.epoch_of(max(first_slot, 0)), history.epoch_of(max(last_slot, 0))
    return Epochs(first, last, history.first_slot_of_epoch(first) * 2, history.last_slot_of_epoch(last) * 2 + 1)
