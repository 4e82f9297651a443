"""Where the report of a bug goes, and how many are kept."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nectar.cli.crash import KEPT_REPORTS, state_folder
from tests.cli.databases import environment
from tests.conftest import ROOT

BUG = "import nectar.cli.plan_text as there\ndef broken(plan):\n    raise RuntimeError('a value')\nthere.plan_text = broken\n"


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    """A working folder; beside it a module that plants a bug in `nectar plan validate`."""
    (tmp_path / "bug").mkdir()
    (tmp_path / "bug/sitecustomize.py").write_text(BUG)
    (tmp_path / "work").mkdir()
    return tmp_path


def crash(home: Path, **more: str) -> Path:
    """The report that one more crash says it wrote."""
    command = [sys.executable, "-m", "nectar", "plan", "validate", str(ROOT / "plans/full.toml")]
    variables = environment(HOME=str(home)) | {"PYTHONPATH": f"{home / 'bug'}:{ROOT}"} | more
    done = subprocess.run(command, capture_output=True, text=True, cwd=home / "work", env=variables)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "this is a bug in Nectar (RuntimeError)" in done.stderr
    assert list((home / "work").iterdir()) == []
    (line,) = [line for line in done.stderr.splitlines() if "a report was written to" in line]
    return Path(line.partition(" written to ")[2])


@pytest.mark.parametrize(
    ("said", "where"), [("", ".local/state/nectar"), ("relative", ".local/state/nectar"), ("HOME/own", "own/nectar")]
)
def test_it_is_in_the_state_folder_and_its_owners_alone(crashing: Path, said: str, where: str) -> None:
    report = crash(crashing, XDG_STATE_HOME=said.replace("HOME", str(crashing)))
    assert report.parent == crashing / where
    assert "in broken" in report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700


def test_without_a_state_folder_it_is_where_temporary_files_go(crashing: Path) -> None:
    (crashing / "file").write_text("")
    (crashing / "tmp").mkdir()
    assert crash(crashing, XDG_STATE_HOME=str(crashing / "file"), TMPDIR=str(crashing / "tmp")).parent == crashing / "tmp"


def test_the_oldest_go_and_nothing_else_does(crashing: Path) -> None:
    home = crashing / ".local/state/nectar"
    home.mkdir(parents=True)
    old = [home / f"nectar-crash-20200101-0000{number:02}-7.txt" for number in range(KEPT_REPORTS + 2)]
    others = [home / "notes.txt", home / "nectar-crash-20200101-000000-7.txt.kept", home / "nectar-crash-mine.txt"]
    for path in (*old, *others):
        path.write_text("")
    new = crash(crashing)
    assert sorted(home.glob("nectar-crash-2*-*-*.txt")) == [*old[3:], new]
    assert all(path.exists() for path in others)


def test_the_folder_follows_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder() == tmp_path / ".local/state/nectar"
