"""Read the tables, columns, indexes and views of a SQLite file."""

from __future__ import annotations

from pathlib import Path

from nectar.sinks.introspect import Schema, column_shape, schema_of
from nectar.sinks.sqlite.connection import open_to_read, translated


def database_schema(path: Path) -> Schema:
    """A file that does not exist has none. Errors: those of opening it."""
    if not path.exists():
        return Schema({}, frozenset(), frozenset())
    db = open_to_read(path)
    with translated(str(path)):
        names = list(db.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
        columns = [
            (str(table), str(name), column_shape(str(type_), not (strict or key)))
            for kind, table in names
            if kind == "table"
            for _, name, type_, strict, _, key in db.execute(f'PRAGMA table_info("{table}")')
        ]
    db.close()
    indexes = (name for kind, name in names if kind == "index")
    return schema_of(columns, indexes, (name for kind, name in names if kind == "view"))
