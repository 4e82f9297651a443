"""Open the sink of a profile's server."""

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
    """A connector to the server. It reads the secrets when it first connects."""
    tunnel = server.tunnel.password if server.tunnel is not None else None
    return Connector(server, lambda: _secret_of(server.password), lambda: _secret_of(tunnel))


def session_of(server: Server) -> ServerSession:
    """A session that connects at its first statement."""
    return sessions_of(connector(server), 1)[0]


def sessions_of(shared: Connector, count: int) -> list[ServerSession]:
    """Sessions that share one connector, with its metrics, its rate limit and its audit log."""
    return [ServerSession(shared, shared.server.pool, shared.server.settings) for _ in range(count)]


def server_opener(server: Server, layout: Layout) -> Callable[[], MysqlSink]:
    """A function that opens the sink. It may be called until it succeeds.

    All its attempts to connect share one rate limit and one audit log. Errors: as `MysqlSink`.
    """
    shared = connector(server)

    def open_sink() -> MysqlSink:
        sessions = sessions_of(shared, server.pool.size)
        return MysqlSink(sessions, layout, server.statement_bytes, server.load_data, audit=server.audit.table)

    return open_sink


def _secret_of(reference: Reference | None) -> Secret | None:
    return None if reference is None else resolve_secret(reference)
