"""`nectar` run in this process, as its own `main` does it: quick enough for thousands of times."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn
from unittest.mock import patch

from nectar.cli.main import guarded_command_line

PATIENCE_SECONDS = 120


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def nectar(*arguments: object, home: Path, **variables: str) -> Ended:
    """In the folder `home`. Fails when it does not end: nothing that is read may make it wait."""
    out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    with _in(home, variables), redirect_stdout(out), redirect_stderr(err):
        try:
            code = guarded_command_line([str(word) for word in arguments])
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
    out.flush()
    err.flush()
    assert isinstance(out.buffer, BytesIO)
    assert isinstance(err.buffer, BytesIO)
    return Ended(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


@contextmanager
def _in(home: Path, variables: Mapping[str, str]) -> Iterator[None]:
    here, kept = Path.cwd(), {name: value for name, value in os.environ.items() if not name.startswith(("NECTAR_", "XDG_"))}
    os.chdir(home)
    try:
        with patch.dict(os.environ, {**kept, "HOME": str(home), **variables}, clear=True), not_for_ever():
            yield
    finally:
        os.chdir(here)


@contextmanager
def not_for_ever() -> Iterator[None]:
    """Whatever waits for something that never comes is a failure and no hanging test."""

    def late(_: int, __: FrameType | None) -> NoReturn:
        raise AssertionError(f"nothing came of it in {PATIENCE_SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
