"""A database server's packets with something wrong in them, in the middle of a login and of statements."""

from __future__ import annotations

from random import Random

import pymysql

from nectar.errors import NectarError
from nectar.mysql.server_errors import as_nectar_error
from tests.fuzz.cbor_tree import broken
from tests.mysql import wire
from tests.server.hostile import Talk, greeting, serving
from tests.server.logging_in import PASSWORD, SOON, STATEMENTS
from tests.server.making import joined, server

PACKETS = (
    wire.ok_packet(),
    greeting(),
    greeting("caching_sha2_password"),
    b"\xfe\0\0\2\0",
    b"\xff\x15\x04#28000no",
    b"\x01",
    b"\xfbname",
    b"\x03def\0\0\0\x011\0\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0",
    b"\x011",
    b"\xfemysql_native_password\0" + bytes(20),
)


def packets(rng: Random) -> list[bytes]:
    """What a server says, one packet after another, each after the client's; mostly right ones, some of them changed."""
    return [
        broken(packet, rng) if rng.random() < 0.5 else packet
        for packet in (rng.choice(PACKETS) for _ in range(rng.randint(1, 6)))
    ]


def talk(packets: list[bytes], rng: Random) -> str:
    """The code of the error that ends a login, or a statement after it; "done" when nothing did."""
    good_login = rng.random() < 0.6
    statement = rng.choice(sorted(STATEMENTS))

    def script(talk: Talk) -> None:
        talk.say(greeting())
        talk.hear()
        if good_login:
            talk.say(wire.ok_packet())
            while (command := talk.hear()) and (b"AUTOCOMMIT" in command.upper() or b"SET NAMES" in command):
                talk.say(wire.ok_packet(status=0))
        for packet in packets:
            talk.say(packet)

    try:
        with serving(script) as listening:
            connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=True)
            try:
                STATEMENTS[statement](connection)
            except pymysql.err.MySQLError as error:
                return getattr(as_nectar_error(error, "here"), "code", "")
            finally:
                connection.drop()
    except NectarError as error:
        return error.code
    return "done"
