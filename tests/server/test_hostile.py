"""A server that means harm, or none that makes sense: always an error of ours, never a hang, nothing told that it may not know."""

from __future__ import annotations

import itertools
import random
import socket

import pymysql
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1

from nectar.config.profile.model import PoolSettings, SslMode, Waits
from nectar.errors import ConnectError, NectarError, TransientError
from nectar.mysql.connection import MysqlConnection
from nectar.mysql.connector import Connector
from nectar.mysql.server_errors import as_nectar_error
from nectar.secrets.secret import Secret
from nectar.server import faults
from nectar.sinks.mysql.session import ServerSession, Undetermined
from tests.mysql import wire
from tests.server.hostile import SALT, Script, Talk, answering, greeting, let_in, serving
from tests.server.logging_in import DAWDLE, PASSWORD, SOON, STATEMENTS, quick, refused
from tests.server.making import asked, joined, server

__all__ = ["quick"]


# -- passwords -----------------------------------------------------------------------------------------------------------


def _switching(plugin: bytes, data: bytes = SALT + b"\0") -> Script:
    def script(talk: Talk) -> None:
        talk.say(greeting())
        talk.hear()
        talk.say(b"\xfe" + plugin + b"\0" + data)
        talk.hear()

    return script


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"mysql_old_password", b"dialog"])
def test_no_weak_password_in_the_open(plugin: bytes) -> None:
    error, _ = refused(_switching(plugin, b"\x04Password: " if plugin == b"dialog" else SALT + b"\0"))
    assert error.code == faults.CLEAR_PASSWORD.code
    assert plugin.decode() in str(error)


@pytest.mark.parametrize("plugin", ["mysql_clear_password", "mysql_old_password", "dialog"])
@pytest.mark.parametrize("question", [b"\x01\x04Password: ", b"\x01", b"\xfe"])
def test_nor_when_the_greeting_asks_for_it(plugin: str, question: bytes) -> None:
    def script(talk: Talk) -> None:
        talk.say(greeting(plugin))
        talk.hear()
        talk.say(question)
        talk.hear()

    error, _ = refused(script)
    assert isinstance(error, ConnectError)


def _own_key() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    return key, key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _opens(key: rsa.RSAPrivateKey, heard: bytes) -> bool:
    """Whether the last packet is the password, under the key."""
    try:
        masked = key.decrypt(heard[-256:], padding.OAEP(padding.MGF1(SHA1()), SHA1(), None))
    except ValueError:
        return False
    return bytes(a ^ b for a, b in zip(masked, itertools.cycle(SALT), strict=False)) == PASSWORD.encode() + b"\0"


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "sha256_password"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9", ""])
def test_no_password_under_a_key_that_came_in_the_open(plugin: str, peer: str) -> None:
    """To this machine itself it goes, as MySQL's own client sends it to a local server; "" is beyond a tunnel."""
    key, shown = _own_key()
    came: list[bytes] = []

    def script(talk: Talk) -> None:
        talk.say(greeting(plugin))
        talk.hear()
        if plugin.startswith("caching"):
            talk.say(b"\x01\x04")
            talk.hear()
        talk.say(b"\x01" + shown)
        came.append(talk.hear())
        talk.say(wire.ok_packet())
        while True:
            talk.hear()
            talk.say(wire.ok_packet(status=0))

    with serving(script) as listening:
        made = MysqlConnection(server(listening.port, waits=SOON), Secret(PASSWORD), None, local_infile=False)
        stream = socket.create_connection(("127.0.0.1", listening.port))
        if peer == "127.0.0.1":
            made.log_in(stream, peer, 2)
            made.drop()
            assert _opens(key, came[0])
            return
        with pytest.raises(ConnectError) as caught:
            made.log_in(stream, peer, 2)
        stream.close()
    assert caught.value.code == faults.CLEAR_PASSWORD.code
    assert not _opens(key, listening.heard)


def test_the_password_is_forgotten_after_the_login() -> None:
    with serving(answering(lambda talk, _: talk.say(wire.ok_packet()))) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD)
        assert PASSWORD.encode() not in repr(vars(connection)).encode()
        connection.drop()


# -- nonsense ------------------------------------------------------------------------------------------------------------

JUNK: dict[str, bytes] = {
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "zeros": bytes(4096),
    "an empty packet": b"\0\0\0\0",
    "an unknown protocol": wire.frame(b"\x63" + greeting()[1:], 0),
    "half of a greeting": wire.frame(greeting()[:20], 0),
    "no version": wire.frame(b"\x0a\0" + greeting().partition(b"\0")[2], 0),
    "a version of words": wire.frame(greeting(version="the newest"), 0),
    "a short error": wire.frame(b"\xff", 0),
    "an error without text": wire.frame(b"\xff\x15\x04", 0),
    "an error of bytes": wire.frame(b"\xff\x15\x04#\xff\xff\xff\xff\xff\xfe\xfd", 0),
    "a plugin of bytes": wire.frame(greeting()[:-22] + b"\xff\xfe\0", 0),
    "out of order": wire.frame(greeting(), 9),
    "all ones": b"\xff" * 70_000,
}


