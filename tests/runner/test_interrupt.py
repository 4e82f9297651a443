"""Stopped by signals, killed outright, or left by a decoding process: nothing half-written, and the same command goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.runner.report import Quiet
from nectar.runner.signals import Stop
from tests.runner.jobs import between, content, job, plan_text, same

LAST = 17 * 43_200 - 1  # traffic begins in the last two of these
ENOUGH = 60  # seconds after which something hangs

Process = subprocess.Popen[str]


@pytest.fixture(scope="module")
def text(chain: Path) -> str:
    """Many small batches, so that signals come between them."""
    return plan_text(chain / "preview/immutable", between(-1, LAST), performance="batch_blocks = 100")


@pytest.fixture(scope="module")
def whole(text: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    database = tmp_path_factory.mktemp("whole") / "x.db"
    job(database, text)
    return content(database)


@pytest.fixture
def plan(text: str, tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(text)
    return tmp_path / "plan.toml"


@pytest.fixture
def started(plan: Path) -> Iterator[list[Process]]:
    """Processes that a test starts; none outlives it."""
    processes: list[Process] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def start(plan: Path, started: list[Process], workers: int) -> Process:
    command = [sys.executable, "-m", "nectar", "run", str(plan), "--db", str(plan.with_name("x.db"))]
    command += ["--workers", str(workers), "--progress", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    started.append(process)
    return process


def wait_for(process: Process, event: str) -> None:
    """Until the process has said so."""
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"it ended with {process.wait()} and never said {event}")


def children(pid: int) -> list[int]:
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"resource_tracker" not in command:
            pids.append(int(stat.parent.name))
    return pids


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_between_two_batches(
    number: signal.Signals, code: int, workers: int, plan: Path, started: list[Process], whole: dict[str, list[Any]]
) -> None:
    """Sent to the whole group, as a terminal and service managers do."""
    process = start(plan, started, workers)
    wait_for(process, "progress")
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=ENOUGH)
    assert process.returncode == code, err
    summary = json.loads(out)
    assert "dropped whole" in summary["stopped"]
    assert "dropped whole" in err.splitlines()[-1]
    assert "Traceback" not in err
    half = content(plan.with_name("x.db"))
    assert 0 < len(half["block"]) < len(whole["block"])
    assert len(half["block"]) == summary["blocks"] + 1
    assert half["nectar_coverage"][0][1:3] == (-1, max(row[3] for row in half["block"] if row[3] is not None))

    again = start(plan, started, workers)
    out, err = again.communicate(timeout=ENOUGH)
    assert again.returncode == 0, err
    assert json.loads(out)["blocks"] == len(whole["block"]) - len(half["block"])
    same(content(plan.with_name("x.db")), whole)


def test_a_second_signal_stops_at_once(plan: Path, started: list[Process]) -> None:
    process = start(plan, started, 2)
    wait_for(process, "progress")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=ENOUGH)
    assert process.returncode in (130, 143)


@pytest.mark.parametrize("questions", [0, 1, 5, 20])
def test_the_closing_passes_can_be_stopped_too(questions: int, text: str, tmp_path: Path, whole: dict[str, list[Any]]) -> None:
    """Between two statements of the database or within one, which is undone whole."""
    stop = LateStop(questions)
    summary = job(tmp_path / "x.db", text, report=Arms(stop), stop=stop)
    assert "closing passes" in summary.stopped
    assert len(content(tmp_path / "x.db")["indexes"]) < len(whole["indexes"])
    assert job(tmp_path / "x.db", text).stopped == ""
    same(content(tmp_path / "x.db"), whole)


class LateStop(Stop):
    """Asked after the last batch whether to stop, says no so many times, then yes."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.questions, self.armed = questions, False

    def __bool__(self) -> bool:
        self.questions -= self.armed
        return self.questions < 0


class Arms(Quiet):
    def __init__(self, stop: LateStop) -> None:
        self.stop = stop

    def say(self, event: str, text: str, **facts: Any) -> None:
        self.stop.armed = self.stop.armed or event == "closing"


def test_killed_at_any_moment_it_goes_on_where_it_was(plan: Path, started: list[Process], whole: dict[str, list[Any]]) -> None:
    dice = random.Random(7)
    database = plan.with_name("x.db")
    kills = 0
    for _ in range(40):
        process = start(plan, started, 2)
        workers: list[int] = []
        try:
            process.wait(dice.uniform(0.3, 2.5))
            break
        except subprocess.TimeoutExpired:
            workers = children(process.pid)
            process.kill()
            process.communicate()
            kills += 1
        deadline = time.monotonic() + ENOUGH
        while not all(map(gone, workers)):
            assert time.monotonic() < deadline, "decoding processes outlived the runner"
            time.sleep(0.02)
        if database.exists() and database.stat().st_size:
            content(database)
    else:
        process = start(plan, started, 2)
    _, err = process.communicate(timeout=ENOUGH)
    assert process.returncode == 0, err
    assert kills >= 2
    same(content(database), whole)


def test_a_decoding_process_that_dies_is_a_clear_error(plan: Path, started: list[Process], whole: dict[str, list[Any]]) -> None:
    process = start(plan, started, 2)
    wait_for(process, "progress")
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=ENOUGH)
    assert process.returncode == 1, err
    assert "NEC-R003" in err
    assert "nectar-decoder-" in err
    assert "-9" in err
    assert len(content(plan.with_name("x.db"))["block"]) < len(whole["block"])
    job(plan.with_name("x.db"), plan.read_text())
    same(content(plan.with_name("x.db")), whole)
