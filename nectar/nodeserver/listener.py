"""The server's unix socket: created at the start and removed at the end. It never replaces a file of anybody else.

Beside the socket stands `SOCKET.lock`, locked while the server runs. It names the socket file that the server made. So a socket
that a killed server left behind is recognized and replaced; a node's own socket never is, whether the node runs or not.
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
_HINT = "name another --socket; nothing was removed"


@contextmanager
def listen_at(path: Path) -> Iterator[socket.socket]:
    """A socket that listens at `path`; both files are removed afterwards. Errors: FatalError NEC-V003; OSError."""
    if (kind := _kind(path)) not in ("", "socket"):
        raise _taken(path, f"a {kind} stands there, and it is not replaced")
    with _locked(path.with_name(path.name + ".lock")) as lock:
        if kind:
            _remove_ours(path, os.pread(lock, _LOCK_BYTES, 0))
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
    """The locked lock file. Errors: FatalError NEC-V003 when another server has the lock, or the file is not a lock of this
    command."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _taken(path, f"the lock beside the socket cannot be had: {(error.strerror or str(error)).lower()}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _taken(path, "another server has this lock: it serves at this socket") from error
        lock_text = os.pread(lock, _LOCK_BYTES, 0) if stat.S_ISREG(os.fstat(lock).st_mode) else b"?"
        if not (lock_text.startswith(MADE.encode()) or not lock_text):
            raise _taken(path, f"there is something already that is not the lock of `{MADE}`, and it is not replaced")
        if not os.path.samestat(os.fstat(lock), path.lstat()):
            raise _taken(path, "another server has just ended here: try again")
        try:
            yield lock
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _remove_ours(path: Path, lock_text: bytes) -> None:
    """Removes the socket that the lock names, if nobody listens at it. Errors: FatalError NEC-V003."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER_SECONDS)
        answer = probe.connect_ex(str(path))
    if answer in (0, errno.EAGAIN):
        raise _taken(path, "somebody listens at this socket already")
    if answer != errno.ECONNREFUSED:
        raise _taken(path, f"there is a socket already: {os.strerror(answer).lower()}")
    if _mark(path) != lock_text:
        hint = f"remove it if nobody needs it, or {_HINT}"
        raise _taken(path, f"there is a socket already that `{MADE}` did not make; nobody listens at it", hint)
    path.unlink()


def _mark(path: Path) -> bytes:
    """A text that identifies this socket file. A later file has another time, even with the same inode number."""
    status = path.lstat()
    return f"{MADE} {status.st_dev}:{status.st_ino}:{status.st_mtime_ns}\n".encode()


def _kind(path: Path) -> str:
    """What stands at `path`, in a word; empty for nothing."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ""
    kinds = {stat.S_IFSOCK: "socket", stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "FIFO"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _taken(path: Path, what: str, hint: str = _HINT) -> FatalError:
    return FatalError(f"cannot listen: {what}", where=str(path), hint=hint, code="NEC-V003")
