"""With nothing to go wrong the proxy is not to be noticed."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pymysql
import pytest
from pymysql._auth import scramble_caching_sha2, scramble_native_password
from pymysql.constants import CLIENT

from tests.mysql import wire
from tests.mysql.faults import FaultPlan
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.mysql.streams import Message, Stream

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.address, record=True) as running:
        yield running


def test_results_of_every_shape(server: Server, database: str, proxy: Proxy) -> None:
    connection = server.connect(database, port=proxy.port)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a INT PRIMARY KEY, b VARBINARY(50), c TEXT)")
        rows = [(number, os.urandom(30), None if number % 7 == 0 else "ü" * number) for number in range(500)]
        assert cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", rows) == 500
        connection.commit()
        cursor.execute("SELECT * FROM t ORDER BY a")
        assert list(cursor.fetchall()) == rows
        assert cursor.execute("SELECT * FROM t WHERE a < 0") == 0
        cursor.execute("SELECT c, a FROM t WHERE a = 0")  # a row that begins with NULL
        assert cursor.fetchall() == ((None, 0),)
        with pytest.raises(pymysql.err.ProgrammingError, match="1064"):
            cursor.execute("SELEKT 1")
        with pytest.raises(pymysql.err.IntegrityError, match="1062"):
            cursor.execute("INSERT INTO t VALUES (1, '', '')")
        cursor.execute("UPDATE t SET b = ''")
        assert cursor.rowcount == 500
    connection.rollback()
    connection.ping(reconnect=False)
    connection.select_db(database)
    connection.close()
    assert proxy.recorded[:2] == ["SET NAMES utf8mb4", "SET AUTOCOMMIT = 0"]
    assert any(len(text) > 10_000 for text in proxy.recorded)
    assert [event.what for event in proxy.events[:2]] == ["connected", "statement"]
    assert all(len(event.detail) <= 120 for event in proxy.events)


def test_more_than_sixteen_mebibytes(server: Server, proxy: Proxy) -> None:
    connection = server.connect(port=proxy.port)
    with connection.cursor() as cursor:
        size = (1 << 24) + 5000
        cursor.execute(f"SELECT REPEAT('x', {size}), 1 UNION ALL SELECT 'y', 2")
        assert [(len(text), number) for text, number in cursor.fetchall()] == [(size, 1), (1, 2)]
        cursor.execute("SELECT LENGTH(%s)", ("z" * size,))
        assert cursor.fetchall() == ((size,),)
    connection.close()


def test_several_results(server: Server, proxy: Proxy) -> None:
    connection = server.connect(port=proxy.port, client_flag=CLIENT.MULTI_STATEMENTS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1; SET @a = 5; SELECT @a")
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
    assert [rows for rows in found if rows] == [((1,),), ((5,),)]
    connection.close()


@pytest.mark.parametrize("lines", [0, 1, 20_000])
def test_load_data(server: Server, database: str, proxy: Proxy, tmp_path: Path, lines: int) -> None:
    file = tmp_path / "rows"
    file.write_text("".join(f"{number}\t{number:064x}\n" for number in range(lines)))
    connection = server.connect(database, port=proxy.port, local_infile=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a INT, h BINARY(32))")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t CHARACTER SET binary (a, @h) SET h = UNHEX(@h)")
        assert cursor.rowcount == lines
        cursor.execute("SELECT 1")
        with pytest.raises(pymysql.err.OperationalError, match="1017"):
            cursor.execute(f"LOAD DATA LOCAL INFILE '{file}.not' INTO TABLE t")
    connection.commit()
    connection.close()
    assert server.run("SELECT COUNT(*), HEX(MAX(h)) FROM t", database)[0][0] == lines


@pytest.mark.parametrize("deprecate_eof", [False, True])
def test_a_client_that_wants_no_eof(server: Server, proxy: Proxy, deprecate_eof: bool) -> None:
    """PyMySQL always wants them; others end their rows with an OK instead."""
    with socket.create_connection((proxy.host, proxy.port), 60) as sock:
        _talk(Stream(sock, "proxy"), server, deprecate_eof)


def _talk(stream: Stream, server: Server, deprecate_eof: bool) -> None:
    greeting = wire.parse_greeting(stream.read().payload)
    wanted = CLIENT.CAPABILITIES | (wire.Capability.DEPRECATE_EOF if deprecate_eof else 0)
    salt, plugin = greeting.salt + greeting.rest[:12], greeting.rest[13:].rstrip(b"\0")
    sha2 = plugin == b"caching_sha2_password"
    scrambled = (scramble_caching_sha2 if sha2 else scramble_native_password)(server.password.encode(), salt)
    response = struct.pack("<IIB23x", wanted & ~CLIENT.CONNECT_ATTRS, 1 << 24, 45) + server.user.encode() + b"\0"
    stream.put(Message(response + wire.lenenc(len(scrambled)) + scrambled + plugin + b"\0", 1))
    stream.flush()
    if sha2:
        assert stream.read().payload == b"\x01\x03"  # the server knows the password from an earlier login
    assert stream.read().kind == wire.OK
    for _ in range(2):
        stream.put(Message(b"\x03SELECT 1 UNION SELECT 2", 0))
        stream.flush()
        answer = [stream.read().payload for _ in range(5 if deprecate_eof else 6)]
        assert answer[-3:-1] == [b"\x011", b"\x012"]
        assert answer[-1][0] == wire.EOF
        assert (answer[2][0] == wire.EOF) is not deprecate_eof
    stream.put(Message(b"\x09", 0))  # COM_STATISTICS: text without a mark
    stream.flush()
    assert b"Uptime" in stream.read().payload
    stream.put(Message(b"\x16SELECT ?", 0))  # COM_STMT_PREPARE
    stream.flush()
    assert wire.parse_err(stream.read().payload).code == 1047


def test_a_wrong_password_and_a_missing_database(server: Server, proxy: Proxy) -> None:
    with pytest.raises(pymysql.err.OperationalError, match="1045"):
        server.connect(port=proxy.port, password="wrong")
    with pytest.raises(pymysql.err.OperationalError, match="1049"):
        server.connect("no_such_database", port=proxy.port)
    assert len(proxy.happened("closed")) <= 2


def test_tls_is_hidden(server: Server, proxy: Proxy) -> None:
    with pytest.raises(pymysql.err.OperationalError, match="SSL is required"):
        server.connect(port=proxy.port, ssl_disabled=False, ssl={"ca": None, "check_hostname": False, "verify_mode": False})


def test_many_connections_at_once(server: Server, database: str, proxy: Proxy) -> None:
    server.run("CREATE TABLE t (a INT)", database)
    failed: list[Exception] = []

    def write(number: int) -> None:
        try:
            connection = server.connect(database, port=proxy.port)
            for _ in range(10):
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO t VALUES (%s)", (number,))
                connection.commit()
            connection.close()
        except pymysql.err.MySQLError as error:
            failed.append(error)

    threads = [Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not failed
    assert server.run("SELECT COUNT(*), COUNT(DISTINCT a) FROM t", database) == [(120, 12)]


def test_the_server_is_not_there(server: Server) -> None:
    with Proxy(("127.0.0.1", 1)) as proxy, pytest.raises(pymysql.err.OperationalError, match="2013"):
        server.connect(port=proxy.port)


def test_it_stops_in_the_middle_of_a_statement(server: Server) -> None:
    """Leaving the context ends a statement that would take ten minutes, and a pause."""
    ended: list[str] = []

    def run(plan: FaultPlan) -> None:
        with Proxy(server.address, plan) as proxy:

            def ask() -> None:
                try:
                    with server.connect(port=proxy.port).cursor() as cursor:
                        cursor.execute("SELECT SLEEP(600)")
                except pymysql.err.OperationalError as error:
                    ended.append(str(error))

            thread = Thread(target=ask)
            thread.start()
            thread.join(0.5)
        thread.join(60)
        assert not thread.is_alive()

    run(FaultPlan())
    run(FaultPlan(delay=600))
    assert len(ended) == 2
