"""One job, from the compiled plan to the summary. Reads like the walk it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nectar.cardano.point import ORIGIN
from nectar.cardano.position import LAST_SLOT
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.bounds import NOT_FOLLOWED
from nectar.coverage import Coverage, missing
from nectar.errors import FatalError
from nectar.runner.backfill import Task, load
from nectar.runner.committing.retrying_sink import Patient
from nectar.runner.decoding.tracked_outputs import WatchState
from nectar.runner.decoding.worker import Job
from nectar.runner.follow.rollback import nearest
from nectar.runner.follow.run import node_address, run_on_node
from nectar.runner.report import Report
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import (
    Options,
    echo,
    empty_summary,
    finish,
    overlap,
    told_when_stopped,
    watch_state,
    workers_of,
    write_once,
)
from nectar.runner.summary import Summary
from nectar.sinks.base import Sink
from nectar.sinks.registry import family_of
from nectar.sources.immutable import faults
from nectar.sources.immutable.bounds import resolve
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.source import NodeSource, node_facts


def run(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> Summary:
    """Index what the plan asks for and is not there yet. Errors: NectarError; what was committed before one stays."""
    address = node_address(compiled, options)
    if address is not None:
        return run_on_node(compiled, options, NodeSource(address, node_facts(compiled.network), stop.__bool__), report, stop)
    if options.accept_deep_rollback:
        raise FatalError(
            "--accept-deep-rollback is about a node's forks, and this job reads chunk files",
            where=str(compiled.plan.source_text_path),
            hint="leave it out, or give --socket PATH",
            code="NEC-R013",
        )
    return _run_on_files(compiled, options, open_source(compiled, options), report, stop)


def _run_on_files(compiled: CompiledPlan, options: Options, source: ImmutableSource, report: Report, stop: Stop) -> Summary:
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
    summary = empty_summary(compiled, options, asked)
    echo(report, compiled, options, asked, found.how)
    if found.follows and not options.once:
        report.say("note", NOT_FOLLOWED)
    family = family_of(options.target)
    told = layout(compiled, family, (asked.first, asked.last))
    workers = workers_of(compiled, options)
    state = WatchState(whole=asked.first < 0)
    task = Task(Job(compiled, told, family, options.dry_run), source, found, (asked,), None, options.target, workers, state)
    with told_when_stopped(summary):
        try:
            if options.dry_run:
                load(task, report, stop, summary)
                _tell_trouble(task, stop)
                if stop:
                    summary.stop("")
            else:
                _fill(task, asked, report, stop, summary)
        finally:
            for note in dict.fromkeys(source.notes):
                report.say("note", note)
    return summary


def _fill(task: Task, asked: Coverage, report: Report, stop: Stop, summary: Summary) -> None:
    """With a database: what is missing, then what follows from all of it."""
    compiled, told = task.compiled, task.job.layout
    sink = Patient(task.target, told, report, stop)
    try:
        write_once(sink, task.job.database, told, compiled.network)
        filled = list(sink.coverage()) if compiled.plan.sync.skip_existing else []
        summary.skipped = [str(one) for one in overlap(asked, filled)]
        gaps = tuple(missing(asked, filled))
        if gaps:
            _refuse_other_chain(task.source, gaps, sink)
            state = watch_state(task.compiled, sink, gaps[0].first, task.target)
            load(replace(task, gaps=gaps, sink=sink, state=state), report, stop, summary)
        _tell_trouble(task, stop)
        if stop:
            summary.stop("between two batches; open ones were dropped whole")
        elif not finish(sink, compiled.network, report, stop, summary):
            summary.stop("before the closing passes were done")
        summary.database_bytes = sink.size()
    finally:
        sink.close()
        for note in sink.notes():
            report.say("note", note)


def _refuse_other_chain(source: ImmutableSource, gaps: Sequence[Coverage], sink: Sink) -> None:
    """The blocks that the database has on both sides of each gap must be this folder's, as far as it has their chunks; so must
    the last one within it, where slots are loaded again; and the gap's first block must follow from the one before it.

    Errors: SourceError NEC-S011, before anything is written.
    """
    known = sink.known_blocks()
    for gap in gaps:
        before = nearest(sink, known, Coverage(0, gap.first - 1), last=True)
        within = nearest(sink, known, gap, last=True)
        after = nearest(sink, known, Coverage(gap.last + 1, LAST_SLOT), last=False)
        for one in (before, within, after):
            if one is not None and source.has_another(one.point):
                raise faults.other_chain(source.folder.path, one.point)
        if before is not None and before.block_no >= 0 and source.parts_from(before, gap.first):
            raise faults.other_chain(source.folder.path, before.point)


def _tell_trouble(task: Task, stop: Stop) -> None:
    """Every whole block is there; what ends the chunk files is told now. Errors: SourceError NEC-S003 to S006, S013."""
    if task.found.trouble is not None and not stop:
        raise task.found.trouble


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
