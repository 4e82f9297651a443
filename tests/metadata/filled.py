"""A database, SQLAlchemy's engine for it, and its driver's own connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.internal_tables import own_tables
from nectar.metadata import metadata
from nectar.tables import Table
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.mysql.server import Server


class Filled(NamedTuple):
    """`raw` is a DB-API connection: sqlite3's or PyMySQL's."""

    dialect: str
    compiled: CompiledPlan
    metadata: sa.MetaData
    engine: sa.Engine
    raw: Any

    @property
    def tables(self) -> Sequence[Table]:
        return (*own_tables(self.dialect), *self.compiled.tables)

    def quoted(self, name: str) -> str:
        return f'"{name}"' if self.dialect == "sqlite" else f"`{name}`"

    def rows(self, table: Table) -> list[tuple[Any, ...]]:
        """Every row by the key, read without SQLAlchemy."""
        names = ", ".join(self.quoted(name) for name in table.column_names)
        cursor = self.raw.cursor()
        cursor.execute(f"SELECT {names} FROM {self.quoted(table.name)}")
        return list(cursor.fetchall())

    def insert(self, table: Table, row: Sequence[Any]) -> None:
        marks = ", ".join("?" if self.dialect == "sqlite" else "%s" for _ in row)
        self.raw.cursor().execute(f"INSERT INTO {self.quoted(table.name)} VALUES ({marks})", tuple(row))
        self.raw.commit()


def of_sqlite(path: Path) -> Iterator[Filled]:
    compiled = compiled_from(EVERY_TABLE)
    engine = sa.create_engine(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as raw:
        yield Filled("sqlite", compiled, metadata(compiled, "sqlite"), engine, raw)
    engine.dispose()


def of_server(server: Server, database: str) -> Iterator[Filled]:
    compiled = compiled_from(EVERY_TABLE)
    url = sa.URL.create("mysql+pymysql", server.user, server.password, server.host, server.port, database)
    engine = sa.create_engine(url, connect_args={"ssl_disabled": True})
    with server.connect(database) as raw:
        yield Filled("mysql", compiled, metadata(compiled, "mysql"), engine, raw)
    engine.dispose()
