"""Limits, snapshots, conflicts and whole schemas behind the persona."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from nectar.compiler.ddl.statements import StatementKind, statements
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.mysql import errors
from tests.mysql.asking import Failure, ask, code
from tests.mysql.faults import FaultPlan, Late, LoseAnswer, at
from tests.mysql.persona import MIB, TidbPersona, tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.tidb.parsing import TidbParser


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
    plan = FaultPlan([at("^COMMIT", errors.WRITE_CONFLICT), at("^COMMIT", LoseAnswer(), nth=2)])
    with tidb_proxy(server.address, tidb_parser, plan, record=True) as proxy:
        connection = server.connect(database, port=proxy.port)
        ask(connection, "CREATE TABLE t (a INT)")
        for expected in ("9007", "2013"):
            ask(connection, "BEGIN PESSIMISTIC")
            ask(connection, "INSERT INTO t VALUES (1)")
            with pytest.raises(Failure, match=expected):
                connection.commit()
        assert "BEGIN PESSIMISTIC" in proxy.recorded
        proxy.refuse(error=errors.QUOTA)
        with pytest.raises(Failure, match="usage quota"):
            server.connect(port=proxy.port)
    assert server.run("SELECT COUNT(*) FROM t", database) == [(1,)]


def test_all_of_nectars_tables_are_made_through_it(tidb: Connection[Cursor]) -> None:
    for statement in statements(compiled_from(EVERY_TABLE), "tidb"):
        if statement.kind is not StatementKind.PRE_SPLIT:  # Starter has none of it
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


def test_a_locking_read_waits_in_a_transaction_alone(server: Server, database: str, persona: Proxy) -> None:
    persona.plan = FaultPlan([at("^COMMIT", Late(0.5))])
    writer, reader = (server.connect(database, port=persona.port) for _ in range(2))
    server.run("CREATE TABLE t (a INT PRIMARY KEY) ENGINE = InnoDB", database)
    server.run("INSERT INTO t VALUES (1)", database)
    ask(writer, "UPDATE t SET a = 2")
    with pytest.raises(Failure, match="2013"):
        writer.commit()
    reader.autocommit(True)
    assert ask(reader, "SELECT a FROM t FOR UPDATE") == [(1,)]
    reader.begin()
    assert ask(reader, "SELECT a FROM t FOR UPDATE") == [(2,)]
    reader.close()


def test_a_snapshot_is_taken_at_begin(server: Server, database: str, tidb: Connection[Cursor]) -> None:
    ask(tidb, "CREATE TABLE t (a INT)")
    tidb.begin()
    server.run("INSERT INTO t VALUES (1)", database)
    assert ask(tidb, "SELECT a FROM t") == []
    tidb.rollback()
    assert ask(tidb, "SELECT a FROM t") == [(1,)]
