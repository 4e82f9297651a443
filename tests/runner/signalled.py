"""Commands that are started, waited for, and told to stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.databases import environment
from tests.conftest import ROOT

SAMPLE = ROOT / "tests/data/preview/immutable"
PLAN = ROOT / "plans/preview-sample.toml"
GENEROUS = 60  # seconds after which a test says that something was not heard
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
SAID = re.compile(r"stopped as asked|interrupted")


class Started:
    """A command under way; what it says on either stream is kept."""

    def __init__(self, words: Sequence[object], folder: Path, code: str, **more: str) -> None:
        self.said = (folder / "said").open("w+b")
        command = [sys.executable, *(["-c", code] if code else ["-m", "nectar"]), *map(str, words)]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(HOME=str(folder), **more),
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=self.said,
            stderr=subprocess.STDOUT,
        )

    def text(self) -> str:
        return os.pread(self.said.fileno(), 1 << 20, 0).decode(errors="replace")

    def wait_for(self, seen: Callable[[], bool]) -> None:
        until = time.monotonic() + GENEROUS
        while not seen():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.02)

    def ended(self, number: int) -> str:
        """After the signal: its exit code is right, and it says once that it was stopped."""
        self.process.send_signal(number)
        began = time.monotonic()
        code = self.process.wait(GENEROUS)
        print(f"heard after {time.monotonic() - began:.2f} s")
        text = self.text()
        assert code == 128 + number, text
        assert "Traceback" not in text
        assert "bug" not in text
        assert len(SAID.findall(text)) == 1, text
        return text


@contextmanager
def started(words: Sequence[object], folder: Path, *, code: str = "", **more: str) -> Iterator[Started]:
    one = Started(words, folder, code, **more)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.communicate()
        one.said.close()


def stopped(
    words: Sequence[object], folder: Path, number: int, told: str | Callable[[], bool], *, code: str = "", **more: str
) -> str:
    """Started, waited for until it says `told` or that is so, signalled."""
    with started(words, folder, code=code, **more) as one:
        one.wait_for(told if callable(told) else lambda: told in one.text())
        return one.ended(number)


def job(*more: object) -> list[object]:
    return ["run", PLAN, "--source", SAMPLE, *more]
