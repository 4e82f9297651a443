"""One MariaDB a session, and databases in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.mysql.faults import FaultPlan
from tests.mysql.jobs import PASSWORD_VARIABLE
from tests.mysql.persona import tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import SERVER, Server, mariadb, server_at
from tests.tidb.conftest import tidb_parser
from tests.tidb.parsing import TidbParser
from tests.tidb.real import ADDRESS

__all__ = ["database", "persona", "server", "table", "tidb", "tidb_parser"]
Proxied = Callable[[FaultPlan], Proxy]
WHY = "no MariaDB here (Debian: apt-get install mariadb-server)"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Shared by all tests of a session: what a test changes, it does in a database of its own. A real TiDB, where one is named."""
    if ADDRESS:
        running = server_at(ADDRESS)
        os.environ[PASSWORD_VARIABLE] = running.password
        yield running
        return
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip(WHY)
    with mariadb() as running:
        os.environ[PASSWORD_VARIABLE] = running.password
        yield running


@pytest.fixture(params=["MariaDB", "TiDB's persona"])
def proxied(request: pytest.FixtureRequest, server: Server, tidb_parser: TidbParser) -> Proxied:
    """A proxy in front of the server with a plan of faults: as it is, or taken for TiDB."""
    if request.param == "MariaDB" or ADDRESS:
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
