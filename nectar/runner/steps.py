"""What every job does, wherever its blocks come from: says what it will do, writes rows of `meta`, completes the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nectar import __version__
from nectar.cardano.network import Network
from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Target
from nectar.coverage import Coverage, merged
from nectar.errors import FatalError
from nectar.processors.blocks import single_rows
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import RowBuffers
from nectar.runner.committing.committer import epochs_of
from nectar.runner.decoding.tracked_outputs import NOTHING, TrackedState
from nectar.runner.decoding.worker import Job
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Interrupted, Stop
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Sink
from nectar.sinks.registry import stager
from nectar.sources.node.bounds import NO_END
from nectar.tables import Kind


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to the plan. `source`, `socket` and `workers` override the plan's own."""

    target: Target
    source: Path | None = None
    socket: str | None = None
    workers: int | None = None
    once: bool = False
    dry_run: bool = False
    accept_deep_rollback: int = 0  # blocks; a node's only


def workers_of(compiled: CompiledPlan, options: Options) -> int:
    """Decoding processes; 0: as many as there are cores."""
    return compiled.plan.performance.workers if options.workers is None else options.workers


def empty_summary(compiled: CompiledPlan, options: Options, asked: Coverage) -> RunSummary:
    """A summary with nothing counted yet."""
    name, network = compiled.plan.meta.name, compiled.network.name
    summary = RunSummary(name, network, str(options.target), compiled.fingerprint, asked.first, asked.last)
    summary.dry_run = options.dry_run
    summary.processors = {
        processor.name: tuple(
            table.name for table in PROCESSORS[processor.name].tables(processor.options) if table.kind is Kind.FACT
        )
        for processor in compiled.processors
    }
    summary.rows = {table.name: 0 for table in compiled.tables if table.kind in (Kind.FACT, Kind.DIMENSION)}
    return summary


@contextmanager
def noting_stops(summary: RunSummary) -> Iterator[None]:
    """Notes in the summary that the job was stopped while it waited, or was interrupted."""
    try:
        yield
    except Halted:
        summary.stop("while it waited; open batches were dropped whole")
    except Interrupted:
        summary.stop("at once; what was not committed yet was dropped whole")


def echo(report: Report, compiled: CompiledPlan, options: Options, asked: Coverage, how: str) -> None:
    """Says what the job will do, before anything is written."""
    plan = compiled.plan
    where = "nowhere: a dry run" if options.dry_run else str(options.target)
    report.say(
        "plan",
        f"plan {plan.meta.name} on {compiled.network.name} into {where}\nfingerprint {compiled.fingerprint}",
        plan=plan.meta.name,
        network=compiled.network.name,
        database=None if options.dry_run else str(options.target),
        fingerprint=compiled.fingerprint,
    )
    first, last = max(asked.first, 0), None if asked.last == NO_END else asked.last
    history = compiled.network.history
    bounds = history.slot_text(first)
    if last is not None and last != first:
        bounds = f"{bounds}; {history.slot_text(last)}"
    report.say(
        "range",
        f"{how}\n{bounds}",
        first_slot=first,
        last_slot=last,
        origin=asked.first < 0,
        first_era=history.era_at(first),
        first_epoch=history.epoch_of(first),
        last_era=None if last is None else history.era_at(last),
        last_epoch=None if last is None else history.epoch_of(last),
    )
    note_on_workers(report, compiled, options)


def note_on_workers(report: Report, compiled: CompiledPlan, options: Options) -> None:
    """Says so where the number of workers has no effect."""
    if workers_of(compiled, options) > 1 and compiled.filters.ordered:
        what = "this plan follows spends, so its blocks are decoded in the chain's order by one process, whatever workers says"
        report.say("note", what)


def write_once(sink: Sink, job: Job) -> None:
    """Writes the rows of `meta` and `schema_version`, unless they exist."""
    rows = RowBuffers(job.layout.tables)
    for name, values in single_rows(job.compiled.network, __version__).items():
        if name in rows.facts:
            rows.facts[name].extend(values)
    sink.write_once(stager(job.database, job.layout).stage(rows))


def overlap(asked: Coverage, filled: Iterable[Coverage]) -> list[Coverage]:
    """The parts of `asked` that are already filled."""
    parts = (Coverage(max(slots.first, asked.first), min(slots.last, asked.last)) for slots in filled)
    return [part for part in parts if part.first <= part.last]


def finish(sink: Sink, network: Network, report: Report, stop: Stop, summary: RunSummary) -> bool:
    """Builds deferred indexes and completes derived columns. False when stopped before the end."""
    filled = merged(sink.coverage())
    if not filled:
        return True
    report.say("closing", "building indexes and resolving inputs")
    epochs = epochs_of(network.history, filled[0].first, filled[-1].last)
    finished = sink.finish(epochs, stop.__bool__)
    summary.closing = finished.took or summary.closing
    return finished.whole


def tracked_state(compiled: CompiledPlan, sink: Sink, first: int, target: Target) -> TrackedState:
    """The outputs that the database tracks, for a run that goes on with slot `first`.

    Errors: FatalError NEC-R004 when the chain's order would not be kept.
    """
    if not compiled.filters.ordered:
        return NOTHING
    filled = merged(sink.coverage())
    if filled and first <= filled[-1].last:
        raise FatalError(
            f"slots up to {filled[-1].last:,} are filled already, and this plan follows what is spent: it must go on after them",
            where=str(target),
            hint='load earlier slots into another database, or set resolve_inputs = "off" in [processors] transactions',
            code="NEC-R004",
        )
    whole = first < 0 or (len(filled) == 1 and filled[0].first < 0 and filled[0].last == first - 1)
    return TrackedState(whole, tuple(sink.tracked_outputs()))
