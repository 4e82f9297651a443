"""What the model of TiDB claims, asked of a real one; and Nectar's tables made there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from nectar.compiler.ddl.statements import statements
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.tidb.real import ADDRESS, NONE_TESTED, scratch

pytestmark = pytest.mark.skipif(not ADDRESS, reason=NONE_TESTED)


@pytest.fixture
def tidb() -> Iterator[Connection[Cursor]]:
    with scratch(ADDRESS) as connection:
        yield connection


def ask(connection: Connection[Cursor], sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_it_is_one(tidb: Connection[Cursor]) -> None:
    ((version,),) = ask(tidb, "SELECT VERSION()")
    assert "TiDB" in str(version)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("INSERT INTO t (a) VALUES (1) RETURNING a", 1064),
        ("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", 8048),
        ("SET innodb_snapshot_isolation = 1", 1193),
        ("SET tidb_no_such_thing = 1", 1193),
        ("CREATE TABLE w (a TEXT) COLLATE = uca1400_ai_ci", 1273),
    ],
)
def test_refusals(tidb: Connection[Cursor], sql: str, code: int) -> None:
    ask(tidb, "CREATE TABLE t (a INT PRIMARY KEY)")
    with pytest.raises(pymysql.err.MySQLError) as error:
        ask(tidb, sql)
    assert error.value.args[0] == code


def test_an_entry_that_is_too_large(tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT)")
    with pytest.raises(pymysql.err.MySQLError, match="8025"):
        ask(tidb, f"INSERT INTO t VALUES (1, '{'x' * (6 << 20)}')")


def test_all_of_nectars_tables(tidb: Connection[Cursor]) -> None:
    for statement in statements(compiled_from(EVERY_TABLE), "tidb"):
        ask(tidb, statement.sql)
    assert len(ask(tidb, "SHOW TABLES")) > 20


def test_a_file_within_a_transaction(tidb: Connection[Cursor], tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("".join(f"{number}\t{number:064x}\n" for number in range(100)))
    ask(tidb, "CREATE TABLE t (id INT PRIMARY KEY, hash BINARY(32))")
    ask(tidb, "BEGIN")
    ask(
        tidb,
        f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t CHARACTER SET binary FIELDS TERMINATED BY '\\t' (id, @h) SET hash = UNHEX(@h)",
    )
    assert ask(tidb, "SELECT COUNT(*) FROM t") == [(100,)]
    tidb.rollback()
    assert ask(tidb, "SELECT COUNT(*) FROM t") == [(0,)]
