"""A record of every connection attempt: who, where, how it was protected, how it ended. Never a secret."""

from __future__ import annotations

import errno
import getpass
import json
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from nectar.server import faults

OK = "ok"
_BEGINS = b'{"time": "'
_KEPT = 1000  # records in memory


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to connect.

    `time`: its begin, ISO 8601, UTC, microseconds. `address`: the address that the socket connected to (with a tunnel the SSH
    server's), "" when it did not get that far. `tunnel`: the SSH server's host. `certificate`: SHA-256 of the peer's,
    hexadecimal. `outcome`: OK or an error's code. `seconds`: from begin to end. `attempt` distinguishes attempts of one moment.
    """

    time: str
    user: str
    os_user: str
    pid: int
    host: str
    address: str
    port: int
    database: str
    tunnel: str = ""
    tls_version: str = ""
    cipher: str = ""
    certificate: str = ""
    outcome: str = OK
    seconds: float = 0.0
    attempt: str = field(default_factory=lambda: uuid4().hex[:16])


@dataclass
class AuditLog:
    """Records of attempts.

    `file`: JSON lines, appended with one write each, readable by its owner only. `tell` is called with every record.
    `records`: the last ones. Whoever writes them to a table drains them.
    """

    file: Path | None = None
    tell: Callable[[Attempt], None] | None = None
    records: deque[Attempt] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ready(self) -> None:
        """Check before anything is sent that records can be written, and not into a file of another kind. Errors: NEC-Y042."""
        if self.file is not None:
            if _is_of_others(self.file):
                raise faults.NO_RECORD.at(str(self.file), "it is a file of something else already: nothing was added to it")
            _append(self.file, "")

    def add(self, attempt: Attempt) -> None:
        """Errors: ConnectError NEC-Y042."""
        with self._lock:
            self.records.append(attempt)
            if self.file is not None:
                _append(self.file, json.dumps(asdict(attempt)) + "\n")
        if self.tell is not None:
            self.tell(attempt)

    def drain(self) -> list[Attempt]:
        """The records since the last call, oldest first (at most the last thousand)."""
        with self._lock:
            taken = list(self.records)
            self.records.clear()
        return taken


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def os_user() -> str:
    """The user of this process: the name, else the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in some containers
        return str(os.getuid())


def _is_of_others(path: Path) -> bool:
    """Whether it is a regular file that begins with anything but a record.

    A file that may not be read may still be appended to.
    """
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(len(_BEGINS)) not in (_BEGINS, b"")
    return False


def _append(path: Path, line: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            data = line.encode()
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)
    except OSError as error:
        raise faults.NO_RECORD.at(str(path), (error.strerror or str(error)).lower()) from error
