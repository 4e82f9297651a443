"""Reads the files that a user names: only regular files, and never more bytes than a file of that kind may have."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

TOML = 4 * 1024 * 1024  # a plan, a profile, an included file, a plan of Carp's
LIST = 64 * 1024 * 1024  # @file("..") of a filter
GENESIS = 64 * 1024 * 1024  # each of a network's genesis files, and config.json
SECRET = 64 * 1024  # a secret, a key of `nectar secrets`, a token, an SSH key
CERTIFICATES = 10_000_000  # a PEM file; known_hosts
CHUNK = 1024 * 1024 * 1024  # a chunk file of a chain, and its index
SCRIPT = 16 * 1024 * 1024  # the scripts of `nectar node serve`

_PIECE = 1024 * 1024
_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)


def read_file(path: Path, most: int) -> bytes:
    """The whole file. `path` may be a link. Errors: OSError, whose `strerror` gives the reason and shows nothing of the
    content."""
    handle = open_regular(path)
    try:
        return read_open(handle, most)
    finally:
        os.close(handle)


def read_text(path: Path, most: int) -> str:
    """As `read_file`, decoded as UTF-8, without a byte order mark."""
    data = read_file(path, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, f"byte {error.start:,} is not UTF-8", str(path)) from None


def open_regular(path: Path) -> int:
    """A handle to read from. The opened file is checked, not its name. Opening never waits, as it would for a pipe's writer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError:  # a NUL, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can have this name") from None
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.EINVAL, "it is a socket, not a file", str(path)) from None
        raise
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = next((what for is_kind, what in _KINDS if is_kind(mode)), "it is no regular file")
        raise OSError(errno.EINVAL, what, str(path))
    return handle


def read_open(handle: int, most: int) -> bytes:
    """The bytes from the current position to the end. Refused at the first byte beyond `most`, whatever size the file reports."""
    pieces: list[bytes] = []
    left = most + 1
    while left and (piece := os.read(handle, min(_PIECE, left))):
        pieces.append(piece)
        left -= len(piece)
    if not left:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return b"".join(pieces)
