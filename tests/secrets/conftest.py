"""A MariaDB that takes a planted password, with and without TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.mysql.programs import MARIADB
from tests.mysql.server import Server, here, started
from tests.secrets.planted import PASSWORD, USER
from tests.server.conftest import Papers, papers

__all__ = ["papers"]


@pytest.fixture(scope="session")
def mariadb_here() -> None:
    here(MARIADB)


@pytest.fixture(scope="session")
def server(papers: Papers, mariadb_here: None) -> Iterator[Server]:
    """With TLS and the good certificate; USER has the planted PASSWORD."""
    papers.show("good")
    with ExitStack() as stack:
        running = stack.enter_context(started(*papers.options))
        connection = running.connect(autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE USER {USER}@'%%' IDENTIFIED BY %s", (PASSWORD,))
            cursor.execute(f"GRANT ALL ON *.* TO {USER}@'%'")
        connection.close()
        yield running
