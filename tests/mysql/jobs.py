"""Whole jobs into a server's database, and what they leave there."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.config.profile import model as config
from nectar.config.profile.model import ConnectionLimits, ConnectionType, PoolSettings, Reference, Retry, SslMode, Tls, Waits
from nectar.runner.report import Quiet
from tests.mysql.server import Server
from tests.tidb.real import ADDRESS

PASSWORD_VARIABLE = "NECTAR_TESTS_PASSWORD"
SOON = Retry(first=0.002, longest=0.05, patience=60.0, quota=0.01)
OWN = ("nectar_coverage", "nectar_quarantine", "nectar_watched")


def profile(
    server: Server, database: str, *, port: int | None = None, load_data: bool = True, retry: Retry = SOON, writers: int = 1
) -> config.Server:
    """As a profile would say it: plain text, which only tests on loopback may use."""
    return config.Server(
        kind=ConnectionType.TIDB_LOCAL if ADDRESS else ConnectionType.MYSQL,
        host=server.host,
        port=port or server.port,
        user=server.user,
        database=database,
        password=Reference("env", PASSWORD_VARIABLE, "database.password"),
        tls=Tls(SslMode.DISABLED),
        pool=PoolSettings(writers, 300, 3_600),
        waits=Waits(10, 10, 20, 20),
        retry=retry,
        batch_bytes=1 << 24,
        batch_rows=100_000,
        statement_bytes=1 << 20,
        limits=ConnectionLimits(attempts_per_minute=1_000_000),
        load_data=load_data,
    )


def plan_of(text: str) -> CompiledPlan:
    return read_document(load_text(text, "plan.toml"), Path("plan.toml"))


def elsewhere(target: config.Server, port: int) -> config.Server:
    return replace(target, port=port)


def names_in(server: Server, database: str) -> set[str]:
    return {str(name) for (name,) in server.run("SHOW TABLES", database)}


def rows(server: Server, database: str, tables: Iterable[str]) -> dict[str, list[Any]]:
    """Every row of the tables, sorted, as SQLite would give them."""
    with server.connect(database, autocommit=True) as connection, connection.cursor() as cursor:
        content = {}
        for name in sorted(tables):
            cursor.execute(f"SELECT * FROM `{name}`")
            content[name] = sorted(map(_plain, cursor.fetchall()), key=repr)
        return content


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(str(value) if isinstance(value, datetime.datetime | decimal.Decimal) else value for value in row)


def sqlite_rows(database: Path, tables: Iterable[str]) -> dict[str, list[Any]]:
    """The same of a SQLite file; numbers beyond 63 bits are numbers again."""
    db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {name: sorted(db.execute(f'SELECT * FROM "{name}"'), key=repr) for name in sorted(tables)}
    finally:
        db.close()


class Heard(Quiet):
    """What the log said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, event: str, text: str, **facts: Any) -> None:
        self.said.append((event, text))

    def of(self, event: str) -> list[str]:
        return [text for kind, text in self.said if kind == event]
