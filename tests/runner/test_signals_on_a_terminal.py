"""Signals end a command that asks a person something on a terminal, and the terminal is left as it was."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.databases import environment
from tests.runner.signalled import BOTH, GENEROUS, PLAN, SAID


@contextmanager
def on_a_terminal(words: Sequence[object], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nectar", *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        env=environment(HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"), TERM="xterm", COLUMNS="200"),
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def shown(terminal: int, wanted: str) -> str:
    """What it shows until `wanted`, or until it is gone."""
    text, until = "", time.monotonic() + GENEROUS
    while not wanted or wanted not in text:
        assert time.monotonic() < until, text
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                more = os.read(terminal, 65_536)
            except OSError:
                break
            if not more:
                break
            text += more.decode()
    return text


SERVER_WORDS = (
    "--type",
    "mysql",
    "--host",
    "127.0.0.1",
    "--port",
    "1",
    "--user",
    "u",
    "--database",
    "d",
    "--ssl-mode",
    "DISABLED",
)
QUESTIONS: list[tuple[list[object], list[str], str]] = [
    (["init"], [], "Which database"),
    (["init", "--type", "mysql"], [], "Host"),
    (["init", "--type", "mysql", "--host", "127.0.0.1"], [], "Port"),
    (
        ["init", "--type", "mysql", "--host", "db.example", "--port", "1", "--user", "u", "--ssl-mode", "DISABLED"],
        ["Database"],
        "Is that meant?",
    ),
    (["init", *SERVER_WORDS], [], "Where is the password kept"),
    (["init", *SERVER_WORDS, "--no-password"], [], "Write the profile all the same?"),
    (["secrets", "seal", "--passphrase"], [], "the passphrase"),
    (["secrets", "seal", "--passphrase"], ["the passphrase"], "Repeat for confirmation"),
]


@BOTH
@pytest.mark.parametrize(("words", "before", "question"), QUESTIONS, ids=[question for _, _, question in QUESTIONS])
def test_while_something_is_asked(words: list[object], before: list[str], question: str, number: int, tmp_path: Path) -> None:
    """Ctrl-C typed as the question appears, and Enter right behind it; nothing is written, and the terminal shows what is typed."""
    import termios

    with on_a_terminal(words, tmp_path) as (process, terminal):
        for answer in before:
            shown(terminal, answer)
            os.write(terminal, b"an answer\n" if "passphrase" in answer else b"\n")
        shown(terminal, question)
        if number == signal.SIGINT:
            os.write(terminal, b"\x03\n")
        else:
            process.send_signal(number)
        text = shown(terminal, "")
        assert process.wait(GENEROUS) == 128 + number, text
        assert len(SAID.findall(text)) == 1, text
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
    assert not (tmp_path / "profile.toml").exists()


def test_a_signal_as_a_question_begins_is_never_lost(tmp_path: Path) -> None:
    """Raised within what Python itself calls before it waits, and dropped there."""
    code = """
import os, signal, sys
from nectar.cli import asking
from nectar.cli.exits import guard
class Drops:
    def __del__(self): os.kill(os.getpid(), signal.SIGINT); [None for _ in range(99)]
def lost(*_, **__): Drops()
asking.typer.echo = lost
sys.exit(guard(lambda: print("took", asking.ask("Which", "usual")) or 0))
"""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    os.write(ours, b"\n")
    out, _ = process.communicate(timeout=GENEROUS)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 130
    assert b"took" not in out


@BOTH
def test_a_stopped_job_is_told_once_on_a_terminal(number: int, tmp_path: Path) -> None:
    words = ["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"]
    with on_a_terminal(words, tmp_path) as (process, terminal):
        shown(terminal, "trying again")
        process.send_signal(number)
        text = shown(terminal, "")
        assert process.wait(GENEROUS) == 128 + number
    assert len(re.findall("as asked|interrupted", text)) == 1, text
