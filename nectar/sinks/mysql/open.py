"""A profile's server, as a sink."""

from __future__ import annotations

from nectar.config.server import Server
from nectar.sinks.mysql.session import Session
from nectar.sinks.mysql.sink import MysqlSink
from nectar.sinks.seam import Layout


def session_of(server: Server) -> Session:
    """Its secrets are asked for when it first connects, and kept for later connections."""
    from nectar.sinks.mysql.temporary import connector

    return Session(connector(server), str(server), server.pool, server.settings)


def open_server(server: Server, layout: Layout) -> MysqlSink:
    """Errors: as `MysqlSink`."""
    return MysqlSink(session_of(server), layout, server.statement_bytes, server.load_data)
