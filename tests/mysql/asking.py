"""A client's small change: connect through a proxy with a plan, write a row, count the rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.mysql.faults import FaultPlan
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server

Failure = pymysql.err.MySQLError


def rows(server: Server, database: str) -> int:
    (found,) = server.run("SELECT COUNT(*) FROM t", database)[0]
    assert isinstance(found, int)
    return found


@contextmanager
def through(server: Server, database: str, plan: FaultPlan) -> Iterator[tuple[Proxy, Connection[Cursor]]]:
    with Proxy(server.address, plan) as proxy:
        connection = server.connect(database, port=proxy.port, local_infile=True, read_timeout=20)
        try:
            yield proxy, connection
        finally:
            if connection.open:
                connection.close()


def insert(connection: Connection[Cursor], number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (%s, '')", (number,))


def code_of(error: pytest.ExceptionInfo[pymysql.err.MySQLError]) -> int:
    return int(error.value.args[0])


def settle(proxy: Proxy, what: str = "closed") -> None:
    until = time.monotonic() + 60
    while not proxy.happened(what):
        assert time.monotonic() < until
        time.sleep(0.01)


def ask(connection: Connection[Cursor], sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def code(connection: Connection[Cursor], sql: str) -> int:
    with pytest.raises(Failure) as error:
        ask(connection, sql)
    return int(error.value.args[0])
