"""A connection that ends at any byte: the client learns it soon, and the rows are all there or none."""

from __future__ import annotations

import time
from pathlib import Path

import pymysql
import pytest

from tests.mysql.errors import ANYWHERE, AT_COMMIT
from tests.mysql.faults import Cut, FaultPlan, by_seed, cuts_by_seed, on
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import LOST, Server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

PATIENCE = 60.0


def session(server: Server, database: str, port: int, file: Path) -> bool:
    """Two transactions, one of them a file. Whether it came to its end; if not, it learned so, and waited for no time-out."""
    try:
        connection = server.connect(
            database, port=port, local_infile=True, connect_timeout=PATIENCE, read_timeout=PATIENCE, write_timeout=PATIENCE
        )
    except pymysql.err.MySQLError as error:
        assert "timed out" not in str(error)
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1), (2), (3)")
            cursor.execute("SELECT a, 'text' FROM t")
            connection.commit()
            cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t")
            connection.commit()
        connection.close()
        return True
    except LOST as error:
        assert "timed out" not in str(error)
        return False
    finally:
        if connection.open:
            connection.close()


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
@pytest.mark.parametrize("toward", ["client", "server"])
def test_at_every_byte(server: Server, database: str, tmp_path: Path, toward: str, reset: bool) -> None:
    server.run("CREATE TABLE t (a INT)", database)
    file = tmp_path / "rows"
    file.write_text("".join(f"{number}\n" for number in range(10, 30)))
    finished: list[bool] = []
    step = 1 if not reset else 7
    with Proxy(server.address) as proxy:
        for after in range(0, 800, step):
            server.run("DELETE FROM t", database)
            proxy.plan = FaultPlan(cuts=[on(proxy.connections + 1, Cut(after, toward, reset))])
            finished.append(session(server, database, proxy.port, file))
            while len(proxy.happened("closed")) < proxy.connections:
                time.sleep(0.001)
            assert server.run("SELECT COUNT(*) FROM t", database)[0][0] in (0, 3, 23)
    assert not finished[0]
    assert finished[-1], "the cuts ended before the session did"
    assert finished == sorted(finished)


@pytest.mark.parametrize("seed", range(3))
def test_by_seed_work_gets_done(server: Server, database: str, seed: int) -> None:
    """A writer that asks after every lost COMMIT writes each number once, whatever the seed."""
    server.run("CREATE TABLE t (a INT)", database)
    server.run("CREATE TABLE at (a INT)", database)
    server.run("INSERT INTO at VALUES (0)", database)
    plan = FaultPlan(
        [by_seed(seed, AT_COMMIT, 3, 12), by_seed(seed, ANYWHERE, 15, 5)], [cuts_by_seed(seed, longest=2000, limit=5)]
    )
    with Proxy(server.address, plan) as proxy:
        attempts = 0
        while True:
            attempts += 1
            assert attempts < 100
            try:
                connection = server.connect(database, port=proxy.port, read_timeout=PATIENCE)
                try:
                    with connection.cursor() as cursor:
                        while True:
                            connection.begin()
                            cursor.execute("SELECT a FROM at FOR UPDATE")
                            ((reached,),) = cursor.fetchall()
                            if reached == 40:
                                break
                            cursor.execute("UPDATE at SET a = %s", (reached + 1,))
                            cursor.execute("INSERT INTO t VALUES (%s)", (reached,))
                            connection.commit()
                    break
                finally:
                    if connection.open:
                        connection.close()
            except LOST:
                continue
        assert len(proxy.happened("fault")) >= 5
    assert server.run("SELECT COUNT(*), COUNT(DISTINCT a) FROM t", database) == [(40, 40)]


def test_the_same_seed_draws_the_same() -> None:
    statements = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"] * 50
    drawn = [[rule(statement) for statement in statements] for rule in (by_seed(7, [*AT_COMMIT, *ANYWHERE]) for _ in range(2))]
    assert drawn[0] == drawn[1]
    assert 5 < sum(act is not None for act in drawn[0]) <= 20
    cuts = [[rule(number) for number in range(50)] for rule in (cuts_by_seed(7), cuts_by_seed(7))]
    assert cuts[0] == cuts[1]
    assert sum(cut is not None for cut in cuts[0]) == 10
    assert by_seed(7, AT_COMMIT, one_in=1, limit=0)("COMMIT") is None
