"""Tries a plan on chunk files, into a temporary database: what it would keep, how large that is, how long it takes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.bounds import AtOrigin, AtSlot, FollowTip
from nectar.config.plan.filters import PlanTest
from nectar.config.plan.keys import SyncConfig
from nectar.config.profile.model import SqliteFile
from nectar.errors import FatalError, NectarError
from nectar.runner.report import Report
from nectar.runner.run import run
from nectar.runner.signals import Interrupted, Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary
from nectar.sinks.sqlite.state import bytes_of_rows, table_bytes
from nectar.sources.immutable.bounds import resolve_range
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.tables import Kind


@dataclass(frozen=True, slots=True)
class Sample:
    """`bytes`: by table, with its indexes; `growing`: bytes of the tables that grow with the chain. `share`: of the network's
    slots until now that the sample has."""

    summary: RunSummary
    bytes: Mapping[str, int]
    growing: int
    share: float

    @property
    def selectivity(self) -> float:
        """Share of the transactions that are kept. Blocks that were ruled out undecoded do not count."""
        return self.summary.kept / self.summary.transactions if self.summary.transactions else 0.0

    @property
    def hours(self) -> float:
        """Estimated for the whole network, as if all of it were like the sample."""
        return self.summary.seconds / self.share / 3600

    @property
    def gigabytes(self) -> float:
        return self.growing / self.share / 1e9


def sample(compiled: CompiledPlan, folder: Path, report: Report, stop: Stop) -> Sample:
    """Runs the plan on its own range where the folder has it, else on all blocks of the folder. Errors: those of a run."""
    tried = _over(compiled, _range(compiled, ImmutableSource(folder, facts_of(compiled.network))))
    with tempfile.TemporaryDirectory(prefix="nectar-sample-") as temporary:
        database = Path(temporary) / "sample.db"
        summary = _whole(tried, Options(SqliteFile(database), source=folder, once=True), report, stop)
        sizes, growing = table_bytes(database), bytes_of_rows(database, _of_the_chain(compiled))
    now = compiled.network.history.slot_at(datetime.now(UTC))
    slots = summary.last_slot - max(summary.first_slot, 0) + 1
    return Sample(summary, sizes, growing, min(slots / now, 1.0) if now else 1.0)


def _of_the_chain(compiled: CompiledPlan) -> list[str]:
    """Tables that grow with the chain."""
    return [table.name for table in compiled.tables if table.kind in (Kind.FACT, Kind.DIMENSION)]


def _range(compiled: CompiledPlan, source: ImmutableSource) -> SyncConfig:
    sync = compiled.plan.sync
    try:
        resolve_range(source, sync.start, sync.end, compiled.network.history)
    except NectarError:
        first = source.first_block().point.slot
        return SyncConfig(start=AtOrigin() if source.folder.first.number == 0 else AtSlot(first), end=FollowTip())
    return sync


def rows_found(compiled: CompiledPlan, test: PlanTest, report: Report, stop: Stop) -> Mapping[str, int]:
    """Rows by table that the plan makes from a test's slots. Errors: those of a run; FatalError NEC-R005 without any source."""
    configured = compiled.plan.source
    path = test.path or (configured.path if configured is not None else None)
    if path is None:
        raise FatalError(
            f"test {test.name!r} names no chunk files, and neither does the plan",
            where=str(compiled.plan.source_text_path),
            hint='write path = "..." into the test',
            code="NEC-R005",
        )
    sync = SyncConfig(start=AtSlot(test.first) if test.first else AtOrigin(), end=AtSlot(test.last))
    with tempfile.TemporaryDirectory(prefix="nectar-test-") as temporary:
        options = Options(SqliteFile(Path(temporary) / "test.db"), source=path, workers=1, once=True)
        return _whole(_over(compiled, sync), options, report, stop).rows


def _whole(compiled: CompiledPlan, options: Options, report: Report, stop: Stop) -> RunSummary:
    """Errors: Interrupted where the run was stopped: a part of a run says nothing about the plan."""
    summary = run(compiled, options, report, stop)
    if summary.stopped:
        raise Interrupted
    return summary


def _over(compiled: CompiledPlan, sync: SyncConfig) -> CompiledPlan:
    """The plan over another range, without its views: SQLite may not have what they need."""
    sync = sync.model_copy(update={"on_decode_error": compiled.plan.sync.on_decode_error})
    return replace(compiled, views=(), plan=compiled.plan.model_copy(update={"sync": sync}))
