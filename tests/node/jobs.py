"""Jobs on a node, run in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.config.profile.model import Server, SqliteFile
from nectar.runner.report import Quiet, Report
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary
from tests.runner.jobs import EVERYTHING, content


def node_plan(sync: str = 'start = "origin"', *, processors: str = EVERYTHING, network: str = "preview", more: str = "") -> str:
    return f"""
[plan]
name = "test"
network = "{network}"
[sync]
{sync}
[processors]
{processors}
{more}
"""


def node_job(
    database: Path,
    socket: Path | str,
    text: str,
    *,
    once: bool = True,
    workers: int = 1,
    report: Report | None = None,
    stop: Stop | None = None,
    accept_deep_rollback: int = 0,
) -> RunSummary:
    options = Options(
        database if isinstance(database, Server) else SqliteFile(database), socket=str(socket), workers=workers, once=once
    )
    options = replace(options, accept_deep_rollback=accept_deep_rollback)
    plan = read_document(load_text(text, "plan.toml"), Path("plan.toml"))
    return run(plan, options, report or Quiet(), Stop() if stop is None else stop)


def rows(database: Path) -> dict[str, list[Any]]:
    """Everything but indexes: those that a database at the tip keeps are not the plan's."""
    tables = content(database)
    del tables["indexes"]
    return tables
