"""A real TiDB, by the address in NECTAR_TEST_TIDB; there is none on most machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

VARIABLE = "NECTAR_TEST_TIDB"
ADDRESS = os.environ.get(VARIABLE, "")
NONE_TESTED = f"no real TiDB was tested: set {VARIABLE} (deploy/README.md says how)"


def connect(address: str, database: str | None = None) -> Connection[Cursor]:
    """By mysql://user:password@host:port/database; another `database` when one is given."""
    parts = urlsplit(address)
    if parts.scheme != "mysql" or parts.hostname is None:
        raise ValueError(f"{VARIABLE} is no address such as mysql://root@127.0.0.1:4000/test")
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 4000,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=database or parts.path.lstrip("/") or None,
        local_infile=True,
    )


@contextmanager
def scratch(address: str) -> Iterator[Connection[Cursor]]:
    """A connection to an empty database, dropped afterwards."""
    name = f"nectar_test_{os.getpid()}"
    connection = connect(address)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        connection.select_db(name)
        yield connection
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
    finally:
        connection.close()
