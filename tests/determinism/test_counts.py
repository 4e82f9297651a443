"""The rows that a summary counts are those that came into the tables, things too, and a dry run counts the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.config.profile.model import SqliteFile
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary
from nectar.tables import Kind
from tests.conftest import ROOT
from tests.determinism.plans import compiled
from tests.determinism.stories import Ground
from tests.mysql.jobs import profile, rows, sqlite_rows
from tests.mysql.server import Server
from tests.runner.jobs import between, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"


def counted(found: dict[str, list[object]], summaries: list[RunSummary]) -> None:
    assert found["stake_address"]
    for name in found:
        assert sum(summary.rows[name] for summary in summaries) == len(found[name]), name


@pytest.mark.parametrize("batch", [1, 100, 1_000])
def test_a_dry_run(batch: int, sample: Ground, tmp_path: Path) -> None:
    text = plan_text(sample.files, network=sample.named, performance=f"batch_blocks = {batch}")
    real = job(tmp_path / "x.db", text)
    dry = run(compiled(text), Options(SqliteFile(tmp_path / "none.db"), workers=1, dry_run=True), Quiet(), Stop())
    assert dry.rows == real.rows
    tables = [table.name for table in compiled(text).tables if table.kind in (Kind.FACT, Kind.DIMENSION)]
    counted(sqlite_rows(tmp_path / "x.db", tables), [dry])


def test_ranges_out_of_order(sample: Ground, tmp_path: Path) -> None:
    """Things that later slots showed before are there already."""
    summaries = []
    for first, last in ((700, 1_000), (300, 699), (1_001, 1_200)):
        text = plan_text(sample.files, between(first, last), network=sample.named, performance="batch_blocks = 20")
        summaries.append(job(tmp_path / "x.db", text))
    tables = [table.name for table in compiled(text).tables if table.kind in (Kind.FACT, Kind.DIMENSION)]
    counted(sqlite_rows(tmp_path / "x.db", tables), summaries)


def test_commits_that_overtake_each_other(sample: Ground, mariadb: Server) -> None:
    text = plan_text(sample.files, network=sample.named, performance="batch_blocks = 5")
    tables = [table.name for table in compiled(text).tables if table.kind in (Kind.FACT, Kind.DIMENSION)]
    with mariadb.scratch() as database:
        summary = job(profile(mariadb, database, writers=3), text, workers=2)
        counted(rows(mariadb, database, tables), [summary])
