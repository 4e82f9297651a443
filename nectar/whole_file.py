"""Writes a file whole or not at all, and never replaces another one unless the caller asks for it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from secrets import token_hex

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
"""The errors of a file system without hard links."""


def write_whole(
    path: Path, data: str | bytes, *, mode: int = 0o666, replace: bool = False, owner: tuple[int, int] | None = None
) -> Path:
    """Writes `data` beside `path`, then moves it there in one step. A link at `path` is never followed.

    With an `owner`, the file is given to it where this user may do so, and the mode is exact; else the umask applies.
    Errors: OSError; FileExistsError where anything stands at `path`, unless `replace`, which replaces regular files alone.
    """
    if replace and os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(errno.EINVAL, "what stands there is no regular file, and it is not replaced", str(path))
    beside = path.parent / f".{path.name[:100]}.{token_hex(6)}"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode if owner is None else 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            if owner is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(handle, *owner)
                os.fchmod(handle, mode)
            os.fsync(handle)
        if replace:
            os.replace(beside, path)
        else:
            _put(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _put(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # an empty file of ours reserves the place
        os.replace(beside, path)


def begins_with(path: Path, words: bytes) -> bool:
    """Whether `path` is a regular file, not a link, that begins with `words` or is empty. False when it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with open(handle, "rb") as file:
        return path.is_file() and file.read(len(words)) in (words, b"")
