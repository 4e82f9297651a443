"""The report that Nectar writes about a bug in itself."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nectar import __version__

KEPT_REPORTS = 10
"""How many reports the state folder keeps. A new report replaces the oldest."""

_NAME = re.compile(r"nectar-crash-[0-9]{8}-[0-9]{6}-[0-9]+\.txt")


def crash_report(error: BaseException) -> str:
    """The report: versions, and for each exception of the chain its type and its lines of code.

    It holds no message, no local variable and no command line, because each of them could hold a secret.
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
        if type(link).__name__ == "WorkerBug":  # its notes are the lines of code in the worker process, without values
            head += link.__notes__
    return "\n".join(head) + "\n"


def write_report(text: str) -> Path:
    """Writes the report to the state folder, or else to the folder for temporary files. Only its owner may read it.

    Errors: OSError when neither folder can be written to.
    """
    name = f"nectar-crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _write_new(folder / name, text)
    except OSError:
        return _write_new(Path(tempfile.gettempdir()) / name, text)
    _delete_oldest(folder)
    return path


def state_folder() -> Path:
    """The folder for a user's reports, by the XDG rules: a relative XDG_STATE_HOME counts as unset."""
    base = Path(os.environ.get("XDG_STATE_HOME") or "")
    return (base if base.is_absolute() else Path(os.path.expanduser("~/.local/state"))) / "nectar"


def _write_new(path: Path, text: str) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _delete_oldest(folder: Path) -> None:
    """Deletes all but the newest reports, and no other file."""
    with suppress(OSError):
        reports = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())
        for path in reports[:-KEPT_REPORTS]:
            path.unlink(missing_ok=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then its causes."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
