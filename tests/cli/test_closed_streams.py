"""Standard input, output or error that is closed: the command ends as ever, and nothing that is printed gets into another file."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.databases import environment
from tests.conftest import ROOT

SAMPLE = ROOT / "tests/data/preview/immutable"
PLAN = ROOT / "plans/preview-sample.toml"
JOB: list[object] = ["run", PLAN, "--source", SAMPLE, "--db", "x.db"]
COMMANDS: list[list[object]] = [
    ["--help"],
    ["plan", "schema"],
    ["plan", "validate", PLAN],
    ["plan", "explain", PLAN],
    ["db", "schema", PLAN],
    JOB,
]
CLOSED = ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"]


def _in_a_shell(words: list[object], redirected: str, folder: Path) -> int:
    command = shlex.join([sys.executable, "-m", "nectar", *map(str, words)])
    return subprocess.run(["sh", "-c", f"exec {command} {redirected}"], cwd=folder, env=environment(HOME=str(folder))).returncode


@pytest.mark.parametrize("closed", CLOSED)
def test_a_command_ends_as_ever(closed: str, tmp_path: Path) -> None:
    for words in COMMANDS:
        assert _in_a_shell(words, closed, tmp_path) == 0, words
    assert not list(tmp_path.rglob("nectar-crash-*"))
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("SELECT count(*) FROM block").fetchone() == (4_321,)
    db.close()


@pytest.mark.parametrize("closed", CLOSED)
def test_an_error_keeps_its_exit_code(closed: str, tmp_path: Path) -> None:
    assert _in_a_shell(["status", "--db", "none.db"], closed, tmp_path) == 1
    assert _in_a_shell(["run", "none.toml"], closed, tmp_path) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_typed_many_times_ends_it_as_one_does(number: int, tmp_path: Path) -> None:
    """From the command's first moment to after its last."""
    for begun in (0.1, 0.4, 0.8):
        command = [sys.executable, "-m", "nectar", *map(str, JOB), "--progress", "json"]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment(HOME=str(tmp_path)), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert process.stderr is not None
        if begun > 0.1:
            process.stderr.readline()  # the job has begun
            time.sleep(begun - 0.4)
        else:
            _until_it_hears(process.pid)
        while process.poll() is None:
            process.send_signal(number)
            time.sleep(0.0005)
        said = process.stderr.read().decode()
        process.stderr.close()
        assert process.returncode in (0, 128 + number, -number), said  # the last: a shell says 128 and the number too
        assert "in close" not in said  # Python itself may tell of one that came while it forgot an object


def _until_it_hears(pid: int) -> None:
    """It handles Ctrl-C in its own way: the word is said before anything heavy is imported."""
    while True:
        caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:")[2].split()[0]
        if int(caught, 16) & 1 << signal.SIGTERM - 1:
            return
        time.sleep(0.001)