@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize("mode", [SslMode.DISABLED, SslMode.PREFERRED, SslMode.VERIFY_IDENTITY])
def test_junk_in_place_of_a_greeting(name: str, mode: SslMode) -> None:
    error, _ = refused(lambda talk: talk.raw(JUNK[name]), mode)
    assert error.code in {fault.code for fault in (faults.NOT_MYSQL, faults.LOST, faults.NOT_OFFERED, faults.ACCESS_DENIED)}, (
        error
    )
    assert str(error).isprintable()


@pytest.mark.parametrize("seed", range(60))
def test_random_bytes_after_the_greeting(seed: int) -> None:
    dice = random.Random(seed)
    junk = [dice.randbytes(dice.choice((0, 1, 5, 60, 400))) for _ in range(4)]

    def script(talk: Talk) -> None:
        talk.say(greeting(dice.choice(["mysql_native_password", "caching_sha2_password", "sha256_password", ""])))
        talk.hear()
        for one in junk:
            talk.say(dice.choice((b"", b"\x01", b"\xfe", b"\0")) + one)

    try:
        with serving(script) as listening:
            joined(server(listening.port, waits=SOON), PASSWORD).drop()
    except NectarError as error:
        assert error.code.startswith("NEC-Y")
        assert str(error).isprintable()
    assert PASSWORD.encode() not in listening.heard


BROKEN: dict[str, bytes] = {
    "an empty answer": b"",
    "half of an OK": b"\0",
    "an OK cut short": b"\0\0\0\x02",
    "numbers cut short": b"\0\xfe\xff\xff\xff\xff\xff",
    "a column count alone": b"\x01",
    "columns that are none": b"\x02\xff\xff",
    "a short error": b"\xff",
    "an EOF": b"\xfe\0\0\0\0",
    "a huge count": b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff",
    "text": b"ready when you are",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("statement", ["a query", "an insert", "several", "commit", "rollback", "a load"])
def test_an_answer_that_cannot_be_read_costs_the_connection(name: str, statement: str) -> None:
    def script(talk: Talk) -> None:
        let_in(talk)
        while (command := talk.hear()) and (b"AUTOCOMMIT" in command.upper() or b"SET NAMES" in command):
            talk.say(wire.ok_packet(status=0))
        talk.say(BROKEN[name])

    with serving(script) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=True)
        with pytest.raises(pymysql.err.MySQLError) as caught:
            STATEMENTS[statement](connection)
        told = as_nectar_error(caught.value, "here")
        assert isinstance(told, TransientError), told
        assert told.code == "NEC-M003"
        assert not connection.open


def test_a_value_that_is_none_of_its_type() -> None:
    def script(talk: Talk, _: bytes) -> None:
        for message in wire.text_result(["n"], [["twelve"]], False, 2):
            talk.say(message.replace(b"\xfd\x1f\0", b"\x03\x1f\0").replace(b"\xfd\x00\x00\x1f", b"\xf6\x00\x00\x1f"))

    with serving(answering(script, b"SELECT")) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD)
        try:
            asked(connection, "SELECT n")
        except pymysql.err.MySQLError as error:
            assert error.args[0] == 2027
        connection.drop()


def test_a_job_that_meets_nonsense_goes_on_with_another_connection() -> None:
    """A session: the answer to a statement, then to COMMIT."""
    seen: list[bytes] = []

    def script(talk: Talk, command: bytes) -> None:
        if command.startswith(b"SET SESSION sql_mode"):
            talk.say(wire.ok_packet(status=8))
            for message in wire.text_result(["v"], [["8.0.36"]], False, 2):
                talk.say(message)
            return
        seen.append(command)
        if command.startswith(b"BEGIN;\nINSERT"):
            talk.say(wire.ok_packet(status=9))
        talk.say({1: BROKEN["numbers cut short"], 3: b"what?"}.get(len(seen), wire.ok_packet(status=1)))

    with serving(answering(script)) as listening:
        to = server(listening.port, waits=SOON)
        session = ServerSession(Connector(to, lambda: Secret(PASSWORD)), PoolSettings(1, 240, 300), ())
        with pytest.raises(TransientError, match="cannot be read"):
            session.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(Undetermined), session.transaction():
            session.execute("INSERT INTO t VALUES (2)")
        assert session.metrics.snapshot().in_use == 0
        session.execute("INSERT INTO t VALUES (3)")
        assert session.metrics.snapshot().in_use == 1
        session.drop()
        assert seen[2:] == [b"COMMIT", b"INSERT INTO t VALUES (3)"]
        assert len(listening.talks) == 3
        assert dict(session.metrics.snapshot().retries) == {"NEC-M003": 2}


