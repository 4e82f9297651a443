"""What is known of an open connection: to whom, by what secured, how long it took."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secured:
    """`certificate` and `chain`: DER, the peer's own first; empty without TLS. `seconds`: of the handshake."""

    version: str = ""
    cipher: str = ""
    certificate: bytes = b""
    chain: tuple[bytes, ...] = ()
    seconds: float = 0.0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal; "" without one."""
        return hashlib.sha256(self.certificate).hexdigest() if self.certificate else ""


NO_TLS = Secured()


@dataclass(frozen=True, slots=True)
class Facts:
    """`address`: what the socket is connected to, "" through a tunnel. `server_version`: as in the greeting, without MariaDB's
    prefix for replicas. Seconds: of the name's look-up, of TCP (and the tunnel), of all after that, TLS and login."""

    address: str
    server_version: str
    connection_id: int
    secured: Secured = NO_TLS
    resolve_seconds: float = 0.0
    tcp_seconds: float = 0.0
    login_seconds: float = 0.0


class Upgrade:
    """Stands where PyMySQL asks for TLS on its socket: the name to check is the profile's, wherever the socket leads."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._context, self._name = context, name.strip("[]").partition("%")[0].rstrip(".")
        self.secured = NO_TLS

    def wrap_socket(self, stream: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        """`server_hostname`, which PyMySQL gives, is not looked at."""
        began = time.perf_counter()
        wrapped = self._context.wrap_socket(stream, server_hostname=self._name)
        seconds = time.perf_counter() - began
        cipher = wrapped.cipher()
        self.secured = Secured(
            version=wrapped.version() or "",
            cipher=cipher[0] if cipher else "",
            certificate=wrapped.getpeercert(binary_form=True) or b"",
            chain=_chain(wrapped),
            seconds=seconds,
        )
        return wrapped


def _chain(stream: ssl.SSLSocket) -> tuple[bytes, ...]:
    """As the peer sent it. Public from Python 3.13 on; before, where the interpreter has it."""
    public = getattr(stream, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    hidden = getattr(getattr(stream, "_sslobj", None), "get_unverified_chain", None)
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in hidden() or ()) if hidden else ()
