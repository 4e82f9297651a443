"""One job, from the compiled plan to the summary. Reads like the walk it takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from nectar import __version__
from nectar.cardano.era_history import EraHistory
from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Era, Point
from nectar.checkpoint.coverage import Coverage, merged, missing
from nectar.compiler.compiled import CompiledPlan
from nectar.errors import DecodeError, FatalError, StoppedError, TransientError
from nectar.processors.blocks import single_rows
from nectar.processors.rows import RowBuffers
from nectar.runner.batch import BLOCKS, BYTES, Batch, Limits, batches
from nectar.runner.layout import at_the_end, layout
from nectar.runner.pool import AHEAD, Inline, Pool, Processes
from nectar.runner.report import Progress, Report
from nectar.runner.signals import Stop
from nectar.runner.summary import Summary
from nectar.runner.work import Done, Job
from nectar.sinks.registry import SINKS, stager
from nectar.sinks.seam import Commit, Epochs, Layout, Sink
from nectar.sources.events import RollForward
from nectar.sources.immutable.bounds import ResolvedRange, resolve
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource

DATABASE = "sqlite"
FEW = 3                        # batches: a job with no more is done in this process
PATIENCE = 5                   # tries of a commit while another process holds the database
PAUSE = 1.0                    # seconds between them


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to the plan. `source` and `workers` stand above the plan's own."""

    database: Path
    source: Path | None = None
    workers: int | None = None
    dry_run: bool = False


