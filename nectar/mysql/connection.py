"""A hardened PyMySQL connection: required TLS is enforced, local files are never opened, no password is sent in clear."""

from __future__ import annotations

import socket
import ssl
import struct
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

import pymysql.connections
from pymysql.connections import MySQLResult
from pymysql.constants import CLIENT, CR

from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.model import Server, SslMode
from nectar.mysql.load_data import Load, Offer, packets
from nectar.secrets.secret import Secret
from nectar.server import faults, tls
from nectar.server.facts import NO_TLS, Facts, Secured, Upgrade

_MARIADB_PREFIX = "5.5.5-"  # before MariaDB's real version in its greeting, for old replicas
_NEVER = frozenset({b"mysql_old_password", b"dialog"})
_LOGIN_BYTES = 1 << 16  # a login takes some hundred bytes; what sends more is no MySQL server
_LOCAL_INFILE = b"\xfb"

GARBLED = (ValueError, TypeError, LookupError, ArithmeticError, AssertionError, AttributeError, struct.error)
"""The exceptions that PyMySQL may raise when bytes are not MySQL's protocol."""


SEPARATOR = ";\n"
"""The separator between statements that are sent together."""


class StatementAnswer(NamedTuple):
    """The server's answer to a statement: the number of changed rows, the returned rows, and its text (``Records: 3
    Duplicates: 1 Warnings: 0``)."""

    changed: int
    rows: Any
    words: str


