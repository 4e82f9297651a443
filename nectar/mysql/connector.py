"""One server for the length of a run: its secrets, its record of attempts, and what its connections cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nectar.config.profile.model import Server
from nectar.errors import NectarError, TransientError
from nectar.mysql.connect import connect_to_server
from nectar.mysql.connection import MysqlConnection
from nectar.secrets.secret import Secret
from nectar.server.audit import AuditLog
from nectar.server.metrics import Metrics
from nectar.server.rate_limit import Attempts

Resolve = Callable[[], Secret | None]
"""Asks for a secret; called when it is needed first, and remembered."""


class Connector:
    """`connect` may be called again and again. Errors: those of `connect.connect`, and whatever asking for a secret raises."""

    def __init__(self, server: Server, password: Resolve, tunnel_secret: Resolve = lambda: None) -> None:
        self.server = server
        self.metrics, self.audit = Metrics(), AuditLog(server.audit.file)
        self._attempts = Attempts(server.limits.attempts_per_minute)
        self._password, self._tunnel_secret = _once(password), _once(tunnel_secret)
        self._first = True

    def connect(self, *, database: bool = True) -> MysqlConnection:
        """A new connection. Without `database` none is chosen. The first may take longer: a server that sleeps wakes up."""
        self.metrics.move(waiting=1)
        try:
            made = connect_to_server(
                self.server if database else replace(self.server, database=""),
                self._password(),
                audit=self.audit,
                attempts=self._attempts,
                first=self._first,
                local_infile=self.server.load_data,
                tunnel_secret=self._tunnel_secret(),
            )
        except NectarError as error:
            if isinstance(error, TransientError):
                self.metrics.retried(error.code)
            raise
        finally:
            self.metrics.move(waiting=-1)
        self._first = False
        self.metrics.handshake(made.facts.tcp_seconds + made.facts.login_seconds)
        return made


def _once(resolve: Resolve) -> Resolve:
    known: list[Secret | None] = []

    def asked() -> Secret | None:
        if not known:
            known.append(resolve())
        return known[0]

    return asked
