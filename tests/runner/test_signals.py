"""Ctrl-C, SIGTERM and a closed terminal end a job in its own waits: the right exit code, one message, and nothing left behind."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nectar.errors import StoppedError
from nectar.runner.signals import Halted, Stop
from tests.cli.databases import profile
from tests.interop.peers import nectar_server, running
from tests.mysql.server import free_port
from tests.runner.jobs import content
from tests.runner.signalled import BOTH, GENEROUS, PLAN, SAMPLE, job, started, stopped


def test_a_wait_ends_when_the_job_is_to_stop() -> None:
    stop = Stop()
    stop.wait(0.01)
    stop.number = signal.SIGTERM
    with pytest.raises(Halted):
        stop.wait(3_600)


@BOTH
def test_while_the_node_is_tried_again(number: int, tmp_path: Path) -> None:
    stopped(["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"], tmp_path, number, '"retry"')
    assert not (tmp_path / "x.db").exists()


@BOTH
def test_while_the_database_is_tried_again(number: int, tmp_path: Path) -> None:
    stopped(job("--profile", profile(tmp_path, free_port(), "x")), tmp_path, number, '"retry"')


@BOTH
def test_while_attempts_are_limited(number: int, tmp_path: Path) -> None:
    more = "[limits]\nattempts_per_minute = 1\n"
    stopped(job("--profile", profile(tmp_path, free_port(), "x", more)), tmp_path, number, "NEC-Y041")


@BOTH
def test_while_another_holds_the_file(number: int, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        stopped(job("--db", "x.db"), tmp_path, number, "NEC-K010")
        other.execute("ROLLBACK")
    other.close()


def test_a_terminal_that_is_closed(hang_up: int, tmp_path: Path) -> None:
    stopped(["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"], tmp_path, hang_up, '"retry"')
    kept = tmp_path / "kept"
    kept.mkdir()
    words = ["plan", "explain", PLAN, "--sample", SAMPLE]
    stopped(words, tmp_path, hang_up, lambda: any(kept.glob("nectar-sample-*")), TMPDIR=str(kept))
    assert not any(kept.iterdir())


TRIED = """
[plan]
name = "tried"
network = "preview"
[processors]
blocks = true
[[tests]]
name = "all of it"
slots = [0, 86380]
path = "{path}"
rows = {{ block = 4321 }}
"""


@BOTH
@pytest.mark.parametrize(
    "words", [["plan", "explain", PLAN, "--sample", SAMPLE], ["plan", "test", "tried.toml"]], ids=["sample", "test"]
)
def test_while_a_plan_is_tried(words: list[object], number: int, tmp_path: Path) -> None:
    """A part of the rows tells nothing: neither a sample is shown nor a test said to have failed."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "tried.toml").write_text(TRIED.format(path=SAMPLE))
    text = stopped(words, tmp_path, number, lambda: any(kept.iterdir()), TMPDIR=str(kept))
    assert text.strip() == "interrupted"
    assert not any(kept.iterdir())


def test_nohup_outlives_the_terminal(hang_up: int, tmp_path: Path) -> None:
    signal.signal(hang_up, signal.SIG_IGN)
    with started(job("--db", "x.db"), tmp_path) as one:
        one.wait_for(lambda: '"range"' in one.text())
        one.process.send_signal(hang_up)
        assert one.process.wait(GENEROUS) == 0, one.text()


@BOTH
def test_at_the_tip(number: int, tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        text = stopped(["run", PLAN, "--socket", tmp_path / "s", "--db", "x.db"], tmp_path, number, '"tip"')
    assert "everything up to it is written" in text


@BOTH
def test_while_a_node_is_stood_for(number: int, tmp_path: Path) -> None:
    where = tmp_path / "s"
    stopped(["node", "serve", SAMPLE, "--socket", where, "--network", "preview"], tmp_path, number, "ready")
    assert not where.exists()


# -- how it is said -----------------------------------------------------------------------------------------------------


@BOTH
def test_and_as_one_object_a_line(number: int, tmp_path: Path) -> None:
    with started(["run", PLAN, "--socket", tmp_path / "none", "--progress", "json"], tmp_path) as one:
        one.wait_for(lambda: '"retry"' in one.text())
        told: list[dict[str, Any]] = [
            json.loads(line) for line in one.ended(number).replace("stopped as asked", "", 0).splitlines()
        ]
    assert [line["event"] for line in told if "event" in line][-1] == "stopped"
    assert told[-1]["stopped"].startswith("as asked")


SLOW = """
import sys, time
import nectar.cli.app as app
def slow(arguments):
    print('{"event": "begins"}', file=sys.stderr, flush=True)
    time.sleep(600)
app.run_command_line = slow
from nectar.cli.main import main
main()
"""
"""Finding out what is asked takes long: everything that a command needs is imported then."""


@BOTH
@pytest.mark.parametrize("words", [["--progress", "json"], ["--progress=json"]])
def test_before_the_command_has_begun_too(words: list[str], number: int, tmp_path: Path) -> None:
    text = stopped(job(*words), tmp_path, number, '"begins"', code=SLOW)
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["begins", "stopped"]


def test_patience_that_ends_is_an_error_and_no_stop(tmp_path: Path) -> None:
    from tests.node.jobs import node_job, node_plan

    with pytest.raises(StoppedError):
        node_job(tmp_path / "x.db", tmp_path / "none", node_plan(processors="blocks = true"))


def test_content_is_whole_after_a_break(tmp_path: Path) -> None:
    """A job that is broken off in its first batch leaves a database that the same command fills."""
    with started(job("--db", "x.db", "--progress", "json"), tmp_path) as one:
        one.wait_for(lambda: '"range"' in one.text())
        one.process.send_signal(signal.SIGTERM)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(GENEROUS) in (0, 143)
    with started(job("--db", "x.db"), tmp_path) as again:
        assert again.process.wait(GENEROUS) == 0, again.text()
    assert len(content(tmp_path / "x.db")["block"]) == 4_321
