"""The report of a bug: what it holds, and where it is kept."""

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

KEPT = 10
"""Reports in the state folder. An older one goes when a new one comes."""

_NAME = re.compile(r"nectar-crash-[0-9]{8}-[0-9]{6}-[0-9]+\.txt")


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
        if type(link).__name__ == "WorkerBug":  # its note is the other process's lines of code, values left out
            head += link.__notes__
    return "\n".join(head) + "\n"


def write_report(text: str) -> Path:
    """In the state folder, or where temporary files go; readable by its owner only.

    Errors: OSError, when neither can be written.
    """
    name = f"nectar-crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    home = state_folder()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = _write_new(home / name, text)
    except OSError:
        return _write_new(Path(tempfile.gettempdir()) / name, text)
    _forget_oldest(home)
    return written


def state_folder() -> Path:
    """Where what is known of runs is kept for a user, by the XDG rule: a relative path counts as unset."""
    said = Path(os.environ.get("XDG_STATE_HOME") or "")
    return (said if said.is_absolute() else Path(os.path.expanduser("~/.local/state"))) / "nectar"


def _write_new(path: Path, text: str) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _forget_oldest(folder: Path) -> None:
    """Only files named as reports are."""
    with suppress(OSError):
        reports = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())
        for path in reports[:-KEPT]:
            path.unlink(missing_ok=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it came from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