def run(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> Summary:
    """Index what the plan asks for and is not there yet. Errors: NectarError; what was committed before one stays."""
    source = open_source(compiled, options)
    plan, network = compiled.plan, compiled.network
    found = resolve(source, plan.sync.start, plan.sync.end, network.history)
    asked = Coverage(-1 if found.start == ORIGIN else found.first_slot, found.last_slot)
    told = layout(compiled)
    summary = Summary(plan.meta.name, network.name, str(options.database), compiled.fingerprint, asked.first, asked.last)
    summary.dry_run = options.dry_run
    _echo(report, compiled, found)
    if options.dry_run:
        _load(compiled, options, source, found, [asked], told, None, report, stop, summary)
        return summary
    sink = SINKS[DATABASE](options.database, told)
    try:
        _write_once(sink, told, network)
        filled = list(sink.coverage()) if plan.sync.skip_existing else []
        gaps = missing(asked, filled)
        summary.skipped = [str(one) for one in _overlap(asked, filled)]
        _load(compiled, options, source, found, gaps, told, sink, report, stop, summary)
        if not stop:
            _finish(sink, told, network, report, summary)
    finally:
        sink.close()
    summary.database_bytes = options.database.stat().st_size
    for note in source.notes:
        report.say("note", note)
    return summary


def open_source(compiled: CompiledPlan, options: Options) -> ImmutableSource:
    """The plan's chunk files, or those that the command line names."""
    configured = compiled.plan.source
    path = options.source or (configured.path if configured is not None else None)
    if path is None:
        kind = configured.kind if configured is not None else "none"
        raise FatalError(
            "this version reads blocks from chunk files only" if kind == "node" else "the plan names no source",
            where=str(compiled.plan.source_text_path),
            hint='give [source] kind = "immutable" and path = "db/immutable", or --source PATH',
            code="NEC-R001",
        )
    return ImmutableSource(path, chain_facts(compiled.network))


def chain_facts(network: Network) -> ChainFacts:
    """What the source must know to tell another network's blocks from this one's."""
    eras = tuple((slot, int(Era[name.upper()])) for slot, name in network.era_tags())
    return ChainFacts(
        network.name, network.magic, network.slots_per_chunk, network.byron_genesis_hash, network.byron_epoch_slots, eras
    )


def _echo(report: Report, compiled: CompiledPlan, found: ResolvedRange) -> None:
    plan = compiled.plan
    report.say("plan", f"plan {plan.meta.name} on {compiled.network.name}, fingerprint {compiled.fingerprint}")
    for line in found.how.splitlines():
        report.say("range", line)
    if found.follows:
        report.say("note", "chunk files cannot be followed: the job ends at the last block that is there now")


def _write_once(sink: Sink, told: Layout, network: Network) -> None:
    """`meta` and `schema_version`."""
    rows = RowBuffers(told.tables)
    for name, values in single_rows(network, __version__).items():
        if name in rows.facts:
            rows.facts[name].extend(values)
    sink.write_once(stager(DATABASE, told).stage(rows))


def _overlap(asked: Coverage, filled: Iterable[Coverage]) -> list[Coverage]:
    """What of the range is there already."""
    cut = (Coverage(max(one.first, asked.first), min(one.last, asked.last)) for one in filled)
    return [one for one in cut if one.first <= one.last]


def _load(
    compiled: CompiledPlan,
    options: Options,
    source: ImmutableSource,
    found: ResolvedRange,
    gaps: list[Coverage],
    told: Layout,
    sink: Sink | None,
    report: Report,
    stop: Stop,
    summary: Summary,
) -> None:
    """Read, decode and commit every gap, in order."""
    began = time.monotonic()
    performance = compiled.plan.performance
    limits = Limits(performance.batch_blocks or BLOCKS, performance.batch_bytes or BYTES)
    stream = _batches(source, found, gaps, limits)
    few = list(islice(stream, FEW + 1))
    workers = options.workers if options.workers is not None else performance.workers
    count = 1 if workers == 1 or len(few) <= FEW else workers or _cores()
    job = Job(compiled, told, DATABASE)
    pool: Pool = Inline(job) if count == 1 else Processes(job, count)
    summary.workers = count
    slots = sum(one.last - one.first + 1 for one in gaps)
    loader = _Loader(compiled, options, sink, report, summary, began, slots)
    try:
        for batch, done in _decoded(chain(few, stream), pool, count, stop):
            loader.take(batch, done)
    finally:
        pool.close()
        summary.seconds = time.monotonic() - began
    if stop:
        summary.stopped = "as asked, between two batches; the open ones were dropped whole, run again to go on"


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _batches(source: ImmutableSource, found: ResolvedRange, gaps: list[Coverage], limits: Limits) -> Iterator[Batch]:
    number = 0
    for gap in gaps:
        events = source.blocks(from_slot=max(gap.first, 0), to_slot=gap.last)
        first = next(events, None)
        while first is not None and first.point != found.first and first.point.slot == found.first.slot:
            first = next(events, None)
        if first is None:
            continue
        for batch in batches(chain([first], events), gap, limits, _previous(source, first), number):
            yield batch
            number = batch.number + 1


def _previous(source: ImmutableSource, first: RollForward) -> tuple[Point, bool] | None:
    """The block before, when the files have it."""
    before = source.previous_of(first.point)
    if before is None or before == ORIGIN:
        return None
    block = source.find(before)
    return None if block is None else (before, block.era_tag == Era.BYRON_EBB)


def _decoded(stream: Iterator[Batch], pool: Pool, count: int, stop: Stop) -> Iterator[tuple[Batch, Done]]:
    """Batches with what became of them, in the order of the chain; a bounded number is under way at any time."""
    given: dict[int, Batch] = {}
    ready: dict[int, Done] = {}
    at: int | None = None
    most = count * (AHEAD + 1)
    exhausted = False
    while not stop:
        while not exhausted and len(given) < most and pool.room():
            batch = next(stream, None)
            if batch is None:
                exhausted = True
                break
            at = batch.number if at is None else at
            given[batch.number] = batch
            pool.give(batch)
        if not given:
            return
        done = pool.result()
        ready[done.number] = done
        while at in ready and not stop:
            yield given.pop(at), ready.pop(at)
            at += 1


@dataclass(slots=True)
class _Loader:
    """Commits what was decoded and keeps count."""

    compiled: CompiledPlan
    options: Options
    sink: Sink | None
    report: Report
    summary: Summary
    began: float
    slots: int
    slots_done: int = 0

    def take(self, batch: Batch, done: Done) -> None:
        summary = self.summary
        covered = Coverage(batch.covered.first, done.last.slot) if done.failure is not None else batch.covered
        if self.sink is not None and (done.failure is None or done.counts.blocks):
            self._commit(done, covered)
        summary.blocks += done.counts.blocks
        summary.transactions += done.counts.seen
        summary.kept += done.counts.kept
        summary.bytes += done.counts.bytes
        summary.quarantined += len(done.quarantined)
        for name, count in done.staged.rows.items():
            summary.rows[name] = summary.rows.get(name, 0) + count
        if done.failure is not None:
            raise self._kept(done.failure.error())
        self.slots_done += covered.last - covered.first + 1
        self._tell(done)

    def _commit(self, done: Done, covered: Coverage) -> None:
        assert self.sink is not None
        replace = not self.compiled.plan.sync.skip_existing
        epochs = epochs_of(self.compiled.network.history, covered.first, covered.last)
        commit = Commit(done.staged, done.last, done.block_no, covered, epochs, done.quarantined, replace)
        for patience in range(PATIENCE - 1, -1, -1):
            try:
                self.sink.commit(commit)
                return
            except TransientError as error:
                if not patience:
                    raise StoppedError(error.what, where=error.where, hint=error.hint, code=error.code) from error
                self.report.say("retry", f"{error}; trying again in {PAUSE:.0f} s")
                time.sleep(PAUSE)

    def _tell(self, done: Done) -> None:
        summary = self.summary
        era = self.compiled.network.history.era_at(max(done.last.slot, 0))
        seconds = time.monotonic() - self.began
        share = self.slots_done / self.slots if self.slots else 1.0
        self.report.progress(Progress(summary.blocks, summary.transactions, done.last.slot, era, share, seconds))

    def _kept(self, error: DecodeError) -> DecodeError:
        """The same error, with the file that now holds the block's bytes."""
        folder = self.options.database.with_name(self.options.database.name + ".quarantine")
        if self.sink is None:
            return error
        folder.mkdir(exist_ok=True)
        name = f"{error.slot}-{(error.block_hash or b'').hex()[:16] or 'unknown'}.block"
        (folder / name).write_bytes(error.raw)
        hint = (
            f"its bytes are in {folder / name}; everything before it is committed. "
            'To go on without it set on_decode_error = "quarantine" in [sync]'
        )
        return DecodeError(
            error.what, slot=error.slot, block_hash=error.block_hash, path=error.path, raw=error.raw, hint=hint, code=error.code
        )


def epochs_of(history: EraHistory, first_slot: int, last_slot: int) -> Epochs:
    """Epochs that slots `first_slot` to `last_slot` belong to, and the ids of all blocks those epochs can have."""
    first, last = history.epoch_of(max(first_slot, 0)), history.epoch_of(max(last_slot, 0))
    return Epochs(first, last, history.first_slot_of_epoch(first) * 2, history.last_slot_of_epoch(last) * 2 + 1)


def _finish(sink: Sink, told: Layout, network: Network, report: Report, summary: Summary) -> None:
    """Deferred indexes and what follows from rows that are all there now."""
    filled = merged(sink.coverage())
    if not filled:
        return
    from_origin = told.complete and filled[0].first < 0 and len(filled) == 1
    report.say("closing", "building indexes and resolving inputs")
    epochs = epochs_of(network.history, filled[0].first, filled[-1].last)
    summary.closing = sink.finish(at_the_end(told, from_origin), epochs)
