"""A record of every attempt to connect: who, where, how it was protected, what came of it. Never a secret."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from nectar.errors import ConnectError


@dataclass(frozen=True, slots=True)
class Attempt:
    """`at` in UTC; `fingerprint` the SHA-256 of the server's certificate; `outcome` is ``ok`` or an error's code."""

    at: str
    attempt: str
    user: str
    os_user: str
    process: int
    host: str
    address: str
    port: int
    database: str
    tls: str
    cipher: str
    fingerprint: str
    outcome: str
    seconds: float

    @property
    def who(self) -> str:
        return f"{self.user}, {self.os_user} in process {self.process}"

    @property
    def place(self) -> str:
        return f"{self.host} ({self.address}), port {self.port}, database {self.database}"


Record = Callable[[Attempt], None]


def attempted(
    user: str, host: str, address: str, port: int, database: str, tls: tuple[str, str, str], outcome: str, seconds: float
) -> Attempt:
    """Now, by this process. `tls`: version, cipher, fingerprint; each empty without."""
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    who = (user, _os_user(), os.getpid())
    return Attempt(at, uuid4().hex[:16], *who, host, address, port, database, *tls, outcome, round(seconds, 6))


def to_file(path: Path) -> Record:
    """Appends a line of JSON for each, in one write; only its owner can read a file that it makes.

    Errors: ConnectError NEC-Y050 when that cannot be done: whoever asks for a record does not want to do without.
    """

    def record(attempt: Attempt) -> None:
        line = json.dumps(asdict(attempt)) + "\n"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError as error:
            hint = "make its folder, or let us write there ([audit] file)"
            what = f"the record of connections cannot be kept: {error.strerror}"
            raise ConnectError(what, where=str(path), hint=hint, code="NEC-Y050") from error

    return record


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
