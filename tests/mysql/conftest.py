"""One server of each program a session, and databases in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.mysql.faults import FaultPlan
from tests.mysql.jobs import PASSWORD_VARIABLE
from tests.mysql.persona import tidb_proxy
from tests.mysql.programs import MARIADB, PERSONA
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server, server_at, started
from tests.tidb.conftest import tidb_parser
from tests.tidb.parsing import TidbParser
from tests.tidb.real import ADDRESS

__all__ = ["database", "persona", "running", "server", "table", "tidb", "tidb_parser"]
Proxied = Callable[[FaultPlan], Proxy]


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[str], Server]]:
    """The server of a program's name, started once a session. A real TiDB in place of all, where one is named."""
    with ExitStack() as stack:

        @cache
        def server_of(name: str) -> Server:
            server = server_at(ADDRESS) if ADDRESS else stack.enter_context(started(name=name))
            os.environ[PASSWORD_VARIABLE] = server.password
            return server

        yield server_of


@pytest.fixture(scope="module")
def server(running: Callable[[str], Server], program: str) -> Server:
    """Shared by all tests of a session: what a test changes, it does in a database of its own."""
    return running(MARIADB if program == PERSONA else program)


@pytest.fixture
def proxied(program: str, server: Server, tidb_parser: TidbParser) -> Proxied:
    """A proxy in front of the server with a plan of faults: as it is, or taken for TiDB."""
    if program != PERSONA or ADDRESS:
        return lambda plan: Proxy(server.address, plan)
    return lambda plan: tidb_proxy(server.address, tidb_parser, plan)


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database's name."""
    with server.scratch() as name:
        yield name


@pytest.fixture
def table(server: Server, database: str) -> str:
    """The name of a database in which there is an empty t (a, b)."""
    server.run("CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT) ENGINE = InnoDB", database)
    return database


@pytest.fixture
def persona(server: Server, tidb_parser: TidbParser) -> Iterator[Proxy]:
    """The server as TiDB Cloud Starter, with nothing to go wrong."""
    with tidb_proxy(server.address, tidb_parser) as running:
        yield running


@pytest.fixture
def tidb(server: Server, database: str, persona: Proxy) -> Iterator[Connection[Cursor]]:
    """A connection to it, in an empty database."""
    connection = server.connect(database, port=persona.port, local_infile=True)
    yield connection
    if connection.open:
        connection.close()
