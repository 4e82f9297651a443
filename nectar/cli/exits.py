"""The one outer handler, and every way in which a command can end (docs/errors.md has them in one table)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import IntEnum

from nectar.errors import NectarError, PlanError


class Exit(IntEnum):
    """ACT: a person must act. TEXT: a plan, a profile or the command line is wrong. DIFFERS: what was compared does."""

    DONE = 0
    ACT = 1
    TEXT = 2
    BUG = 3
    DIFFERS = 4
    INTERRUPTED = 130
    TERMINATED = 143


READER_GONE = Exit.ACT


def guard(run: Callable[[], int]) -> int:
    """Runs a command and tells its error, if any, on stderr. SystemExit passes: a command that ends so has said why."""
    try:
        code = run()
        sys.stdout.flush()
        return code
    except PlanError as error:
        from nectar.cli.complaint_text import complaints_text, wants_colour

        print(complaints_text(error.complaints, wants_colour(sys.stderr)), end="", file=sys.stderr)
        return error.exit_code
    except NectarError as error:
        print(_told(error), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())     # else the interpreter complains once more at exit
        return READER_GONE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place: whatever else comes is a bug
        if type(error).__name__ == "Abort":                                # click's KeyboardInterrupt, wherever Typer keeps it
            print("interrupted", file=sys.stderr)
            return Exit.INTERRUPTED
        _confess(error)
        return Exit.BUG


def _told(error: NectarError) -> str:
    lines = [f"error{f' {error.code}' if error.code else ''}: {error.what}"]
    if error.where:
        lines.append(f"  where: {error.where}")
    if error.hint:
        lines.append(f"  next:  {error.hint}")
    return "\n".join(lines)


def _confess(error: BaseException) -> None:
    print(f"error: this is a bug in Nectar ({type(error).__name__})", file=sys.stderr)
    from nectar.cli.crash import crash_report, write_report

    text = crash_report(error)
    try:
        path = write_report(text)
    except OSError:
        print(text, file=sys.stderr)
        return
    print(f"  a report was written to {path}", file=sys.stderr)
    print("  next:  send it to Nectar's issue tracker; it holds lines of code and no values", file=sys.stderr)
