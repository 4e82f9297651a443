"""Making a connection as a profile says: to an allowed address, by the tunnel if there is one, protected, recorded."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pymysql

from nectar.config.hosts import is_allowed
from nectar.config.server import Server
from nectar.errors import NectarError
from nectar.network import faults
from nectar.network.attempts import Attempts
from nectar.network.audit import Record, attempted, to_file
from nectar.network.metrics import Metrics
from nectar.network.tls import DEMANDED, context
from nectar.network.wire import Connection
from nectar.secrets.secret import Secret

_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))  # seconds, seconds, tries

Resolve = Callable[[], Secret | None]
"""Asks for a secret; called when it is needed first, and remembered."""


class Connector:
    """One server, for a run. `connect` may be called again and again; attempts are parted and recorded.

    Errors: TransientError NEC-Y002, Y003, Y028, Y041 (worth another try), QuotaError NEC-Y040, ConnectError (a person must
    act), and whatever asking for the secret raises.
    """

    def __init__(self, server: Server, password: Resolve, tunnel_password: Resolve = lambda: None) -> None:
        self.server, self._password, self._tunnel_password = server, password, tunnel_password
        self.metrics = Metrics()
        self.records: list[Record] = [to_file(server.audit.file)] if server.audit.file is not None else []
        self._attempts = Attempts(server.limits.attempts_per_minute)
        self._known: Secret | None = None
        self._tunnel: Any = None

    def connect(self, first: bool = False, *, database: bool = True) -> Connection:
        """`first`: a server that sleeps may take its time. Without `database` none is chosen."""
        self._attempts.wait()
        server, began = self.server, time.monotonic()
        address, made = "", None
        seconds = server.waits.first_connect if first else server.waits.connect
        outcome = "ok"
        try:
            protection = context(server.tls)
            if self._known is None:
                self._known = self._password()
            sock, address = self._socket(seconds)
            made = self._login(sock, protection, database, seconds)
            self.metrics.connections += 1
            self.metrics.handshake.add(time.monotonic() - began)
            return made
        except NectarError as error:
            outcome = error.code
            raise
        finally:
            took = time.monotonic() - began
            tls = made.tls if made is not None else ("", "", "")
            attempt = attempted(server.user, server.host, address, server.port, server.database, tls, outcome, took)
            for record in self.records:
                record(attempt)

    def close(self) -> None:
        """The tunnel's end."""
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.close()

    def _login(self, sock: socket.socket, protection: Any, database: bool, seconds: float) -> Connection:
        server, where = self.server, str(self.server)
        connection = Connection(
            where,
            protection,
            demands_tls=server.tls.mode in DEMANDED,
            host=server.host,
            port=server.port,
            user=server.user,
            password=self._known.reveal() if self._known is not None else "",
            database=server.database if database and server.database else None,
            charset="utf8mb4",
            autocommit=False,
            connect_timeout=max(int(seconds), 1),
            read_timeout=seconds,
            write_timeout=server.waits.write,
        )
        try:
            connection.connect(sock)
        except (pymysql.Error, OSError, EOFError) as error:
            sock.close()
            raise faults.refused(where, error) from error
        except BaseException:
            sock.close()
            raise
        finally:
            connection.password = b""
        connection._read_timeout = server.waits.read  # type: ignore[attr-defined]
        return connection

    def _socket(self, seconds: float) -> tuple[socket.socket, str]:
        """To the first address that is allowed and answers. The name is not asked about a second time."""
        server, where = self.server, str(self.server)
        if server.tunnel is not None:
            return self._through(seconds), f"by {server.tunnel.host}"
        try:
            found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise faults.unknown_name(where, error.strerror or str(error)) from error
        addresses = [(family, place) for family, _, _, _, place in found]
        allowed = [(family, place) for family, place in addresses if is_allowed(server.limits.hosts, server.host, str(place[0]))]
        if not allowed:
            raise faults.not_allowed(where, f"{server.host} ({', '.join(sorted({str(place[0]) for _, place in addresses}))})")
        why = ""
        for family, place in allowed:
            try:
                return dialled(family, place, seconds), str(place[0])
            except OSError as error:
                slow = isinstance(error, TimeoutError)
                why = f"no connection within {seconds:g} s" if slow else (error.strerror or str(error)).lower()
        raise faults.unreachable(where, why)

    def _through(self, seconds: float) -> socket.socket:
        from nectar.network.tunnel import Forward

        server = self.server
        assert server.tunnel is not None
        if self._tunnel is None or not self._tunnel.alive:
            self._tunnel = Forward(server.tunnel, self._tunnel_password(), server.limits.hosts, seconds)
        stream: socket.socket = self._tunnel.stream(server.host, server.port, seconds)
        return stream


def dialled(family: int, place: Any, seconds: float) -> socket.socket:
    """A TCP stream that notices when the other side is gone."""
    stream = socket.socket(family, socket.SOCK_STREAM)
    try:
        stream.settimeout(seconds)
        stream.connect(place)
    except BaseException:
        stream.close()
        raise
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):
            stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return stream
