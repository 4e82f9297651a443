"""PyMySQL's connection with three things of ours: TLS that cannot be talked down, a password that never goes in clear, and
LOAD DATA LOCAL that sends what it was given from memory, and never a file of this machine."""

from __future__ import annotations

import hashlib
import ssl
import time
from typing import Any

import pymysql
from pymysql.connections import Connection as Plain
from pymysql.connections import LoadLocalPacketWrapper, MySQLResult  # type: ignore[attr-defined]
from pymysql.constants import CLIENT

from nectar.network import faults

SOURCE = "nectar"
"""The one name of a file that a server may ask for, and only while something is offered."""
_PACKET = 1 << 20
_IN_CLEAR = frozenset({b"mysql_clear_password", b"dialog", b"mysql_old_password"})
"""Ways to log in that show the password, or nearly, to whoever listens."""


class Connection(Plain):
    """`where` is for errors; `demands_tls`: without it nothing is said to the server."""

    def __init__(self, where: str, context: ssl.SSLContext | None, *, demands_tls: bool, **options: Any) -> None:
        self.where, self.demands_tls = where, demands_tls
        self.handshake_seconds = 0.0
        self.warnings = 0
        self._offered: bytes | None = None
        super().__init__(ssl=context, ssl_disabled=context is None, local_infile=True, defer_connect=True, **options)
        self._ssl_required = demands_tls

    @property
    def _stream(self) -> Any:
        return self.__dict__.get("_sock")

    # -- what the connection is ------------------------------------------------------------------------------------

    @property
    def tls(self) -> tuple[str, str, str]:
        """TLS version, cipher, SHA-256 of the server's certificate; each empty without."""
        sock = self._stream
        if not isinstance(sock, ssl.SSLSocket):
            return "", "", ""
        der = sock.getpeercert(binary_form=True)
        found = sock.cipher()
        return sock.version() or "", found[0] if found else "", hashlib.sha256(der).hexdigest() if der else ""

    @property
    def certificate(self) -> bytes | None:
        """The server's, DER."""
        sock = self._stream
        return sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None

    # -- logging in ------------------------------------------------------------------------------------------------

    def _request_authentication(self) -> None:
        if self.demands_tls and not self.server_capabilities & CLIENT.SSL:  # type: ignore[attr-defined]
            raise faults.no_tls(self.where)
        began = time.monotonic()
        super()._request_authentication()  # type: ignore[misc]
        self.handshake_seconds = time.monotonic() - began

    def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if plugin_name in _IN_CLEAR and not isinstance(self._stream, ssl.SSLSocket):
            raise faults.clear_password(self.where)
        return super()._process_auth(plugin_name, auth_packet)  # type: ignore[misc]

    # -- loading ---------------------------------------------------------------------------------------------------

    def load_local(self, sql: str, text: bytes) -> int:
        """LOAD DATA LOCAL INFILE 'nectar' ..: the server gets `text`. Rows that came; `warnings` tells of those that did not."""
        self._offered = text
        try:
            return int(self.query(sql))
        finally:
            self._offered = None

    def _read_query_result(self, unbuffered: bool = False) -> Any:
        self._result = None
        result = _Result(self)
        result.read()
        self._result = result
        self.warnings = result.warning_count
        if result.server_status is not None:
            self.server_status = result.server_status
        return result.affected_rows

    def offered_for(self, name: bytes) -> bytes:
        """What goes to a server that asks for a file. Errors: ConnectError NEC-Y014, and the connection is closed."""
        text, self._offered = self._offered, None
        if text is None or name != SOURCE.encode():
            self._force_close()  # type: ignore[attr-defined]
            raise faults.file_asked(self.where, name.decode(errors="replace"))
        return text


class _Result(MySQLResult):
    def _read_load_local_packet(self, first_packet: Any) -> None:
        connection: Any = self.connection
        text = connection.offered_for(LoadLocalPacketWrapper(first_packet).filename)
        view = memoryview(text)
        for at in range(0, len(view), _PACKET):
            connection.write_packet(bytes(view[at : at + _PACKET]))
        connection.write_packet(b"")
        answer = connection._read_packet()
        if not answer.is_ok_packet():
            raise pymysql.err.OperationalError(2014, "an answer out of order")
        self._read_ok_packet(answer)  # type: ignore[attr-defined]
