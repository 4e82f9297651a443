"""MariaDB behind the persona answers as the facts about TiDB say that TiDB does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from nectar.compiler.ddl import statements
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.mysql import faults
from tests.mysql.faults import FaultPlan, at
from tests.mysql.persona import MIB, TidbPersona, split, tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.mysql.variables import SELF_MANAGED, STARTER
from tests.tidb.parsing import TidbParser

Failure = pymysql.err.MySQLError


@pytest.fixture
def proxy(server: Server, tidb_parser: TidbParser) -> Iterator[Proxy]:
    with tidb_proxy(server.address, tidb_parser) as running:
        yield running


@pytest.fixture
def tidb(server: Server, database: str, proxy: Proxy) -> Iterator[Connection[Cursor]]:
    connection = server.connect(database, port=proxy.port, local_infile=True)
    yield connection
    if connection.open:
        connection.close()


def ask(connection: Connection[Cursor], sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def code(connection: Connection[Cursor], sql: str) -> int:
    with pytest.raises(Failure) as error:
        ask(connection, sql)
    return int(error.value.args[0])


@pytest.mark.parametrize("sql", ["SELECT VERSION()", "select version ( );", "SELECT @@version", "SELECT @@global.version", "SELECT @@GLOBAL.Version AS v"])
def test_the_version(tidb: Connection[Cursor], sql: str) -> None:
    assert vars(tidb)["server_version"] == STARTER == "8.0.11-TiDB-v8.5.3-serverless"
    assert ask(tidb, sql) == [(STARTER,)]


def test_the_version_among_other_things(tidb: Connection[Cursor]) -> None:
    assert ask(tidb, "SELECT VERSION(), @@max_allowed_packet, 'VERSION()', CONCAT(@@tidb_txn_mode, ',', 1)") == [
        (STARTER, 64 * MIB, "VERSION()", "pessimistic,1")
    ]
    with tidb.cursor() as cursor:
        cursor.execute("SELECT @@version, @@tidb_mem_quota_query")
        assert [column[0] for column in cursor.description or ()] == ["@@version", "@@tidb_mem_quota_query"]
    assert ask(tidb, "SHOW VARIABLES LIKE 'version'") == [("version", STARTER)]
    assert ask(tidb, "SHOW VARIABLES LIKE 'max_allowed_packet'") == [("max_allowed_packet", str(64 * MIB))]
    assert ask(tidb, "SELECT @@transaction_isolation") == [("REPEATABLE-READ",)]
    assert code(tidb, "SELECT @@innodb_snapshot_isolation") == 1193


def test_its_grammar(tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a INT, b VARCHAR(5), PRIMARY KEY (a) NONCLUSTERED) SHARD_ROW_ID_BITS=4 PRE_SPLIT_REGIONS=3")
    ask(tidb, "CREATE TABLE u (a BINARY(32), PRIMARY KEY (a) /*T![clustered_index] CLUSTERED */, b TEXT COMMENT 'not CLUSTERED') /*T! PRE_SPLIT_REGIONS=4 */")
    with pytest.raises(Failure, match=r"1064.*corresponds to your TiDB version.*line 1 column 45 near"):
        ask(tidb, "INSERT INTO t (a, b) VALUES (1, '') RETURNING a")
    assert code(tidb, "INSERT INTO t (a, b) VALUES (1, '') AS new ON DUPLICATE KEY UPDATE b = new.b") == 1064
    assert code(tidb, "CREATE TABLE w (a TEXT) COLLATE = uca1400_ai_ci") == 1273
    assert code(tidb, "LOAD DATA INFILE '/etc/passwd' INTO TABLE t") == 8154
    ask(tidb, "INSERT INTO t (a, b) VALUES (1, ''), (2, 'BATCH') ON DUPLICATE KEY UPDATE b = VALUES(b)")
    ask(tidb, "BATCH ON a LIMIT 10 DELETE FROM t WHERE a = 1")
    assert ask(tidb, "SELECT a, b FROM t") == [(2, "BATCH")]


def test_statements_that_only_tidb_has(tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a BIGINT PRIMARY KEY)")
    assert ask(tidb, "SPLIT TABLE t BETWEEN (0) AND (1000000) REGIONS 16") == [("0", "0")]
    assert ask(tidb, "ADMIN SHOW DDL JOBS") == []
    assert ask(tidb, "ADMIN CHECK TABLE t") == []
    ask(tidb, "ALTER TABLE t SET TIFLASH REPLICA 1")
    ask(tidb, "ANALYZE TABLE t")
    for begin in ("BEGIN OPTIMISTIC", "BEGIN PESSIMISTIC", "BEGIN /*T! OPTIMISTIC */", "START TRANSACTION"):
        ask(tidb, begin)
        ask(tidb, "INSERT INTO t VALUES (1)")
        tidb.rollback()
    assert ask(tidb, "SELECT * FROM t") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("max_allowed_packet", 1238), ("wait_timeout", 1238), ("tidb_txn_mode", 1238), ("tidb_dml_type", 1238),
        ("tidb_gc_life_time", 1193), ("tidb_no_such_thing", 1193), ("innodb_snapshot_isolation", 1193), ("no_such_thing", 1193),
        ("tidb_enable_1pc", 8132), ("tidb_scatter_region", 8132),
    ],
)  # fmt: skip
def test_variables_that_may_not_be_set(tidb: Connection[Cursor], name: str, expected: int) -> None:
    for form in ("SET {} = 1", "SET SESSION {} = 1", "SET @@session.{} := 1", "SET @@{} = 1", "SET sql_mode = '', {} = 1"):
        assert code(tidb, form.format(name)) == expected


def test_variables_that_may_be_set(tidb: Connection[Cursor]) -> None:
    ask(tidb, "SET tidb_mem_quota_query = 1000")
    ask(tidb, "SET SESSION tidb_distsql_scan_concurrency = 30, SESSION sql_mode = CONCAT('STRICT_ALL_TABLES', ',', 'ANSI_QUOTES'), @mine = 'a, b'")
    assert ask(tidb, "SELECT @@tidb_mem_quota_query, @@session.tidb_distsql_scan_concurrency, @@sql_mode, @mine") == [
        ("1000", "30", "ANSI_QUOTES,STRICT_ALL_TABLES", "a, b")
    ]
    ask(tidb, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    ask(tidb, "SET transaction_isolation = 'REPEATABLE-READ'")
    ask(tidb, "SET max_execution_time = 5000")
    assert code(tidb, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE") == 8048


def test_self_managed_lets_one_set_more(server: Server, tidb_parser: TidbParser) -> None:
    with tidb_proxy(server.address, tidb_parser, version=SELF_MANAGED) as proxy:
        connection = server.connect(port=proxy.port)
        ask(connection, "SET tidb_enable_1pc = 0")
        ask(connection, "SET tidb_gc_life_time = '1h'")
        ask(connection, "SET wait_timeout = 100")
        assert ask(connection, "SELECT VERSION()") == [("8.0.11-TiDB-v8.5.7",)]
        connection.close()


def test_limits(server: Server, database: str, tidb_parser: TidbParser, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(f"9\t{'x' * 30_000}\n")
    with Proxy(server.address, persona=TidbPersona(tidb_parser, transaction_limit=100_000, entry_limit=20_000)) as proxy:
        connection = server.connect(database, port=proxy.port, local_infile=True)
        ask(connection, "CREATE TABLE t (a INT, b LONGTEXT)")
        for number in range(6):
            ask(connection, f"INSERT INTO t VALUES ({number}, '{'x' * 16_000}')")
        assert code(connection, f"INSERT INTO t VALUES (7, '{'x' * 16_000}')") == 8004
        connection.commit()
        assert code(connection, f"INSERT INTO t VALUES (7, ''), (8, '{'x' * 20_000}')") == 8025
        ask(connection, f"INSERT INTO t VALUES (7, '{'x' * 16_000}'), (8, '{'x' * 16_000}')")
        connection.commit()
        assert code(connection, f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t") == 8025
        connection.rollback()
        assert ask(connection, "SELECT COUNT(*) FROM t") == [(8,)]
        connection.close()


def test_limits_as_tidb_has_them(tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a INT, b LONGTEXT)")
    with tidb.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1, %s)", ("x" * (6 * MIB - 10),))
        with pytest.raises(Failure, match="8025"):
            cursor.execute("INSERT INTO t VALUES (1, %s)", ("x" * (6 * MIB + 10),))
    tidb.rollback()


def test_faults_come_with_it(server: Server, database: str, tidb_parser: TidbParser) -> None:
    plan = FaultPlan([at("^COMMIT", faults.WRITE_CONFLICT), at("^COMMIT", faults.LoseAnswer(), nth=2)])
    with tidb_proxy(server.address, tidb_parser, plan, record=True) as proxy:
        connection = server.connect(database, port=proxy.port)
        ask(connection, "CREATE TABLE t (a INT)")
        for expected in ("9007", "2013"):
            ask(connection, "BEGIN PESSIMISTIC")
            ask(connection, "INSERT INTO t VALUES (1)")
            with pytest.raises(Failure, match=expected):
                connection.commit()
        assert "BEGIN PESSIMISTIC" in proxy.recorded
        proxy.refuse(error=faults.QUOTA)
        with pytest.raises(Failure, match="usage quota"):
            server.connect(port=proxy.port)
    assert server.run("SELECT COUNT(*) FROM t", database) == [(1,)]


def test_all_of_nectars_tables_are_made_through_it(tidb: Connection[Cursor]) -> None:
    for statement in statements(compiled_from(EVERY_TABLE), "tidb"):
        ask(tidb, statement.sql)
    assert len(ask(tidb, "SHOW TABLES")) > 20


def test_load_data_through_it(tidb: Connection[Cursor], tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("".join(f"{number}\t{number:064x}\n" for number in range(1000)))
    ask(tidb, "CREATE TABLE t (id INT PRIMARY KEY, hash BINARY(32))")
    with tidb.cursor() as cursor:
        load = f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t CHARACTER SET binary FIELDS TERMINATED BY '\\t' (id, @h) SET hash = UNHEX(@h)"
        assert cursor.execute(load) == 1000
        cursor.execute("INSERT INTO t VALUES (-1, _binary %s)", (bytes(range(32)),))
        cursor.execute("INSERT INTO t VALUES (-2, %s)", (bytes(range(224, 256)),))
    assert ask(tidb, "SELECT hash FROM t WHERE id < 0 ORDER BY id") == [(bytes(range(224, 256)),), (bytes(range(32)),)]


def test_splitting() -> None:
    assert split("a, f(b, c), 'd, e', `g,h`") == ["a", " f(b, c)", " 'd, e'", " `g,h`"]
