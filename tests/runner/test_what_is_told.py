"""What a job says of itself: before it writes, and when it is stopped while it closes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from nectar.config.plan.bounds import NOT_FOLLOWED
from nectar.config.profile.model import SqliteFile
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.conftest import ROOT
from tests.node.peers import Said
from tests.runner.jobs import compiled, job, plan_text
from tests.runner.test_dry_runs import Stopping

SAMPLE = ROOT / "tests/data/preview/immutable"
UP_TO = 'start = "origin"\nend_slot = 400'


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_plan(dry_run: bool, tmp_path: Path) -> None:
    report, plan = Said(), compiled(plan_text(SAMPLE, UP_TO, processors="blocks = true"))
    run(plan, Options(SqliteFile(tmp_path / "x.db"), workers=1, dry_run=dry_run), report, Stop())
    where = None if dry_run else str(tmp_path / "x.db")
    text = f"plan test on preview into {where or 'nowhere: a dry run'}\nfingerprint {plan.fingerprint}"
    assert report.said[0] == (
        "plan",
        text,
        {"plan": "test", "network": "preview", "database": where, "fingerprint": plan.fingerprint},
    )


@pytest.mark.parametrize(("once", "sync"), [({}, 'start = "origin"'), ({"once": True}, 'start = "origin"'), ({}, UP_TO)])
def test_files_are_not_followed(once: dict[str, Any], sync: str, tmp_path: Path) -> None:
    """Said where a plan without an end may be thought to go on, unless it was asked to do what is there and no more."""
    report = Said()
    run(
        compiled(plan_text(SAMPLE, sync, processors="blocks = true")),
        Options(SqliteFile(tmp_path / "x.db"), workers=1, **once),
        report,
        Stop(),
    )
    assert (NOT_FOLLOWED in report.of("note")) == (not once and sync != UP_TO)


def test_one_that_is_stopped_while_it_closes(tmp_path: Path) -> None:
    stop, text = Stop(), plan_text(SAMPLE, UP_TO, processors="blocks = true\ntransactions = true")
    summary = job(tmp_path / "x.db", text, report=Stopping(stop, "closing"), stop=stop)
    assert summary.stopped == "as asked, before the closing passes were done. Run again to go on"
    assert job(tmp_path / "x.db", text).stopped == ""


def test_the_seconds_until_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a program they are those that a person reads."""
    monkeypatch.setattr("nectar.runner.retry.random.uniform", lambda *_: 1.234)
    other = apsw.Connection(str(tmp_path / "x.db"))
    other.execute("BEGIN IMMEDIATE")
    stop = Stop()
    report = Stopping(stop, "retry")
    job(tmp_path / "x.db", plan_text(SAMPLE, UP_TO, processors="blocks = true"), report=report, stop=stop)
    other.close()
    ((_, text, facts),) = (one for one in report.said if one[0] == "retry")
    assert facts["seconds"] == 1.2
    assert text.endswith("; trying again in 1.2 s")
