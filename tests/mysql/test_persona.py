"""MariaDB behind the persona answers as the facts about TiDB say that TiDB does."""

from __future__ import annotations

import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.mysql.asking import Failure, ask, code
from tests.mysql.persona import MIB, split, tidb_proxy
from tests.mysql.server import Server
from tests.mysql.variables import SELF_MANAGED, STARTER
from tests.tidb.parsing import TidbParser


@pytest.mark.parametrize(
    "sql",
    ["SELECT VERSION()", "select version ( );", "SELECT @@version", "SELECT @@global.version", "SELECT @@GLOBAL.Version AS v"],
)
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
    ask(
        tidb,
        "CREATE TABLE u (a BINARY(32), PRIMARY KEY (a) /*T![clustered_index] CLUSTERED */, b TEXT COMMENT 'not CLUSTERED') /*T! PRE_SPLIT_REGIONS=4 */",
    )
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
    assert code(tidb, "SPLIT TABLE t BETWEEN (0) AND (1000000) REGIONS 16") == 8132
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
        ("max_allowed_packet", 1238),
        ("wait_timeout", 1238),
        ("tidb_txn_mode", 1238),
        ("tidb_dml_type", 1238),
        ("tidb_gc_life_time", 1193),
        ("tidb_no_such_thing", 1193),
        ("innodb_snapshot_isolation", 1193),
        ("no_such_thing", 1193),
        ("tidb_enable_1pc", 8132),
        ("tidb_scatter_region", 8132),
    ],
)
def test_variables_that_may_not_be_set(tidb: Connection[Cursor], name: str, expected: int) -> None:
    for form in ("SET {} = 1", "SET SESSION {} = 1", "SET @@session.{} := 1", "SET @@{} = 1", "SET sql_mode = '', {} = 1"):
        assert code(tidb, form.format(name)) == expected


def test_variables_that_may_be_set(tidb: Connection[Cursor]) -> None:
    ask(tidb, "SET tidb_mem_quota_query = 1000")
    ask(
        tidb,
        "SET SESSION tidb_distsql_scan_concurrency = 30, SESSION sql_mode = CONCAT('STRICT_ALL_TABLES', ',', 'ANSI_QUOTES'), @mine = 'a, b'",
    )
    assert ask(tidb, "SELECT @@tidb_mem_quota_query, @@session.tidb_distsql_scan_concurrency, @@sql_mode, @mine") == [
        ("1000", "30", "ANSI_QUOTES,STRICT_ALL_TABLES", "a, b")
    ]
    ask(tidb, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    ask(tidb, "SET transaction_isolation = 'REPEATABLE-READ'")
    ask(tidb, "SET max_execution_time = 5000")
    assert code(tidb, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE") == 8048


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE t ADD COLUMN c VARCHAR(9) GENERATED ALWAYS AS (b) VIRTUAL, ADD INDEX i (c)", 8200),
        ("ALTER TABLE t ADD COLUMN c VARCHAR(9) GENERATED ALWAYS AS (b) STORED", 3106),
        ("CREATE TABLE u (a INT, PRIMARY KEY (a) CLUSTERED) SHARD_ROW_ID_BITS=4", 8200),
        ("CREATE INDEX i ON t (b(769))", 1071),
        ("SELECT JSON_VALUE('{}', '$.a')", 1305),
    ],
)
def test_what_is_refused_after_parsing(tidb: Connection[Cursor], sql: str, expected: int) -> None:
    ask(tidb, "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(800))")
    assert code(tidb, sql) == expected


def test_what_is_like_it_is_not_refused(tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(800))")
    ask(tidb, "ALTER TABLE t ADD COLUMN c VARCHAR(9) GENERATED ALWAYS AS (b) VIRTUAL")
    ask(tidb, "ALTER TABLE t ADD COLUMN d INT, ADD INDEX j (c)")
    ask(tidb, "CREATE INDEX i ON t (b(768))")
    assert ask(tidb, "ANALYZE TABLE t") == []


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ("(0) AND (1000000) REGIONS 16", None),
        ("(0) AND (15999) REGIONS 16", 8212),
        ("(5) AND (5) REGIONS 1", 8212),
        ("(0) AND (9000000000) REGIONS 1001", 8212),
        ("(x'00') AND (x'ff') REGIONS 16", None),
    ],
)
@pytest.mark.parametrize("form", ["SPLIT TABLE t BETWEEN {}", "/*T! SPLIT TABLE t BETWEEN {} */"])
def test_regions(form: str, bounds: str, expected: int | None, server: Server, tidb_parser: TidbParser) -> None:
    with tidb_proxy(server.address, tidb_parser, version=SELF_MANAGED) as proxy:
        connection = server.connect(port=proxy.port)
        if expected is None:
            assert ask(connection, form.format(bounds)) == [("0", "0")]
        else:
            assert code(connection, form.format(bounds)) == expected
        connection.close()


def test_self_managed_lets_one_set_more(server: Server, tidb_parser: TidbParser) -> None:
    with tidb_proxy(server.address, tidb_parser, version=SELF_MANAGED) as proxy:
        connection = server.connect(port=proxy.port)
        ask(connection, "SET tidb_enable_1pc = 0")
        ask(connection, "SET tidb_gc_life_time = '1h'")
        ask(connection, "SET wait_timeout = 100")
        assert ask(connection, "SELECT VERSION()") == [("8.0.11-TiDB-v8.5.7",)]
        connection.close()


def test_splitting() -> None:
    assert split("a, f(b, c), 'd, e', `g,h`") == ["a", " f(b, c)", " 'd, e'", " `g,h`"]
