"""Where the server listens, as a unix socket: made anew, and taken away at the end, but never what somebody else has there.

Beside the socket stands `SOCKET.lock`, locked while we serve. It says which socket file is ours: so one that was left behind by
a server that was killed is known, and replaced; a node's own is not, be it alive or not.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nectar.errors import FatalError

MADE = "nectar node serve"
_ANSWER_SECONDS = 1.0
_LOCK_BYTES = 200
_HINT = "name another --socket; nothing was taken away"


@contextmanager
def listen_at(path: Path) -> Iterator[socket.socket]:
    """A socket that listens at `path`; both files are gone afterwards. Errors: FatalError NEC-V003; OSError."""
    if (found := _kind(path)) not in ("", "socket"):
        raise _taken(path, f"there is a {found} already, and it is not replaced")
    with _locked(path.with_name(path.name + ".lock")) as lock:
        if found:
            _take_away_ours(path, os.pread(lock, _LOCK_BYTES, 0))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            mine = _mark(path)
            try:
                os.ftruncate(lock, 0)
                os.pwrite(lock, mine, 0)
                yield listener
            finally:
                with contextlib.suppress(FileNotFoundError):
                    if _mark(path) == mine:
                        path.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Errors: FatalError NEC-V003 when another server has the lock, or the file is not a lock of ours."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _taken(path, f"the lock beside the socket cannot be had: {(error.strerror or str(error)).lower()}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _taken(path, "another server has this lock: it serves at this socket") from error
        said = os.pread(lock, _LOCK_BYTES, 0) if stat.S_ISREG(os.fstat(lock).st_mode) else b"?"
        if not (said.startswith(MADE.encode()) or not said):
            raise _taken(path, f"there is something already that is not the lock of `{MADE}`, and it is not replaced")
        if not os.path.samestat(os.fstat(lock), path.lstat()):
            raise _taken(path, "another server has just ended here: try again")
        try:
            yield lock
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _take_away_ours(path: Path, said: bytes) -> None:
    """A socket that nobody listens at, and that the lock names."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER_SECONDS)
        answer = probe.connect_ex(str(path))
    if answer in (0, errno.EAGAIN):
        raise _taken(path, "somebody listens at this socket already")
    if answer != errno.ECONNREFUSED:
        raise _taken(path, f"there is a socket already: {os.strerror(answer).lower()}")
    if _mark(path) != said:
        hint = f"remove it if nobody needs it, or {_HINT}"
        raise _taken(path, f"there is a socket already that `{MADE}` did not make; nobody listens at it", hint)
    path.unlink()


def _mark(path: Path) -> bytes:
    """What tells this socket file from every other: of another in its place, with the same number even, the time differs."""
    found = path.lstat()
    return f"{MADE} {found.st_dev}:{found.st_ino}:{found.st_mtime_ns}\n".encode()


def _kind(path: Path) -> str:
    """What stands there, in a word; empty for nothing."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ""
    kinds = {stat.S_IFSOCK: "socket", stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "FIFO"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _taken(path: Path, what: str, hint: str = _HINT) -> FatalError:
    return FatalError(f"cannot listen: {what}", where=str(path), hint=hint, code="NEC-V003")
