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
    return Session(connector(server), server.pool, server.settings)


def open_server(server: Server, layout: Layout) -> MysqlSink:
    """Errors: as `MysqlSink`."""
    return MysqlSink(session_of(server), layout, server.statement_bytes, server.load_data, audit=server.audit.table)


def _resolved(reference: Reference | None) -> Secret | None:
    return None if reference is None else resolve(reference)
