"""Where the `nectar` command begins. Nothing heavy is imported before it is known what was asked."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from nectar import __version__


def main() -> NoReturn:
    """The console script: runs the command line and leaves with its exit code."""
    heard = [one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, _leave)
    _open_what_is_closed()
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"nectar {__version__}")
        raise SystemExit(0)

    from nectar.cli.exits import guard
    from nectar.cli.usage import json_is_asked

    try:
        code = guard(_run, in_json=json_is_asked(sys.argv[1:]))
    except KeyboardInterrupt:  # one more signal, while the command was already being ended by one
        code = 130
    for number in heard:
        signal.signal(number, _leave)
    raise SystemExit(code)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Before the command has begun and after it has ended, while others are not listening: there is nothing to tidy up."""
    os._exit(128 + number)


def _open_what_is_closed() -> None:
    """Standard input, output and error lead to nowhere where they were closed: else the next file that is opened, a database
    say, would get the number of one of them, and what is printed."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _run() -> int:
    from nectar.cli.app import run

    return run(sys.argv[1:])
