"""Each fault does what it says: to the client, and to the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mysql import errors
from tests.mysql.asking import Failure, code_of, insert, rows, settle, through
from tests.mysql.faults import Act, Answer, CutLoad, Drop, FaultPlan, Late, LoseAnswer, Wait, at
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import LOST, Server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


@pytest.mark.parametrize(
    ("act", "code", "kept"),
    [
        (Drop(), 2013, 0),
        (LoseAnswer(), 2013, 1),
        (LoseAnswer(silence=0.3), 2013, 1),
        (Late(0.3), 2013, 1),
        (errors.WRITE_CONFLICT, 9007, 0),
        (errors.NOT_RETRIED, 8002, 0),
        (errors.COMMIT_FAILED, 8022, 0),
        (errors.SCHEMA_CHANGED, 8028, 0),
        (errors.SCHEMA_CHANGED_OLD, 1105, 0),
        (errors.REGION_UNAVAILABLE, 9005, 0),
        (errors.REGION_UNAVAILABLE._replace(after=True), 9005, 1),
        (errors.PD_TIMEOUT, 9001, 0),
        (errors.DEADLOCK, 1213, 0),
        (errors.IDLE, 4031, 0),
        (errors.QUOTA, 1105, 1),  # the server's transaction is still open
        (Wait(0.2), None, 1),
    ],
    ids=str,
)
def test_commit(server: Server, table: str, act: Act, code: int | None, kept: int) -> None:
    with through(server, table, FaultPlan([at("^COMMIT", act)])) as (proxy, connection):
        insert(connection, 1)
        if code is None:
            connection.commit()
        else:
            with pytest.raises(Failure) as error:
                connection.commit()
            assert code_of(error) == code
        if code is not None and (code == 2013 or (isinstance(act, Answer) and act.closes)):
            settle(proxy)
        else:
            connection.commit()  # what was not rolled back would be kept now
        assert rows(server, table) == kept
        assert proxy.happened("fault")


def test_after_a_conflict_the_connection_is_good(server: Server, table: str) -> None:
    with through(server, table, FaultPlan([at("^COMMIT", errors.WRITE_CONFLICT, times=2)])) as (_, connection):
        for attempt in range(3):
            insert(connection, 1)
            if attempt < 2:
                with pytest.raises(Failure, match="9007"):
                    connection.commit()
        connection.commit()
        assert rows(server, table) == 1


def test_a_late_commit_holds_its_locks(server: Server, table: str) -> None:
    """Who asks with a plain SELECT is misled; who asks FOR UPDATE waits, and learns the outcome."""
    server.run("INSERT INTO t VALUES (1, 'old')", table)
    with through(server, table, FaultPlan([at("^COMMIT", Late(1.0))])) as (_, connection):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE t SET b = 'new'")
        with pytest.raises(Failure, match="2013"):
            connection.commit()
        assert server.run("SELECT b FROM t", table) == [("old",)]
        assert server.run("SELECT b FROM t FOR UPDATE", table) == [("new",)]


@pytest.mark.parametrize("act", [Drop(), LoseAnswer()], ids=str)
def test_a_statement_with_autocommit(server: Server, table: str, act: Act) -> None:
    with through(server, table, FaultPlan([at("^INSERT", act)])) as (proxy, connection):
        connection.autocommit(True)
        with pytest.raises(Failure, match="2013"):
            insert(connection, 1)
        settle(proxy)
        assert rows(server, table) == (1 if isinstance(act, LoseAnswer) else 0)


def test_the_nth_statement_of_all_connections(server: Server, table: str) -> None:
    plan = FaultPlan([at(r"^INSERT", errors.TIKV_BUSY, nth=3, times=2)])
    with through(server, table, plan) as (proxy, first):
        second = server.connect(table, port=proxy.port)
        insert(first, 1)
        insert(second, 2)
        for connection in (first, second):
            with pytest.raises(Failure, match="9003"):
                insert(connection, 3)
        insert(first, 5)
        first.commit()
        second.commit()
        second.close()
        assert rows(server, table) == 3  # an error in the middle leaves the rest alone


def test_a_deadlock_takes_the_transaction_with_it(server: Server, table: str) -> None:
    with through(server, table, FaultPlan([at("^INSERT", errors.DEADLOCK, nth=2)])) as (_, connection):
        insert(connection, 1)
        with pytest.raises(Failure, match="1213"):
            insert(connection, 2)
        connection.commit()
        assert rows(server, table) == 0


@pytest.mark.parametrize(
    "act",
    [CutLoad(0), CutLoad(1), CutLoad(20_000), Drop(), LoseAnswer(), errors.TIKV_BUSY, errors.TIKV_BUSY._replace(after=True)],
    ids=str,
)
def test_within_a_load(server: Server, table: str, act: Act, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("".join(f"{number}\tsome text\n" for number in range(5000)))
    load = f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t"
    with through(server, table, FaultPlan([at("^LOAD DATA", act)])) as (_, connection), connection.cursor() as cursor:
        with pytest.raises(LOST):
            cursor.execute(load)
        if isinstance(act, Answer):
            connection.rollback()
            assert cursor.execute(load) == 5000
            connection.commit()
        assert rows(server, table) == (5000 if isinstance(act, Answer) else 0)


def test_a_transaction_that_is_too_large(server: Server, table: str, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("\n".join(f"{number}\t{'x' * 90}" for number in range(300)))
    with (
        through(server, table, FaultPlan(transaction_limit=20_000, entry_limit=12_000)) as (_, connection),
        connection.cursor() as cursor,
    ):

        def write(number: int, size: int) -> None:
            cursor.execute("INSERT INTO t VALUES (%s, %s)", (number, "y" * size))

        for number in range(3):
            write(number, 6000)
        with pytest.raises(Failure, match="8004"):
            write(4, 6000)
        connection.rollback()
        write(5, 6000)
        with pytest.raises(Failure, match="8025"):
            write(6, 12_001)
        with pytest.raises(Failure, match="8004"):
            cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t")
        connection.commit()
        assert rows(server, table) == 0  # the file took the transaction with it
        write(7, 6000)
        connection.commit()
        assert rows(server, table) == 1
