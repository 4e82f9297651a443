"""Jobs run in this process, and the whole content of what they fill."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.load import parse_plan
from nectar.config.profile.model import Server, SqliteFile
from nectar.runner.report import Quiet, Report
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary

EVERYTHING = """blocks = true
transactions = true
multi_assets = true
metadata = true
scripts = true
certificates = true
withdrawals = true
governance = true"""


def plan_text(
    source: Path,
    sync: str = 'start = "origin"',
    *,
    processors: str = EVERYTHING,
    network: str = "preview",
    more: str = "",
    performance: str = "",
) -> str:
    return f"""
[plan]
name = "test"
network = "{network}"
[source]
kind = "immutable"
path = "{source}"
[sync]
{sync}
[processors]
{processors}
[performance]
{performance}
{more}
"""


def between(first: int, last: int) -> str:
    """The `[sync]` lines of a range of slots; -1 is the origin."""
    start = 'start = "origin"' if first < 0 else f"start_slot = {first}"
    return f"{start}\nend_slot = {last}"


def compiled(text: str) -> CompiledPlan:
    return compile_plan(parse_plan(text, Path("plan.toml")))


def job(
    database: Path | Server,
    text: str,
    *,
    workers: int = 1,
    report: Report | None = None,
    stop: Stop | None = None,
    accept_deep_rollback: int = 0,
) -> RunSummary:
    target = database if isinstance(database, Server) else SqliteFile(database)
    options = Options(target, workers=workers, accept_deep_rollback=accept_deep_rollback)
    return run(compiled(text), options, report or Quiet(), Stop() if stop is None else stop)


def content(database: Path) -> dict[str, list[Any]]:
    """Every row of every table, sorted, but of those that tell how the database came about (plans' names, checkpoints)."""
    db = sqlite3.connect(database)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    rows = {name: _sorted_rows(db, name) for name in sorted(names) if name not in ("nectar_checkpoint", "nectar_plan")}
    indexes = db.execute("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name").fetchall()
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows | {"indexes": indexes}


def _sorted_rows(db: sqlite3.Connection, table: str) -> list[Any]:
    columns = len(db.execute(f'SELECT * FROM "{table}" LIMIT 0').description)
    return db.execute(f'SELECT * FROM "{table}" ORDER BY {", ".join(map(str, range(1, columns + 1)))}').fetchall()


def same(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> None:
    """Says which tables differ, and how, rather than showing both whole."""
    assert left.keys() == right.keys()
    differ = {name: _difference(left[name], right[name]) for name in left if left[name] != right[name]}
    assert not differ, differ


def _difference(left: list[Any], right: list[Any]) -> tuple[list[Any], list[Any]]:
    """A few rows that only one side has."""
    return sorted(set(left) - set(right), key=repr)[:2], sorted(set(right) - set(left), key=repr)[:2]


def run_compiled(database: Path, plan: CompiledPlan) -> sqlite3.Connection:
    """A compiled plan's whole job, in this process; gives the database."""
    run(plan, Options(SqliteFile(database), workers=1), Quiet(), Stop())
    return sqlite3.connect(database)


def everything(database: Path) -> list[str]:
    """All that is in a SQLite database, Nectar's own tables too, as statements."""
    db = sqlite3.connect(database)
    found = list(db.iterdump())
    db.close()
    return found
