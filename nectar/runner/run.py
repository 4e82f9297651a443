"""One job, from the compiled plan to the summary. Reads like the walk it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nectar import __version__
from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Era
from nectar.checkpoint.coverage import Coverage, merged, missing
from nectar.compiler.compiled import CompiledPlan
from nectar.errors import FatalError
from nectar.processors.blocks import single_rows
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import RowBuffers
from nectar.runner.layout import layout
from nectar.runner.load import Task, epochs_of, load, patiently
from nectar.runner.report import Report
from nectar.runner.signals import Stop
from nectar.runner.summary import Summary
from nectar.runner.watch import WatchState
from nectar.runner.work import Job
from nectar.sinks.registry import SINKS, stager
from nectar.sinks.seam import Layout, Sink
from nectar.sources.immutable.bounds import ResolvedRange, resolve
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource
from nectar.tables import Kind

DATABASE = "sqlite"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to the plan. `source` and `workers` stand above the plan's own."""

    database: Path
    source: Path | None = None
    workers: int | None = None
    once: bool = False
    dry_run: bool = False


def run(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> Summary:
    """Index what the plan asks for and is not there yet. Errors: NectarError; what was committed before one stays."""
    plan, network = compiled.plan, compiled.network
    source = open_source(compiled, options)
    found = resolve(source, plan.sync.start, plan.sync.end, network.history)
    asked = Coverage(-1 if found.start == ORIGIN else found.first_slot, found.last_slot)
    summary = Summary(plan.meta.name, network.name, str(options.database), compiled.fingerprint, asked.first, asked.last)
    summary.dry_run = options.dry_run
    _echo(report, compiled, found, options)
    summary.processors = {
        one.name: tuple(table.name for table in PROCESSORS[one.name].tables(one.options) if table.kind is Kind.FACT)
        for one in compiled.processors
    }
    summary.rows = {table.name: 0 for table in compiled.tables if table.kind in (Kind.FACT, Kind.DIMENSION)}
    told = layout(compiled)
    workers = plan.performance.workers if options.workers is None else options.workers
    state = WatchState(whole=asked.first < 0)
    task = Task(Job(compiled, told, DATABASE), source, found, (asked,), None, options.database, workers, state)
    try:
        if options.dry_run:
            load(task, report, stop, summary)
        else:
            _fill(task, asked, report, stop, summary)
    finally:
        for note in source.notes:
            report.say("note", note)
    return summary


def _fill(task: Task, asked: Coverage, report: Report, stop: Stop, summary: Summary) -> None:
    """With a database: what is missing, then what follows from all of it."""
    compiled, told = task.compiled, task.job.layout
    sink = SINKS[DATABASE](task.database, told)
    try:
        _write_once(sink, told, compiled.network, report)
        filled = list(sink.coverage()) if compiled.plan.sync.skip_existing else []
        summary.skipped = [str(one) for one in _overlap(asked, filled)]
        gaps = tuple(missing(asked, filled))
        if gaps:
            state = _watch_state(task, sink, gaps)
            load(replace(task, gaps=gaps, sink=sink, state=state), report, stop, summary)
        if stop:
            summary.stopped = "as asked, between two batches; open ones were dropped whole. Run again to go on"
        elif not _finish(sink, compiled.network, report, stop, summary):
            summary.stopped = "as asked, before the closing passes were done. Run again to go on"
    finally:
        sink.close()
    summary.database_bytes = task.database.stat().st_size


def _watch_state(task: Task, sink: Sink, gaps: tuple[Coverage, ...]) -> WatchState:
    """Where outputs are looked after: those that are there. Errors: FatalError NEC-R004 when the chain's order is not kept."""
    compiled, filled = task.compiled, merged(sink.coverage())
    first = gaps[0].first
    if not compiled.filters.ordered:
        return WatchState(whole=False)
    if filled and (len(gaps) > 1 or first <= filled[-1].last):
        raise FatalError(
            f"slots up to {filled[-1].last:,} are filled already, and this plan follows what is spent: it must go on after them",
            where=str(task.database),
            hint='load earlier slots into another database, or set resolve_inputs = "off" in [processors] transactions',
            code="NEC-R004",
        )
    whole = first < 0 or (len(filled) == 1 and filled[0].first < 0 and filled[0].last == first - 1)
    return WatchState(whole, tuple(sink.looked_after()))


def open_source(compiled: CompiledPlan, options: Options) -> ImmutableSource:
    """The plan's chunk files, or those that the command line names."""
    configured = compiled.plan.source
    path = options.source or (configured.path if configured is not None else None)
    if path is None:
        kind = configured.kind if configured is not None else "none"
        raise FatalError(
            "this version reads blocks from chunk files only" if kind == "node" else "the plan names no source",
            where=str(compiled.plan.source_text_path),
            hint='write [source] kind = "immutable" and path = "db/immutable", or give --source PATH',
            code="NEC-R002",
        )
    return ImmutableSource(path, chain_facts(compiled.network))


def chain_facts(network: Network) -> ChainFacts:
    """What the source must know to tell another network's blocks from this one's."""
    eras = tuple((slot, int(Era[name.upper()])) for slot, name in network.era_tags())
    return ChainFacts(
        network.name, network.magic, network.slots_per_chunk, network.byron_genesis_hash, network.byron_epoch_slots, eras
    )


def _echo(report: Report, compiled: CompiledPlan, found: ResolvedRange, options: Options) -> None:
    plan = compiled.plan
    where = "nowhere: a dry run" if options.dry_run else str(options.database)
    report.say(
        "plan",
        f"plan {plan.meta.name} on {compiled.network.name} into {where}\nfingerprint {compiled.fingerprint}",
        plan=plan.meta.name,
        network=compiled.network.name,
        database=None if options.dry_run else str(options.database),
        fingerprint=compiled.fingerprint,
    )
    report.say("range", found.how, first_slot=found.first_slot, last_slot=found.last_slot, origin=found.start == ORIGIN)
    if found.follows and not options.once:
        report.say("note", "chunk files cannot be followed: the job ends at the last block that is there now")


def _write_once(sink: Sink, told: Layout, network: Network, report: Report) -> None:
    """`meta` and `schema_version`."""
    rows = RowBuffers(told.tables)
    for name, values in single_rows(network, __version__).items():
        if name in rows.facts:
            rows.facts[name].extend(values)
    staged = stager(DATABASE, told).stage(rows)
    patiently(lambda: sink.write_once(staged), report)


def _overlap(asked: Coverage, filled: Iterable[Coverage]) -> list[Coverage]:
    """What of the range is there already."""
    cut = (Coverage(max(one.first, asked.first), min(one.last, asked.last)) for one in filled)
    return [one for one in cut if one.first <= one.last]


def _finish(sink: Sink, network: Network, report: Report, stop: Stop, summary: Summary) -> bool:
    """Deferred indexes and what follows from rows that are all there now; False when stopped before the end."""
    filled = merged(sink.coverage())
    if not filled:
        return True
    report.say("closing", "building indexes and resolving inputs")
    epochs = epochs_of(network.history, filled[0].first, filled[-1].last)
    done = patiently(lambda: sink.finish(epochs, stop.__bool__), report)
    summary.closing = done.took
    return done.whole
