"""What tables, columns, indexes and views a database has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from nectar.config.profile.model import Server, Target
from nectar.sinks.mysql.factory import session_of
from nectar.sinks.sqlite.connection import open_to_read, translated

_WIDTH = re.compile(r"((?:tiny|small|medium|big)?int)\(\d+\)")


class Shape(NamedTuple):
    """A column's type in small letters, without what an integer is shown with; whether it may be NULL."""

    type: str
    null: bool


Columns: TypeAlias = dict[str, Shape]


class Schema(NamedTuple):
    """`tables` by name, columns in their order; the names of indexes and of views."""

    tables: dict[str, Columns]
    indexes: frozenset[str]
    views: frozenset[str]


def shape(type_: str, null: bool) -> Shape:
    return Shape(_WIDTH.sub(r"\1", type_.lower()), null)


def read_schema(target: Target) -> Schema:
    """Without changing anything; a file that is not there has nothing. Errors: those of connecting and reading."""
    return _of_server(target) if isinstance(target, Server) else _of_file(target.path)


def _of_server(server: Server) -> Schema:
    session = session_of(server)
    here = "WHERE table_schema = DATABASE()"
    try:
        columns = session.rows(
            f"SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns {here}"
            " ORDER BY table_name, ordinal_position"
        )
        indexes = session.rows(f"SELECT DISTINCT index_name FROM information_schema.statistics {here}")
        views = session.rows(f"SELECT table_name FROM information_schema.views {here}")
    finally:
        session.drop()
    found = ((str(table), str(name), shape(_text(type_), null == "YES")) for table, name, type_, null in columns)
    return _schema(found, (str(name) for (name,) in indexes), (str(name) for (name,) in views))


def _of_file(path: Path) -> Schema:
    if not path.exists():
        return Schema({}, frozenset(), frozenset())
    db = open_to_read(path)
    with translated(str(path)):
        names = list(db.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
        columns = [
            (str(table), str(name), shape(str(type_), not (strict or key)))
            for kind, table in names
            if kind == "table"
            for _, name, type_, strict, _, key in db.execute(f'PRAGMA table_info("{table}")')
        ]
    db.close()
    return _schema(columns, (n for kind, n in names if kind == "index"), (n for kind, n in names if kind == "view"))


def _schema(columns: Iterable[tuple[str, str, Shape]], indexes: Iterable[str], views: Iterable[str]) -> Schema:
    shown = frozenset(views)
    tables: dict[str, Columns] = {}
    for table, name, form in columns:
        if table not in shown:
            tables.setdefault(table, {})[name] = form
    return Schema(tables, frozenset(indexes), shown)


def _text(value: object) -> str:
    """MySQL 8 gives column_type as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
