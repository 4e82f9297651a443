"""A job on a node: agree with it, meet its chain, follow it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.pre_split import slots_of
from nectar.coverage import Coverage
from nectar.runner.committing.committer import Keeper
from nectar.runner.committing.retrying_sink import Patient
from nectar.runner.decoding.worker import Job
from nectar.runner.follow.ledger_state import Ledger, history_of
from nectar.runner.follow.session import Follow
from nectar.runner.report import Report
from nectar.runner.retry import persistently
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options, echo, empty_summary, finish, overlap, told_when_stopped, workers_of, write_once
from nectar.runner.summary import Summary
from nectar.sinks.base import Sink
from nectar.sinks.null import NullSink
from nectar.sinks.registry import family_of, may_exist
from nectar.sources.node.bounds import NO_END, Known, NodeRange, resolve
from nectar.sources.node.connection import Address, address
from nectar.sources.node.source import NodeSource


def node_address(compiled: CompiledPlan, options: Options) -> Address | None:
    """The node's that the command line or the plan names; None when blocks come from files."""
    configured = compiled.plan.source
    if options.socket is not None:
        return address(options.socket)
    if options.source is not None or configured is None or configured.socket is None:
        return None
    return address(configured.socket)


def run_on_node(compiled: CompiledPlan, options: Options, source: NodeSource, report: Report, stop: Stop) -> Summary:
    """The node is asked first: where it cannot be reached, no database is made."""
    summary = empty_summary(compiled, options, Coverage(0, 0))
    with told_when_stopped(summary):
        _follow(compiled, options, source, report, stop, summary)
    return summary


def _follow(compiled: CompiledPlan, options: Options, source: NodeSource, report: Report, stop: Stop, summary: Summary) -> None:
    sink: Sink = NullSink()
    ledger = Ledger(source.greeting)
    family = family_of(options.target)
    told = layout(compiled, family, slots_of(compiled, compiled.network.history.slot_at(datetime.now(UTC))))

    try:
        if not options.dry_run and may_exist(options.target):
            sink = Patient(options.target, told, report, stop)
        plan, known = compiled.plan, Known([one.point for one in sink.known_blocks()], sink.coverage())

        def agree() -> tuple[CompiledPlan, NodeRange]:
            source.open()
            history = history_of(ledger, compiled.network.history, report)
            source.facts = source.facts._replace(history=history)
            agreed = replace(compiled, network=replace(compiled.network, history=history))
            return agreed, resolve(source, plan.sync.start, plan.sync.end, history, known)

        compiled, found = persistently(agree, source.close, report, stop)
        network = compiled.network
        asked = Coverage(found.first_slot, found.last_slot)
        summary.first_slot, summary.last_slot = asked
        echo(report, compiled, options, asked, found.how)
        if isinstance(sink, NullSink) and not options.dry_run:
            sink = Patient(options.target, told, report, stop)
        if not options.dry_run:
            write_once(sink, family, told, network)
        filled = list(known.filled) if plan.sync.skip_existing else []
        summary.skipped = [str(one) for one in overlap(asked, filled)]
        keeper = Keeper(compiled, sink, options.target, report, summary, time.monotonic())
        job = Job(compiled, told, family, options.dry_run)
        workers = workers_of(compiled, options)
        follow = Follow(job, source, found, sink, keeper, workers, options.once, report, stop, summary, filled, ledger)
        follow.accepted = options.accept_deep_rollback
        follow.run()
        if stop and follow.settled:
            summary.stop("at the tip; everything up to it is written")
        elif stop:
            summary.stop("between two batches; open ones were dropped whole")
        elif not options.dry_run and not finish(sink, network, report, stop, summary):
            summary.stop("before the closing passes were done")
        if summary.last_slot == NO_END and follow.filled:
            summary.last_slot = follow.filled[-1].last
        summary.database_bytes = sink.size()
    finally:
        source.close()
        ledger.close()
        sink.close()
        for note in (*source.notes, *sink.notes()):
            report.say("note", note)
