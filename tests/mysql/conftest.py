"""One MariaDB a session, and databases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.mysql.server import SERVER, Server, mariadb
from tests.tidb.conftest import tidb_parser

__all__ = ["database", "server", "tidb_parser"]
WHY = "no MariaDB here (Debian: apt-get install mariadb-server)"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Shared by all tests of a session: what a test changes, it does in a database of its own."""
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip(WHY)
    with mariadb() as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database's name."""
    with server.scratch() as name:
        yield name
