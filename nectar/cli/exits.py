"""The one outer handler: every way a command can end, as an exit code.

    0 done     1 a person must act     2 the text is wrong     3 a bug     130 / 143 interrupted
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from nectar import __version__
from nectar.errors import NectarError, PlanError

BUG = 3
INTERRUPTED = 130
READER_GONE = 1


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
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place: whatever else comes is a bug
        if type(error).__name__ == "Abort":                                # click's KeyboardInterrupt, wherever Typer keeps it
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        _confess(error)
        return BUG


def _told(error: NectarError) -> str:
    lines = [f"error{f' {error.code}' if error.code else ''}: {error.what}"]
    if error.where:
        lines.append(f"  where: {error.where}")
    if error.hint:
        lines.append(f"  next:  {error.hint}")
    return "\n".join(lines)


def _confess(error: BaseException) -> None:
    print(f"error: this is a bug in Nectar ({type(error).__name__})", file=sys.stderr)
    text = crash_report(error)
    try:
        path = _write_report(text)
    except OSError:
        print(text, file=sys.stderr)
        return
    print(f"  a report was written to {path}", file=sys.stderr)
    print("  next:  send it to Nectar's issue tracker; it holds lines of code and no values", file=sys.stderr)


def crash_report(error: BaseException) -> str:
    """Versions, and for each exception of the chain its type and its lines of code.

    Neither messages nor local variables nor the command line: any of them could hold a secret.
    """
    head = [
        f"nectar {__version__}",
        f"python {platform.python_version()} on {platform.platform()}",
        f"date {time.strftime('%Y-%m-%d %H:%M:%S %z')}",
    ]
    for link in _chain(error):
        head += ["", f"{type(link).__module__}.{type(link).__qualname__}"]
        for frame in traceback.extract_tb(link.__traceback__):
            place = "/".join(Path(frame.filename).parts[-3:])
            head += [f"  {place}:{frame.lineno} in {frame.name}", f"    {frame.line or ''}"]
        if type(link).__name__ == "WorkerBug":                # its note is the other process's lines of code, values left out
            head += link.__notes__
    return "\n".join(head) + "\n"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it came from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _write_report(text: str) -> Path:
    """In the working folder, or where temporary files go; readable by its owner only."""
    name = f"nectar-crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return folder / name
    raise OSError("no folder to write to")
