"""What a job on a node begins with: the highest block that its database ever had."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nectar.config.profile.model import SqliteFile
from nectar.coverage import Coverage
from nectar.runner.committing.committer import Committer
from nectar.runner.report import Quiet
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options, empty_summary
from nectar.sinks.registry import opener
from tests.conftest import ROOT
from tests.runner.jobs import between, compiled, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"


def test_the_highest_is_the_last_that_was_committed(tmp_path: Path) -> None:
    text, target = (
        plan_text(SAMPLE, between(-1, 400), processors="blocks = true", performance="batch_blocks = 7"),
        SqliteFile(tmp_path / "x.db"),
    )
    job(target.path, text)
    db = sqlite3.connect(target.path)
    (highest,) = db.execute("SELECT max(block_no) FROM block").fetchone()
    db.close()
    assert highest > 0
    plan = compiled(text)
    sink = opener(target, layout(plan))()
    try:
        summary = empty_summary(plan, Options(target), Coverage(-1, 400))
        assert Committer(plan, sink, target, Quiet(), summary, 0.0).highest == highest
    finally:
        sink.close()
