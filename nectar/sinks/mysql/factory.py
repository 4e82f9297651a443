"""A profile's server, as a sink."""

from __future__ import annotations

from collections.abc import Callable

from nectar.config.profile.model import Reference, Server
from nectar.mysql.connector import Connector
from nectar.secrets.registry import resolve_secret
from nectar.secrets.secret import Secret
from nectar.sinks.base import Layout
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.mysql.sink import MysqlSink


def connector(server: Server) -> Connector:
    """Its secrets are asked for when it first connects."""
    tunnel = server.tunnel.password if server.tunnel is not None else None
    return Connector(server, lambda: _resolved(server.password), lambda: _resolved(tunnel))


def session_of(server: Server) -> ServerSession:
    """Connects when it is asked something."""
    return sessions_of(connector(server), 1)[0]


def sessions_of(shared: Connector, count: int) -> list[ServerSession]:
    """What the connector counts and records is of all of them."""
    return [ServerSession(shared, shared.server.pool, shared.server.settings) for _ in range(count)]


def server_opener(server: Server, layout: Layout) -> Callable[[], MysqlSink]:
    """May be called until it succeeds: attempts that failed are counted, limited and recorded with those that follow.
    Errors: as `MysqlSink`."""
    shared = connector(server)

    def opened() -> MysqlSink:
        sessions = sessions_of(shared, server.pool.size)
        return MysqlSink(sessions, layout, server.statement_bytes, server.load_data, audit=server.audit.table)

    return opened


def _resolved(reference: Reference | None) -> Secret | None:
    return None if reference is None else resolve_secret(reference)
