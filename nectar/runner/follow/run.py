"""A job on a node, from the first question to the summary."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.pre_split import slots_of
from nectar.coverage import Coverage
from nectar.runner.committing.committer import Committer
from nectar.runner.committing.retrying_sink import RetryingSink
from nectar.runner.decoding.worker import Job
from nectar.runner.follow.follow import follow
from nectar.runner.follow.ledger_state import Ledger, history_of
from nectar.runner.follow.session import FollowSession
from nectar.runner.report import Report
from nectar.runner.retry import node_backoff, retried
from nectar.runner.signals import Halted, Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options, echo, empty_summary, finish, noting_stops, overlap, workers_of, write_once
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Sink
from nectar.sinks.null import NullSink
from nectar.sinks.registry import family_of, may_exist
from nectar.sources.node.bounds import NO_END, Known, NodeRange, resolve_range
from nectar.sources.node.connection import NodeAddress, parse_address
from nectar.sources.node.source import NodeSource


def node_address(compiled: CompiledPlan, options: Options) -> NodeAddress | None:
    """The node that the command line or the plan names; None when blocks come from files."""
    configured = compiled.plan.source
    if options.socket is not None:
        return parse_address(options.socket)
    if options.source is not None or configured is None or configured.socket is None:
        return None
    return parse_address(configured.socket)


def run_on_node(compiled: CompiledPlan, options: Options, source: NodeSource, report: Report, stop: Stop) -> RunSummary:
    """The node is asked first: where it cannot be reached, no database is created."""
    summary = empty_summary(compiled, options, Coverage(0, 0))
    with noting_stops(summary):
        _run(compiled, options, source, report, stop, summary)
    return summary


def _run(compiled: CompiledPlan, options: Options, source: NodeSource, report: Report, stop: Stop, summary: RunSummary) -> None:
    sink: Sink = NullSink()
    ledger = Ledger(source.greeting)
    family = family_of(options.target)
    now = compiled.network.history.slot_at(datetime.now(UTC))
    sink_layout = layout(compiled, family, slots_of(compiled, now))
    try:
        if not options.dry_run and may_exist(options.target):
            sink = RetryingSink(options.target, sink_layout, report, stop)
        compiled, node_range = _resolved(compiled, source, ledger, sink, report, stop)
        asked = Coverage(node_range.first_slot, node_range.last_slot)
        summary.first_slot, summary.last_slot = asked
        echo(report, compiled, options, asked, node_range.how)
        if isinstance(sink, NullSink) and not options.dry_run:
            sink = RetryingSink(options.target, sink_layout, report, stop)
        job = Job(compiled, sink_layout, family, options.dry_run)
        if not options.dry_run:
            write_once(sink, job)
        session = _session(job, options, source, node_range, sink, ledger, report, stop, summary)
        follow(session)
        _end(session, options)
    finally:
        source.close()
        ledger.close()
        sink.close()
        for note in (*source.notes, *sink.notes()):
            report.say("note", note)


def _resolved(
    compiled: CompiledPlan, source: NodeSource, ledger: Ledger, sink: Sink, report: Report, stop: Stop
) -> tuple[CompiledPlan, NodeRange]:
    """The plan with the node's history of eras, and its range on the node's chain.

    Errors: those of `resolve_range`; StoppedError.
    """
    sync = compiled.plan.sync
    known = Known([block.point for block in sink.known_blocks()], sink.coverage())

    def ask() -> tuple[CompiledPlan, NodeRange]:
        if stop:
            raise Halted
        source.open()
        history = history_of(ledger, compiled.network.history, report)
        source.facts = source.facts._replace(history=history)
        node_range = resolve_range(source, sync.start, sync.end, history, known)
        return replace(compiled, network=replace(compiled.network, history=history)), node_range

    return retried(ask, node_backoff(), report, stop, let_go=source.close)


def _session(
    job: Job,
    options: Options,
    source: NodeSource,
    node_range: NodeRange,
    sink: Sink,
    ledger: Ledger,
    report: Report,
    stop: Stop,
    summary: RunSummary,
) -> FollowSession:
    compiled = job.compiled
    filled = list(sink.coverage()) if compiled.plan.sync.skip_existing else []
    summary.skipped = [str(slots) for slots in overlap(Coverage(node_range.first_slot, node_range.last_slot), filled)]
    return FollowSession(
        job=job,
        source=source,
        node_range=node_range,
        sink=sink,
        committer=Committer(compiled, sink, options.target, report, summary, time.monotonic()),
        workers=workers_of(compiled, options),
        once=options.once,
        report=report,
        stop=stop,
        summary=summary,
        filled=filled,
        ledger=ledger,
        accepted_depth=options.accept_deep_rollback,
    )


def _end(session: FollowSession, options: Options) -> None:
    """Completes the database unless the job is to stop, and fills in the summary."""
    summary, sink = session.summary, session.sink
    if session.stop and session.settled:
        summary.stop("at the tip; everything up to it is written")
    elif session.stop:
        summary.stop("between two batches; open ones were dropped whole")
    elif not options.dry_run and not finish(sink, session.job.compiled.network, session.report, session.stop, summary):
        summary.stop("before the closing passes were done")
    if summary.last_slot == NO_END and session.filled:
        summary.last_slot = session.filled[-1].last
    summary.database_bytes = sink.size()
