"""Read the tables, columns, indexes and views of a server's database."""

from __future__ import annotations

from nectar.config.profile.model import Server
from nectar.sinks.introspect import Schema, column_shape, schema_of
from nectar.sinks.mysql.factory import session_of


def database_schema(server: Server) -> Schema:
    """Errors: those of connecting and reading."""
    session = session_of(server)
    of_database = "WHERE table_schema = DATABASE()"
    try:
        columns = session.rows(
            f"SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns {of_database}"
            " ORDER BY table_name, ordinal_position"
        )
        indexes = session.rows(f"SELECT DISTINCT index_name FROM information_schema.statistics {of_database}")
        views = session.rows(f"SELECT table_name FROM information_schema.views {of_database}")
    finally:
        session.drop()
    shapes = ((str(table), str(name), column_shape(_text(type_), null == "YES")) for table, name, type_, null in columns)
    return schema_of(shapes, (str(name) for (name,) in indexes), (str(name) for (name,) in views))


def _text(value: object) -> str:
    """MySQL 8 gives column_type as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
