"""One attempt to connect, recorded however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from nectar.config.profile.model import Server
from nectar.errors import NectarError
from nectar.server import faults
from nectar.server.audit import OK, Attempt, AuditLog, now, os_user
from nectar.server.facts import NO_TLS, Secured


class RecordedConnection(Protocol):
    """A connection of any family."""

    @property
    def secured(self) -> Secured: ...

    def drop(self) -> None: ...


@dataclass
class AttemptResult:
    """What is known of an attempt when it ends."""

    address: str = ""
    outcome: str = OK
    connection: RecordedConnection | None = None


@contextmanager
def recorded(server: Server, audit: AuditLog, *, begun_only: bool = False) -> Iterator[AttemptResult]:
    """`begun_only`: a good end is only the beginning of attempts that have records of their own.

    Errors: ConnectError NEC-Y042, and the connection is closed then.
    """
    note, time_, began = AttemptResult(), now(), time.perf_counter()
    try:
        yield note
    except BaseException as error:
        note.outcome = (error.code if isinstance(error, NectarError) else "") or type(error).__name__
        if note.outcome != faults.NO_RECORD.code:
            _add(audit, note, _attempt(server, note, time_, time.perf_counter() - began))
        raise
    if note.outcome != OK or not begun_only:
        _add(audit, note, _attempt(server, note, time_, time.perf_counter() - began))


def _add(audit: AuditLog, note: AttemptResult, attempt: Attempt) -> None:
    try:
        audit.add(attempt)
    except NectarError:
        if note.connection is not None:
            note.connection.drop()
        raise


def _attempt(server: Server, note: AttemptResult, time_: str, seconds: float) -> Attempt:
    secured = note.connection.secured if note.connection else NO_TLS
    return Attempt(
        time=time_,
        user=server.user,
        os_user=os_user(),
        pid=os.getpid(),
        host=server.host,
        address=note.address,
        port=server.port,
        database=server.database,
        tunnel=server.tunnel.host if server.tunnel else "",
        tls_version=secured.version,
        cipher=secured.cipher,
        certificate=secured.fingerprint,
        outcome=note.outcome,
        seconds=round(seconds, 6),
    )
