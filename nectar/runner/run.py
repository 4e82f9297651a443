"""One job, from the compiled plan to the summary. Reads like the walk it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nectar import __version__
from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN
from nectar.checkpoint.coverage import Coverage, merged, missing
from nectar.compiler.compiled import CompiledPlan
from nectar.errors import FatalError
from nectar.processors.blocks import single_rows
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import RowBuffers
from nectar.runner.dry import Uncommitted
from nectar.runner.follow import Follow
from nectar.runner.keep import Keeper, epochs_of, patiently
from nectar.runner.layout import layout
from nectar.runner.ledger import Ledger, history_of
from nectar.runner.load import Task, load
from nectar.runner.report import Report
from nectar.runner.signals import Stop
from nectar.runner.summary import Summary
from nectar.runner.watch import WatchState
from nectar.runner.work import Job
from nectar.sinks.registry import SINKS, stager
from nectar.sinks.seam import Layout, Sink
from nectar.sources.immutable.bounds import resolve
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.bounds import NO_END, Known
from nectar.sources.node.bounds import resolve as resolve_on_node
from nectar.sources.node.connection import Address, address
from nectar.sources.node.source import NodeSource, node_facts
from nectar.tables import Kind

DATABASE = "sqlite"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to the plan. `source`, `socket` and `workers` stand above the plan's own."""

    database: Path
    source: Path | None = None
    socket: str | None = None
    workers: int | None = None
    once: bool = False
    dry_run: bool = False


def run(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> Summary:
    """Index what the plan asks for and is not there yet. Errors: NectarError; what was committed before one stays."""
    address = node_address(compiled, options)
    if address is not None:
        return _run_on_node(compiled, options, NodeSource(address, node_facts(compiled.network)), report, stop)
    return _run_on_files(compiled, options, open_source(compiled, options), report, stop)


def _run_on_files(
    compiled: CompiledPlan, options: Options, source: ImmutableSource, report: Report, stop: Stop
) -> Summary:
    plan, network = compiled.plan, compiled.network
    if any(one.name == "blocks" and one.options["epoch_param"] for one in compiled.processors):
        raise FatalError(
            "epoch_param is asked of a node, and this job reads chunk files",
            where=str(plan.source_text_path),
            hint="give --socket PATH, or leave epoch_param out",
            code="NEC-R007",
        )
    found = resolve(source, plan.sync.start, plan.sync.end, network.history)
    asked = Coverage(-1 if found.start == ORIGIN else found.first_slot, found.last_slot)
    summary = _summary(compiled, options, asked)
    echo(report, compiled, options, asked, found.how)
    if found.follows and not options.once:
        report.say("note", "chunk files cannot be followed: the job ends at the last block that is there now")
    told = layout(compiled)
    workers = workers_of(compiled, options)
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


def _run_on_node(compiled: CompiledPlan, options: Options, source: NodeSource, report: Report, stop: Stop) -> Summary:
    """The node is asked first: where it cannot be reached, no database is made."""
    sink: Sink = Uncommitted()
    ledger = Ledger(source.greeting)
    try:
        source.open()
        history = history_of(ledger, compiled.network.history, report)
        compiled = replace(compiled, network=replace(compiled.network, history=history))
        plan, network, told = compiled.plan, compiled.network, layout(compiled)
        if not options.dry_run and options.database.exists():
            sink = SINKS[DATABASE](options.database, told)
        known = Known(sink.known_points(), sink.coverage())
        found = resolve_on_node(source, plan.sync.start, plan.sync.end, network.history, known)
        asked = Coverage(found.first_slot, found.last_slot)
        summary = _summary(compiled, options, asked)
        echo(report, compiled, options, asked, found.how)
        if isinstance(sink, Uncommitted) and not options.dry_run:
            sink = SINKS[DATABASE](options.database, told)
        if not options.dry_run:
            _write_once(sink, told, network, report)
        filled = list(known.filled) if plan.sync.skip_existing else []
        summary.skipped = [str(one) for one in _overlap(asked, filled)]
        keeper = Keeper(compiled, sink, options.database, report, summary, time.monotonic())
        job = Job(compiled, told, DATABASE)
        workers = workers_of(compiled, options)
        follow = Follow(job, source, found, sink, keeper, workers, options.once, report, stop, summary, filled, ledger)
        follow.run()
        if stop:
            summary.stopped = "as asked, between two batches; open ones were dropped whole. Run again to go on"
        elif not options.dry_run and not _finish(sink, network, report, stop, summary):
            summary.stopped = "as asked, before the closing passes were done. Run again to go on"
        if summary.last_slot == NO_END and follow.filled:
            summary.last_slot = follow.filled[-1].last
    finally:
        source.close()
        ledger.close()
        sink.close()
        for note in source.notes:
            report.say("note", note)
    if not options.dry_run:
        summary.database_bytes = options.database.stat().st_size
    return summary


def workers_of(compiled: CompiledPlan, options: Options) -> int:
    """0: as many as there are cores."""
    return compiled.plan.performance.workers if options.workers is None else options.workers


def _summary(compiled: CompiledPlan, options: Options, asked: Coverage) -> Summary:
    """With nothing counted yet."""
    name, network = compiled.plan.meta.name, compiled.network.name
    summary = Summary(name, network, str(options.database), compiled.fingerprint, asked.first, asked.last)
    summary.dry_run = options.dry_run
    summary.processors = {
        one.name: tuple(table.name for table in PROCESSORS[one.name].tables(one.options) if table.kind is Kind.FACT)
        for one in compiled.processors
    }
    summary.rows = {table.name: 0 for table in compiled.tables if table.kind in (Kind.FACT, Kind.DIMENSION)}
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


def node_address(compiled: CompiledPlan, options: Options) -> Address | None:
    """The node's that the command line or the plan names; None when blocks come from files."""
    configured = compiled.plan.source
    if options.socket is not None:
        return address(options.socket)
    if options.source is not None or configured is None or configured.socket is None:
        return None
    return address(configured.socket)


def open_source(compiled: CompiledPlan, options: Options) -> ImmutableSource:
    """The plan's chunk files, or those that the command line names."""
    configured = compiled.plan.source
    path = options.source or (configured.path if configured is not None else None)
    if path is None:
        raise FatalError(
            "the plan names no source",
            where=str(compiled.plan.source_text_path),
            hint='write [source] kind = "immutable" and path = "db/immutable", or kind = "node" and socket = "/ipc/node.socket"; '
            "or give --source PATH or --socket PATH",
            code="NEC-R002",
        )
    return ImmutableSource(path, facts_of(compiled.network))


def echo(report: Report, compiled: CompiledPlan, options: Options, asked: Coverage, how: str) -> None:
    """What the job will do, before anything is written."""
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
    last = None if asked.last == NO_END else asked.last
    report.say("range", how, first_slot=max(asked.first, 0), last_slot=last, origin=asked.first < 0)


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
