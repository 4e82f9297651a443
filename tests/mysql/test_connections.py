"""Latency, refusals, servers that sleep or are not there."""

from __future__ import annotations

import time

import pytest

from tests.mysql import errors
from tests.mysql.asking import Failure, code_of, insert, rows, settle, through
from tests.mysql.faults import Answer, FaultPlan, Refusal
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


def test_each_exchange_takes_the_delay(server: Server, table: str) -> None:
    with Proxy(server.address, FaultPlan(delay=0.05)) as proxy:
        begun = time.monotonic()
        connection = server.connect(table, port=proxy.port)  # TCP, the greeting's answer, SET NAMES, SET AUTOCOMMIT
        assert time.monotonic() - begun >= 0.2
        begun = time.monotonic()
        for number in range(9):
            insert(connection, number)
        connection.commit()
        assert time.monotonic() - begun >= 0.5
        connection.close()


@pytest.mark.parametrize("error", [None, errors.TOO_MANY, errors.QUOTA], ids=str)
def test_refused_connections(server: Server, error: Answer | None) -> None:
    with Proxy(server.address, FaultPlan(refusals=[Refusal(2, error)])) as proxy:
        for _ in range(2):
            with pytest.raises(Failure) as refused:
                server.connect(port=proxy.port)
            assert code_of(refused) == (2013 if error is None else error.code)
            assert error is None or error.text in str(refused.value)
        server.connect(port=proxy.port).close()
        proxy.refuse(error=error)
        with pytest.raises(Failure):
            server.connect(port=proxy.port)
        server.connect(port=proxy.port).close()
        assert len(proxy.happened("refused")) == 3


def test_a_server_that_wakes_up(server: Server) -> None:
    with Proxy(server.address, FaultPlan(waking=0.4)) as proxy:
        begun = time.monotonic()
        server.connect(port=proxy.port).close()
        assert time.monotonic() - begun > 0.4


def test_an_idle_connection(server: Server, table: str) -> None:
    with through(server, table, FaultPlan(idle_limit=0.3)) as (proxy, connection):
        for number in range(3):
            time.sleep(0.05)
            insert(connection, number)
        with connection.cursor() as cursor:
            cursor.execute("SELECT SLEEP(0.5)")  # the server takes its time; the client is not idle
        settle(proxy)
        with pytest.raises(Failure):
            connection.commit()
        assert rows(server, table) == 0


def test_nobody_listens_for_a_while(server: Server, table: str) -> None:
    with through(server, table, FaultPlan()) as (proxy, connection):
        proxy.down(seconds=0.3)
        with pytest.raises(Failure, match="2003"):
            server.connect(port=proxy.port)
        insert(connection, 1)  # what is open stays open
        time.sleep(0.5)
        server.connect(port=proxy.port).close()
        proxy.cut_all()
        with pytest.raises(Failure):
            connection.commit()
        settle(proxy)
        assert rows(server, table) == 0
