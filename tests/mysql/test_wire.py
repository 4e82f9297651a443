"""Packets as values: what is built reads back, and a real server's greeting survives."""

from __future__ import annotations

import socket
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.mysql.product import product_of
from tests.mysql import wire
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.mysql.streams import Gone, Stream
from tests.mysql.weighing import Load, longest_row, writes

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


@given(st.integers(0, 2**64 - 1))
def test_numbers(number: int) -> None:
    data = wire.lenenc(number)
    assert wire.read_lenenc(b"x" + data + b"y", 1) == (number, 1 + len(data))


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_ok(affected: int, insert_id: int, status: int, warnings: int) -> None:
    assert wire.parse_ok(wire.ok_packet(affected, insert_id, status, warnings)) == (affected, insert_id, status, warnings)


def test_errors() -> None:
    assert wire.parse_err(wire.err_packet(1213, "Deadlock")) == (1213, "40001", "Deadlock")
    assert wire.parse_err(b"\xff\x10\x04Too many connections") == (1040, "HY000", "Too many connections")


@pytest.mark.parametrize("size", [0, 1, wire.PIECE - 1, wire.PIECE, wire.PIECE + 1, 2 * wire.PIECE])
def test_messages_of_any_size_pass_a_stream(size: int) -> None:
    """Also those of exactly a piece's length, which end with an empty one."""
    listener = socket.create_server(("127.0.0.1", 0))
    one = Stream(socket.create_connection(listener.getsockname()), "one")
    other = Stream(listener.accept()[0], "other")
    listener.close()
    payload = bytes(size)

    def send() -> None:
        one.write(wire.frame(payload, 254))
        one.flush()

    sender = Thread(target=send)
    sender.start()
    got = other.read()
    sender.join()
    assert got == (payload, 254)
    one.close()
    with pytest.raises(Gone):
        other.read()
    other.close()


def test_a_real_greeting(program: str, server: Server) -> None:
    with socket.create_connection(server.address) as sock:
        stream = Stream(sock, "server")
        payload = stream.read().payload
        stream.close()
    greeting = wire.parse_greeting(payload)
    assert product_of(greeting.version).name == program
    assert wire.build_greeting(greeting) == payload
    shown = wire.parse_greeting(wire.build_greeting(wire.plain(greeting)._replace(version="8.0.11-TiDB-v8.5.7")))
    assert shown.version == "8.0.11-TiDB-v8.5.7"
    assert not shown.capabilities & wire.Capability.SSL
    assert (shown.salt, shown.rest) == (greeting.salt, greeting.rest)


def test_no_greeting() -> None:
    for payload in (b"", b"\x09old\0", b"\x0aunfinished", b"\x0a8.0\0short"):
        with pytest.raises(ValueError):
            wire.parse_greeting(payload)


def test_weights() -> None:
    assert longest_row("INSERT INTO t (a, b) VALUES (1, 'x)('), (22, 'it''s \\' (long)')") == len("22, 'it''s \\' (long)'")
    assert longest_row("INSERT INTO t VALUES (X'" + "00" * 1000 + "')") in range(1000, 1010)
    assert writes(" /* a */ insert INTO t VALUES (1)")
    assert not writes("SELECT 'INSERT'")
    load = Load()
    for piece in (b"ab\ncdef", b"gh\n", b"i"):
        load.add(piece)
    assert (load.size, load.longest) == (11, 6)
