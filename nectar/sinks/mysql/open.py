"""A profile's server, as a sink."""

from __future__ import annotations

from nectar.config.server import Reference, Server
from nectar.network.connector import Connector
from nectar.secrets.registry import resolve
from nectar.secrets.secret import Secret
from nectar.sinks.mysql.session import Session
from nectar.sinks.mysql.sink import MysqlSink
from nectar.sinks.seam import Layout


def connector(server: Server) -> Connector:
    """Its secrets are asked for when it first connects."""
    tunnel = server.tunnel.password if server.tunnel is not None else None
    return Connector(server, lambda: _resolved(server.password), lambda: _resolved(tunnel))


def session_of(server: Server) -> Session:
    """Connects when it is asked something."""
    return sessions_of(server, 1)[0]


def sessions_of(server: Server, count: int) -> list[Session]:
    """With one connector: what it counts and records is of all of them."""
    shared = connector(server)
    return [Session(shared, server.pool, server.settings) for _ in range(count)]


def open_server(server: Server, layout: Layout) -> MysqlSink:
    """Errors: as `MysqlSink`."""
    sessions = sessions_of(server, server.pool.size)
    return MysqlSink(sessions, layout, server.statement_bytes, server.load_data, audit=server.audit.table)


def _resolved(reference: Reference | None) -> Secret | None:
    return None if reference is None else resolve(reference)
