"""`nectar plan compile` as a user runs it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.commands import run_nectar
from tests.compiler.making import ALL


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(ALL)
    return path


def compile_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_nectar("plan", "compile", *arguments)


def test_it_prints_the_compiled_plan(plan: Path) -> None:
    done = compile_command(plan)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["plan"]["name"] == "a plan"


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "tidb"])
def test_it_prints_sql(plan: Path, dialect: str) -> None:
    done = compile_command(plan, "--emit-sql", "--dialect", dialect)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-- Nectar plan a plan on preview\n-- fingerprint ")
    assert ("STRICT" in done.stdout) is (dialect == "sqlite")


def test_the_files_make_a_database_together(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "not" / "yet" / "there"
    done = compile_command(plan, "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    database = sqlite3.connect(":memory:")
    database.executescript((out / "schema.sql").read_text())
    before = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchone()[0]
    database.executescript((out / "deferred.sql").read_text())
    after = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchone()[0]
    said = json.loads((out / "plan.json").read_text())["indexes"]
    assert (before, after) == (len(said["essential"]), len(said["essential"]) + len(said["deferred"]))
    assert compile_command(plan, "--out", out).returncode == 0


def test_files_that_cannot_be_written_are_said(plan: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = compile_command(plan, "--out", tmp_path / "taken")
    assert done.returncode == 1
    assert "NEC-C001" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_plan_is_exit_2_with_its_place(plan: Path) -> None:
    plan.write_text(ALL.replace("scripts = true", "script = true"))
    done = compile_command(plan)
    assert done.returncode == 2
    assert f"{plan}:" in done.stderr + done.stdout
    assert "did you mean scripts?" in done.stderr + done.stdout