@pytest.mark.parametrize("answers", [1, 2, 4, 5])
def test_as_many_answers_as_statements(answers: int) -> None:
    """Else nobody knows which answer is whose."""

    def script(talk: Talk, command: bytes) -> None:
        several = command.startswith(b"UPDATE")
        for left in range(answers if several else 1, 0, -1):
            talk.say(wire.ok_packet(1, status=2 if left == 1 else 10))

    with serving(answering(script)) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD)
        with pytest.raises(pymysql.err.OperationalError, match="cannot be read"):
            list(connection.several(["UPDATE t SET a = 1", "UPDATE t SET a = 2", "UPDATE t SET a = 3"]))
        assert not connection.open


# -- no end --------------------------------------------------------------------------------------------------------------


def _drop_by_drop(talk: Talk) -> None:
    for byte in itertools.cycle(wire.frame(greeting(), 0)[:-1]):
        talk.raw(bytes((byte,)))
        talk.wait(0.3)


def _silent(talk: Talk) -> None:
    talk.wait(DAWDLE)


def _silent_after_the_greeting(talk: Talk) -> None:
    talk.say(greeting())
    talk.wait(DAWDLE)


def _more_and_more(talk: Talk) -> None:
    """Each question is answered, none is the last."""
    talk.say(greeting("caching_sha2_password"))
    talk.hear()
    while True:
        talk.say(b"\x01\x03")


def _tls_that_never_comes(talk: Talk) -> None:
    talk.say(greeting(capabilities=0x00FFFFFF))
    talk.hear()
    talk.wait(DAWDLE)


def _tls_drop_by_drop(talk: Talk) -> None:
    talk.say(greeting(capabilities=0x00FFFFFF))
    talk.hear()
    for byte in b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + bytes(10_000):
        talk.raw(bytes((byte,)))
        talk.wait(0.3)


@pytest.mark.parametrize("script", [_drop_by_drop, _silent, _silent_after_the_greeting])
def test_a_login_ends_in_time_or_is_ended(script: Script) -> None:
    error, _ = refused(script, waits=Waits(1, 1, 60, 60))
    assert error.code == faults.SLOW_LOGIN.code
    assert isinstance(error, TransientError)


@pytest.mark.parametrize("script", [_tls_that_never_comes, _tls_drop_by_drop])
def test_so_does_a_handshake(script: Script) -> None:
    error, _ = refused(script, SslMode.REQUIRED, Waits(1, 1, 60, 60))
    assert error.code == faults.SLOW_LOGIN.code


def test_a_login_that_always_goes_on() -> None:
    error, _ = refused(_more_and_more, waits=Waits(1, 1, 60, 60))
    assert error.code in (faults.NOT_MYSQL.code, faults.SLOW_LOGIN.code)


def test_a_greeting_without_end() -> None:
    def script(talk: Talk) -> None:
        for number in itertools.count():
            talk.raw(b"\xff\xff\xff" + bytes((number % 256,)) + bytes(0xFFFFFF))

    error, _ = refused(script, waits=Waits(3, 3, 60, 60))
    assert error.code == faults.NOT_MYSQL.code
    assert "does not come to an end" in str(error)


def test_the_login_s_bound_is_no_statement_s() -> None:
    """A connection outlives the time that its login had, and may be told more than that had room for."""

    def script(talk: Talk, _: bytes) -> None:
        talk.wait(1.5)
        for message in wire.text_result(["v"], [["x" * 100_000]], False, 2):
            talk.say(message)

    with serving(answering(script, b"SELECT")) as listening:
        connection = joined(server(listening.port, waits=Waits(1, 1, 5, 5)), PASSWORD)
        assert asked(connection, "SELECT v") == [("x" * 100_000,)]
        connection.drop()


# -- every byte ----------------------------------------------------------------------------------------------------------

GREETING = wire.frame(greeting(), 0)
AFTER = wire.frame(wire.ok_packet(), 2)


@pytest.mark.parametrize("end", ["FIN", "RST"])
def test_a_connection_that_ends_at_any_byte_of_the_login(end: str) -> None:
    for last in range(len(GREETING) + len(AFTER)):

        def script(talk: Talk, last: int = last) -> None:
            talk.raw(GREETING[:last])
            if last >= len(GREETING):
                talk.hear()
                talk.raw(AFTER[: last - len(GREETING)])
            if end == "RST":
                talk.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                talk.stream.close()

        error, _ = refused(script)
        reset = {faults.UNREACHABLE.code} if end == "RST" else set()  # it may come before the socket is open
        assert error.code in {faults.LOST.code} | reset, (last, error)
