"""Databases filled from real blocks, each beside its SQLAlchemy engine and a way to read it without SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from nectar.compiler.ddl.statements import statements
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.agreement.loading import load
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.conftest import ROOT
from tests.metadata.filled import Filled, of_server, of_sqlite
from tests.mysql.conftest import running, server
from tests.mysql.jobs import plan_of, profile
from tests.mysql.server import Server
from tests.runner.jobs import EVERYTHING, between, plan_text

__all__ = ["running", "server"]

LATE = plan_text(
    ROOT / "tests/data/preview-late/immutable",
    between(38_417_768, 38_422_087),
    processors=EVERYTHING.replace("transactions = true", "transactions = { tx_cbor = true, address_table = true }"),
)


@pytest.fixture(scope="session")
def sqlite_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite with blocks of every era."""
    path = tmp_path_factory.mktemp("metadata") / "blocks.db"
    compiled = compiled_from(EVERY_TABLE)
    raws = [block.read_bytes() for block in sorted((ROOT / "tests/data/blocks").glob("*.block")) if "Dijkstra" not in block.name]
    load(path, compiled, raws).close()
    with closing(sqlite3.connect(path)) as database:
        for statement in statements(compiled, "sqlite"):
            database.execute(statement.sql)
    return path


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def filled(request: pytest.FixtureRequest) -> Iterator[Filled]:
    """A database of real blocks, with every table of the full plan."""
    if request.param == "sqlite":
        yield from of_sqlite(request.getfixturevalue("sqlite_blocks"))
        return
    running_server: Server = request.getfixturevalue("server")
    with running_server.scratch() as name:
        run(plan_of(LATE), Options(profile(running_server, name), workers=1), Quiet(), Stop())
        yield from of_server(running_server, name)


@pytest.fixture(params=["sqlite", "mysql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """A database with every table of the full plan and no rows."""
    schema = [statement.sql for statement in statements(compiled_from(EVERY_TABLE), request.param)]
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "empty.db")) as database:
            for sql in schema:
                database.execute(sql)
        yield from of_sqlite(tmp_path / "empty.db")
        return
    running_server: Server = request.getfixturevalue("server")
    with running_server.scratch() as name:
        with running_server.connect(name) as connection, connection.cursor() as cursor:
            for sql in schema:
                cursor.execute(sql)
        yield from of_server(running_server, name)


@pytest.fixture(scope="session")
def sqlite_engine(sqlite_blocks: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{sqlite_blocks}")
    yield engine
    engine.dispose()
