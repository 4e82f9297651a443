"""The console script `nectar`. It imports nothing heavy before it knows which command was asked for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from nectar import __version__
from nectar.cli.startup import start_quickly


def main() -> NoReturn:
    """The console script: runs the command line and leaves with its exit code."""
    ours = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    for number in ours:
        signal.signal(number, _leave)
    _open_closed_streams()
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        print(f"nectar {__version__}")
        raise SystemExit(0)
    start_quickly()
    try:
        code = guarded_command_line(words)
    except KeyboardInterrupt:  # one more signal, while an earlier one was already ending the command
        code = 130
    for number in ours:
        signal.signal(number, _leave)
    raise SystemExit(code)


def guarded_command_line(words: Sequence[str]) -> int:
    """Runs `nectar WORDS` and reports its error, if any, on standard error: as JSON where the words ask for JSON."""
    from nectar.cli.exits import guard
    from nectar.cli.usage_errors import json_is_asked

    return guard(lambda: _run(words), in_json=json_is_asked(words))


def _run(words: Sequence[str]) -> int:
    from nectar.cli.app import run_command_line

    return run_command_line(words)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Ends the process before the command has begun and after it has ended: nothing is left to tidy up then."""
    os._exit(128 + number)


def _open_closed_streams() -> None:
    """Opens the null device for each of standard input, output and error that is closed.

    Otherwise the next file that is opened, perhaps a database, would get that stream's number, and all that is printed.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
