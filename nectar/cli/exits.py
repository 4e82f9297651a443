"""The one outer error handler, and the exit codes of all commands (docs/errors.md lists them in one table)."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import IntEnum
from typing import Any

from nectar.errors import FatalError, NectarError, PlanError
from nectar.runner.signals import Interrupted, hearing, say_at_the_end


class Exit(IntEnum):
    """ACT: a person must act. TEXT: a plan, a profile or the command line is wrong. DIFFERS: a comparison found differences."""

    DONE = 0
    ACT = 1
    TEXT = 2
    BUG = 3
    DIFFERS = 4
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


READER_GONE = Exit.ACT

_SYSTEM_LIMITS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENOENT,
        errno.ESTALE,
    }
)
"""Errors of the system that are no bug of Nectar: memory, space, rights or handles are short, or a file has gone."""

_in_json = False


def guard(run: Callable[[], int], *, in_json: bool = False) -> int:
    """Runs a command, reports its error, if any, on standard error, and returns the exit code.

    SystemExit passes through: a command that raises it has already said why. With `in_json` errors are JSON objects.
    """
    global _in_json
    _in_json = False
    try:
        with hearing() as signals:
            if in_json:
                errors_in_json("interrupted")
            code = _guarded(run)
            if code != Exit.INTERRUPTED or not signals.stop:
                return code
            if not signals.stop.told:  # Typer turned the exception of the signal into code 130
                _interrupted()
            return signals.stop.exit_code
    except Interrupted:  # a second signal, while the first was being reported
        return Exit.INTERRUPTED
    except OSError as error:
        with suppress(OSError):  # standard error is gone too, with its terminal
            tell(_system(error))
        return Exit.ACT


def _guarded(run: Callable[[], int]) -> int:
    try:
        code = run()
        sys.stdout.flush()
        return code
    except NectarError as error:
        return tell(error)
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # otherwise the interpreter reports the broken pipe once more at exit
        return READER_GONE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except MemoryError:
        hint = "lower --workers or [performance] batch_bytes, or raise the limit; nothing is half-written"
        return tell(FatalError("memory ran out", hint=hint, code="NEC-R011"))
    except Exception as error:  # noqa: BLE001 - the one place that catches everything: any other exception is a bug
        if type(error).__name__ == "Abort":  # click's form of KeyboardInterrupt, from Typer's own click or from click itself
            return Exit.INTERRUPTED
        if isinstance(error, OSError) and error.errno in _SYSTEM_LIMITS:
            return tell(_system(error))
        _report_bug(error)
        return Exit.BUG


def errors_in_json(stopped_text: str) -> None:
    """From now on standard error gets JSON objects only, one a line; an error that ends the command is one of them.

    `stopped_text` is the text of the object that a signal leaves behind.
    """
    global _in_json
    _in_json = True
    say_at_the_end(json.dumps({"event": "stopped", "text": stopped_text}))


def tell(error: NectarError) -> int:
    """Prints the error on standard error and returns its exit code."""
    if _in_json:
        print(json.dumps(_as_object(error)), file=sys.stderr)
    elif isinstance(error, PlanError):
        from nectar.cli.complaint_text import complaints_text, wants_colour

        print(complaints_text(error.complaints, wants_colour(sys.stderr)), end="", file=sys.stderr)
    else:
        print(_error_text(error), file=sys.stderr)
    return error.exit_code


def _as_object(error: NectarError) -> Mapping[str, Any]:
    error_object: dict[str, Any] = {
        "event": "error",
        "text": error.what,
        "code": error.code,
        "where": error.where,
        "hint": error.hint,
    }
    if isinstance(error, PlanError):
        from nectar.cli.complaint_formats import fields

        error_object["complaints"] = [fields(complaint) for complaint in error.complaints]
    return error_object | {"exit_code": error.exit_code}


def _interrupted() -> None:
    print(json.dumps({"event": "stopped", "text": "interrupted"}) if _in_json else "interrupted", file=sys.stderr)


def _system(error: OSError) -> FatalError:
    """An error of the system, with the name of the file where there is one; never with the file's content."""
    what = f"the system refused: {(error.strerror or type(error).__name__).lower()}"
    hint = "check limits (ulimit -a), free space, and that the files and the working folder exist; nothing is half-written"
    return FatalError(what, where=str(error.filename or ""), hint=hint, code="NEC-R012")


def _error_text(error: NectarError) -> str:
    lines = [f"error{f' {error.code}' if error.code else ''}: {error.what}"]
    if error.where:
        lines.append(f"  where: {error.where}")
    if error.hint:
        lines.append(f"  next:  {error.hint}")
    return "\n".join(lines)


def _report_bug(error: BaseException) -> None:
    from nectar.cli.crash import crash_report, write_report

    what, text = f"this is a bug in Nectar ({type(error).__name__})", crash_report(error)
    try:
        path = write_report(text)
    except OSError:
        path = None
    if _in_json:
        hint = "send the report to Nectar's issue tracker; it holds lines of code and no values"
        bug = {"event": "error", "text": what, "code": "", "where": str(path or ""), "hint": hint, "exit_code": Exit.BUG}
        print(json.dumps(bug if path else bug | {"report": text}), file=sys.stderr)
        return
    print(f"error: {what}", file=sys.stderr)
    if path is None:
        print(text, file=sys.stderr)
        return
    print(f"  a report was written to {path}", file=sys.stderr)
    print("  next:  send it to Nectar's issue tracker; it holds lines of code and no values", file=sys.stderr)
