"""Record an attempt to connect, however it ends."""

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
    """A connection of any family of databases."""

    @property
    def secured(self) -> Secured: ...

    def drop(self) -> None: ...


@dataclass
class AttemptResult:
    """What is known about an attempt when it ends."""

    address: str = ""
    outcome: str = OK
    connection: RecordedConnection | None = None


@contextmanager
def recorded(server: Server, audit: AuditLog, *, begun_only: bool = False) -> Iterator[AttemptResult]:
    """Record the attempt within it. `begun_only`: record failures only, since attempts with records of their own follow a
    success.

    Errors: ConnectError NEC-Y042; then the connection is closed.
    """
    result, began_at, began = AttemptResult(), now(), time.perf_counter()
    try:
        yield result
    except BaseException as error:
        result.outcome = (error.code if isinstance(error, NectarError) else "") or type(error).__name__
        if result.outcome != faults.NO_RECORD.code:
            _add(audit, result, _attempt(server, result, began_at, time.perf_counter() - began))
        raise
    if result.outcome != OK or not begun_only:
        _add(audit, result, _attempt(server, result, began_at, time.perf_counter() - began))


def _add(audit: AuditLog, result: AttemptResult, attempt: Attempt) -> None:
    try:
        audit.add(attempt)
    except NectarError:
        if result.connection is not None:
            result.connection.drop()
        raise


def _attempt(server: Server, result: AttemptResult, began_at: str, seconds: float) -> Attempt:
    secured = result.connection.secured if result.connection else NO_TLS
    return Attempt(
        time=began_at,
        user=server.user,
        os_user=os_user(),
        pid=os.getpid(),
        host=server.host,
        address=result.address,
        port=server.port,
        database=server.database,
        tunnel=server.tunnel.host if server.tunnel else "",
        tls_version=secured.version,
        cipher=secured.cipher,
        certificate=secured.fingerprint,
        outcome=result.outcome,
        seconds=round(seconds, 6),
    )
