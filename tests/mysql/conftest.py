"""One MariaDB a session, and databases in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.mysql.faults import FaultPlan
from tests.mysql.jobs import PASSWORD_VARIABLE
from tests.mysql.persona import tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import PASSWORD, SERVER, Server, mariadb
from tests.tidb.conftest import tidb_parser
from tests.tidb.parsing import TidbParser

__all__ = ["database", "server", "tidb_parser"]
Proxied = Callable[[FaultPlan], Proxy]
WHY = "no MariaDB here (Debian: apt-get install mariadb-server)"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Shared by all tests of a session: what a test changes, it does in a database of its own."""
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip(WHY)
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    with mariadb() as running:
        yield running


@pytest.fixture(params=["MariaDB", "TiDB's persona"])
def proxied(request: pytest.FixtureRequest, server: Server, tidb_parser: TidbParser) -> Proxied:
    """A proxy in front of the server with a plan of faults: as it is, or taken for TiDB."""
    if request.param == "MariaDB":
        return lambda plan: Proxy(server.address, plan)
    return lambda plan: tidb_proxy(server.address, tidb_parser, plan)


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database's name."""
    with server.scratch() as name:
        yield name
