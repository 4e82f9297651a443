"""Where the `nectar` command begins. Nothing heavy is imported before it is known what was asked."""

from __future__ import annotations

import sys
from typing import NoReturn

from nectar import __version__


def main() -> NoReturn:
    """The console script: runs the command line and leaves with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"nectar {__version__}")
        raise SystemExit(0)

    from nectar.cli.exits import guard

    raise SystemExit(guard(_run))


def _run() -> int:
    from nectar.cli.app import run

    return run(sys.argv[1:])
