"""One server for the length of a job: its secrets, its audit log, its rate limit and its metrics."""

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
"""Reads a secret. It is called at the first use, and its answer is kept."""


class Connector:
    """`connect` may be called repeatedly. Errors: those of `connect_to_server`, and of reading a secret."""

    def __init__(self, server: Server, password: Resolve, tunnel_secret: Resolve = lambda: None) -> None:
        self.server = server
        self.metrics, self.audit = Metrics(), AuditLog(server.audit.file)
        self._attempts = Attempts(server.limits.attempts_per_minute)
        self._password, self._tunnel_secret = _once(password), _once(tunnel_secret)
        self._first = True

    def connect(self, *, database: bool = True) -> MysqlConnection:
        """Open a new connection.

        `database` False: choose no database. The first may take longer, since a sleeping server wakes up.
        """
        self.metrics.move(waiting=1)
        try:
            connection = connect_to_server(
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
        self.metrics.handshake(connection.facts.tcp_seconds + connection.facts.login_seconds)
        return connection


def _once(resolve: Resolve) -> Resolve:
    kept: list[Secret | None] = []

    def read() -> Secret | None:
        if not kept:
            kept.append(resolve())
        return kept[0]

    return read
