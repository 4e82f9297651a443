"""The one outer handler, and every way in which a command can end (docs/errors.md has them in one table)."""

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
    """ACT: a person must act. TEXT: a plan, a profile or the command line is wrong. DIFFERS: what was compared does."""

    DONE = 0
    ACT = 1
    TEXT = 2
    BUG = 3
    DIFFERS = 4
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


READER_GONE = Exit.ACT

_GONE = frozenset(
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
"""What the system refuses for want of something, or because a file or folder is not there any more: no bug of ours."""

_in_json = False


def guard(run: Callable[[], int], *, in_json: bool = False) -> int:
    """Runs a command and tells its error, if any, on stderr. SystemExit passes: a command that ends so has said why."""
    global _in_json
    _in_json = False
    try:
        with hearing() as ears:
            if in_json:
                errors_in_json("interrupted")
            code = _guarded(run)
            if code != Exit.INTERRUPTED or not ears.stop:
                return code
            if not ears.stop.told:  # Typer makes 130 of what a signal raised
                _interrupted()
            return ears.stop.exit_code
    except Interrupted:  # a second one, while the first was told
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains once more at exit
        return READER_GONE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except MemoryError:
        hint = "lower --workers or [performance] batch_bytes, or raise the limit; nothing is half-written"
        return tell(FatalError("memory ran out", hint=hint, code="NEC-R011"))
    except Exception as error:  # noqa: BLE001 - the one place: whatever else comes is a bug
        if type(error).__name__ == "Abort":  # click's KeyboardInterrupt, wherever Typer keeps it
            return Exit.INTERRUPTED
        if isinstance(error, OSError) and error.errno in _GONE:
            return tell(_system(error))
        _confess(error)
        return Exit.BUG


def errors_in_json(what_is_said_when_stopped: str) -> None:
    """From now on standard error gets JSON objects alone, one a line: the error too, if the command ends in one."""
    global _in_json
    _in_json = True
    say_at_the_end(json.dumps({"event": "stopped", "text": what_is_said_when_stopped}))


def tell(error: NectarError) -> int:
    """On standard error; the exit code."""
    if _in_json:
        print(json.dumps(_as_object(error)), file=sys.stderr)
    elif isinstance(error, PlanError):
        from nectar.cli.complaint_text import complaints_text, wants_colour

        print(complaints_text(error.complaints, wants_colour(sys.stderr)), end="", file=sys.stderr)
    else:
        print(_told(error), file=sys.stderr)
    return error.exit_code


def _as_object(error: NectarError) -> Mapping[str, Any]:
    told: dict[str, Any] = {"event": "error", "text": error.what, "code": error.code, "where": error.where, "hint": error.hint}
    if isinstance(error, PlanError):
        from nectar.cli.complaint_formats import fields

        told["complaints"] = [fields(one) for one in error.complaints]
    return told | {"exit_code": error.exit_code}


def _interrupted() -> None:
    print(json.dumps({"event": "stopped", "text": "interrupted"}) if _in_json else "interrupted", file=sys.stderr)


def _system(error: OSError) -> FatalError:
    """What the system said; the file's name, never what is in it."""
    what = f"the system refused: {(error.strerror or type(error).__name__).lower()}"
    hint = "check limits (ulimit -a), free space, and that files and the working folder are there; nothing is half-written"
    return FatalError(what, where=str(error.filename or ""), hint=hint, code="NEC-R012")


def _told(error: NectarError) -> str:
    lines = [f"error{f' {error.code}' if error.code else ''}: {error.what}"]
    if error.where:
        lines.append(f"  where: {error.where}")
    if error.hint:
        lines.append(f"  next:  {error.hint}")
    return "\n".join(lines)


def _confess(error: BaseException) -> None:
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