class MysqlConnection(pymysql.connections.Connection):
    """Not open until `log_in`. No autocommit, utf8mb4, affected rows are changed rows; the session is otherwise the server's."""

    facts: Facts
    server_version: str
    server_capabilities: int
    server_thread_id: tuple[int]
    _result: Any
    _secure: bool

    def __init__(self, server: Server, password: Secret | None, context: ssl.SSLContext | None, *, local_infile: bool) -> None:
        self.where, self._waits, self._peer = str(server), server.waits, ""
        self.offers: deque[Offer] = deque()  # the bytes that the server may ask for, in this order
        self.feeding_failed = False
        self._left: int | None = None  # bytes that the server may still send during the login
        super().__init__(
            user=server.user,
            password=password.reveal().encode() if password else b"",
            host=server.host,
            port=server.port,
            database=server.database or None,
            charset="utf8mb4",
            autocommit=False,
            ssl=context,
            ssl_disabled=context is None,
            defer_connect=True,
            program_name="nectar",
            client_flag=CLIENT.MULTI_STATEMENTS | (CLIENT.LOCAL_FILES if local_infile else 0),  # `local_infile` opens files
        )
        self._demanded = server.tls.mode in tls.DEMANDED
        self._upgrade = Upgrade(context, server.host) if context else None
        self.ctx = self._upgrade
        if server.tls.mode is SslMode.PREFERRED:
            self._ssl_required = False
            self.client_flag &= ~CLIENT.SSL

    def log_in(self, stream: socket.socket, peer: str, seconds: float) -> None:
        """Log in over an open stream to the address `peer`. `seconds` bounds each wait. Raises what PyMySQL raises."""
        self._peer, self._left = peer, _LOGIN_BYTES
        self._read_timeout = self._write_timeout = seconds
        try:
            self.connect(stream)
        finally:
            self.password, self._left = b"", None
        self._read_timeout, self._write_timeout = self._waits.read, self._waits.write

    @property
    def secured(self) -> Secured:
        """How TLS secures the connection: known from the handshake on, even when the login fails after it."""
        return self._upgrade.secured if self._upgrade else NO_TLS

    def look(self, **seconds: float) -> Facts:
        """The facts of the open connection. `seconds`: its timings."""
        version = self.server_version.removeprefix(_MARIADB_PREFIX)
        return Facts(self._peer, version, int(self.server_thread_id[0]), self.secured, **seconds)

    def load_local(self, sql: str, chunks: Iterable[bytes]) -> int:
        """Rows changed by one LOAD DATA LOCAL. Errors: as `several`."""
        (result,) = self.several([Load(sql, chunks)])
        return result.changed

    def several(self, statements: Sequence[str | Load]) -> Generator[StatementAnswer]:
        """Send statements together; yields the server's answer to each, until an error.

        They take one exchange, and one more for each LOAD DATA LOCAL, whose bytes come from memory. When the caller stops
        reading, or an error occurs while the bytes are produced, the connection is closed, which undoes the transaction.
        Errors: PyMySQL's; ConnectError NEC-Y043 when the server asks for anything but these bytes in their order, or does not
        ask.
        """
        offers = deque(Offer(statement) for statement in statements if isinstance(statement, Load))
        offered = iter(offers.copy())
        sql = SEPARATOR.join(next(offered).sql if isinstance(text, Load) else text for text in statements)
        self.offers, self.feeding_failed = offers, False
        try:
            changed = self.query(sql)
            for left in range(len(statements) - 1, -1, -1):
                result = self._result
                yield StatementAnswer(changed, result.rows, bytes(result.message or b"").decode(errors="replace"))
                if bool(result.has_next) != bool(left):
                    raise self._garbled(ValueError("another number of answers than of statements"))
                if left:
                    changed = self._read_query_result()
            if offers:
                self.drop()
                raise faults.FILE_ASKED.at(self.where, "nor did it take the statement's own bytes")
        except GeneratorExit:
            self.drop()
            raise
        finally:
            self.offers = deque()

    def show_warnings(self) -> Any:
        """As PyMySQL's, but a server that answers by asking for a file is refused."""
        self.query("SHOW WARNINGS")
        return self._result.rows

    def drop(self) -> None:
        """Close without a goodbye to the server, which undoes an open transaction."""
        self._force_close()  # type: ignore[attr-defined]

    @property
    def server_public_key(self) -> bytes | None:
        return self._public_key

    @server_public_key.setter
    def server_public_key(self, key: bytes | None) -> None:
        """PyMySQL would encrypt the password with any key that the server sends.

        Without TLS such a key is refused, as by MySQL's client.
        """
        if key is not None and not self._secure and not is_loopback(self._peer):
            raise faults.CLEAR_PASSWORD.at(self.where, "it offers a key of its own for it")
        self._public_key = key

    def _request_authentication(self) -> None:
        """Called after the greeting, before anything is sent: here required TLS is enforced."""
        if self._demanded and not self.server_capabilities & CLIENT.SSL:
            raise faults.NOT_OFFERED.at(self.where)
        super()._request_authentication()  # type: ignore[misc]

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        if plugin_name in _NEVER or (plugin_name == b"mysql_clear_password" and not self._secure):
            raise faults.CLEAR_PASSWORD.at(self.where, plugin_name.decode())
        return super()._process_auth(plugin_name, auth_packet, handler)  # type: ignore[misc]

    def _read_bytes(self, num_bytes: int) -> bytes:
        if self._left is not None:
            self._left -= num_bytes
            if self._left < 0:
                self.drop()
                raise faults.NOT_MYSQL.at(self.where, "the login does not come to an end")
        return super()._read_bytes(num_bytes)  # type: ignore[misc, no-any-return]

    def _read_query_result(self, unbuffered: bool = False) -> int:
        """As PyMySQL's, with `_Result` in place of its result class."""
        self._result = None
        result = _Result(self)
        try:
            if unbuffered:
                result.init_unbuffered_query()
            else:
                result.read()
        except GARBLED as error:
            if self.feeding_failed:
                raise
            raise self._garbled(error) from error
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows or 0)

    def _read_ok_packet(self) -> Any:
        """Read the answer to COMMIT, ROLLBACK and the end of the login."""
        try:
            packet = self._read_packet()  # type: ignore[no-untyped-call]
            if packet.get_all_data()[:1] == _LOCAL_INFILE:
                _refuse_file(self)
            if not packet.is_ok_packet():
                raise ValueError("no OK")
            ok = pymysql.connections.OKPacketWrapper(packet)  # type: ignore[attr-defined]
        except GARBLED as error:
            raise self._garbled(error) from error
        self.server_status = ok.server_status
        return ok

    def _garbled(self, error: Exception) -> pymysql.err.OperationalError:
        """Close the connection, since nothing after such bytes can be understood; returns the error to raise."""
        self.drop()
        return pymysql.err.OperationalError(CR.CR_MALFORMED_PACKET, f"the answer cannot be read ({type(error).__name__})")


class _Result(MySQLResult):
    """As PyMySQL's, but a server that asks for a file gets the offered bytes or is refused."""

    def _read_load_local_packet(self, first_packet: Any) -> None:
        connection: MysqlConnection = self.connection  # type: ignore[assignment]
        if not connection.offers or first_packet.get_all_data()[1:] != connection.offers[0].token.encode():
            _refuse_file(connection)
        offer = connection.offers.popleft()
        try:
            for piece in packets(offer.chunks):
                connection.write_packet(piece)
        except BaseException:
            connection.feeding_failed = True
            connection.drop()  # ending the file here would load half of the rows
            raise
        connection.write_packet(b"")
        answer = connection._read_packet()  # type: ignore[no-untyped-call]
        if not answer.is_ok_packet():
            _refuse_file(connection)
        self._read_ok_packet(answer)  # type: ignore[attr-defined]


def _refuse_file(connection: MysqlConnection) -> NoReturn:
    connection.drop()
    raise faults.FILE_ASKED.at(connection.where)
