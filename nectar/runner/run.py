"""One job, from the compiled plan to the summary. The code follows the order of the work."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.cardano.point import ORIGIN
from nectar.cardano.position import LAST_SLOT
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.bounds import NOT_FOLLOWED
from nectar.coverage import Coverage, missing
from nectar.errors import FatalError
from nectar.runner.backfill import Backfill, load
from nectar.runner.committing.retrying_sink import RetryingSink
from nectar.runner.decoding.tracked_outputs import TrackedState
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
    noting_stops,
    overlap,
    tracked_state,
    workers_of,
    write_once,
)
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Sink
from nectar.sinks.registry import family_of
from nectar.sources.immutable import faults
from nectar.sources.immutable.bounds import ResolvedRange, resolve_range
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.source import NodeSource, node_facts


def run(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> RunSummary:
    """Index what the plan asks for and the database does not have. Errors: NectarError; what was committed before one stays."""
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


def _run_on_files(compiled: CompiledPlan, options: Options, source: ImmutableSource, report: Report, stop: Stop) -> RunSummary:
    sync, network = compiled.plan.sync, compiled.network
    _refuse_epoch_param(compiled)
    chunk_range = resolve_range(source, sync.start, sync.end, network.history)
    asked = Coverage(-1 if chunk_range.start == ORIGIN else chunk_range.first_slot, chunk_range.last_slot)
    summary = empty_summary(compiled, options, asked)
    echo(report, compiled, options, asked, chunk_range.how)
    if chunk_range.follows and not options.once:
        report.say("note", NOT_FOLLOWED)
    family = family_of(options.target)
    job = Job(compiled, layout(compiled, family, (asked.first, asked.last)), family, options.dry_run)
    with noting_stops(summary):
        try:
            if options.dry_run:
                _count(job, options, source, chunk_range, asked, report, stop, summary)
            else:
                _fill(job, options, source, chunk_range, asked, report, stop, summary)
        finally:
            for note in dict.fromkeys(source.notes):
                report.say("note", note)
    return summary


def _refuse_epoch_param(compiled: CompiledPlan) -> None:
    if any(processor.name == "blocks" and processor.options["epoch_param"] for processor in compiled.processors):
        raise FatalError(
            "epoch_param is asked of a node, and this job reads chunk files",
            where=str(compiled.plan.source_text_path),
            hint="give --socket PATH, or leave epoch_param out",
            code="NEC-R007",
        )


def _count(
    job: Job,
    options: Options,
    source: ImmutableSource,
    chunk_range: ResolvedRange,
    asked: Coverage,
    report: Report,
    stop: Stop,
    summary: RunSummary,
) -> None:
    """Without a database: decodes and counts the whole range."""
    tracked = TrackedState(whole=asked.first < 0)
    workers = workers_of(job.compiled, options)
    load(Backfill(job, source, chunk_range, (asked,), None, options.target, workers, tracked), report, stop, summary)
    _raise_source_error(chunk_range, stop)
    if stop:
        summary.stop("")


def _fill(
    job: Job,
    options: Options,
    source: ImmutableSource,
    chunk_range: ResolvedRange,
    asked: Coverage,
    report: Report,
    stop: Stop,
    summary: RunSummary,
) -> None:
    """With a database: fills the gaps, then completes derived columns."""
    compiled, target = job.compiled, options.target
    sink = RetryingSink(target, job.layout, report, stop)
    try:
        write_once(sink, job)
        filled = list(sink.coverage()) if compiled.plan.sync.skip_existing else []
        summary.skipped = [str(slots) for slots in overlap(asked, filled)]
        gaps = tuple(missing(asked, filled))
        if gaps:
            _refuse_other_chain(source, gaps, sink)
            tracked = tracked_state(compiled, sink, gaps[0].first, target)
            workers = workers_of(compiled, options)
            load(Backfill(job, source, chunk_range, gaps, sink, target, workers, tracked), report, stop, summary)
        _raise_source_error(chunk_range, stop)
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
    """The database's blocks around each gap must be this folder's, as far as the folder has their chunks.

    These are the block before the gap, the one after it, and the last one within it where slots are loaded again. The gap's
    first block must follow from the one before it. Errors: SourceError NEC-S011, before anything is written.
    """
    known = sink.known_blocks()
    for gap in gaps:
        before = nearest(sink, known, Coverage(0, gap.first - 1), last=True)
        within = nearest(sink, known, gap, last=True)
        after = nearest(sink, known, Coverage(gap.last + 1, LAST_SLOT), last=False)
        for block in (before, within, after):
            if block is not None and source.has_another(block.point):
                raise faults.other_chain(source.folder.path, block.point)
        if before is not None and before.block_no >= 0 and source.cannot_follow(before, gap.first):
            raise faults.other_chain(source.folder.path, before.point)


def _raise_source_error(chunk_range: ResolvedRange, stop: Stop) -> None:
    """Raises what is wrong with the end of the chunk files, now that every whole block before it is committed.

    Errors: SourceError NEC-S003 to S006, S013.
    """
    if chunk_range.trouble is not None and not stop:
        raise chunk_range.trouble


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
