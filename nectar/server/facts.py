"""Peer, TLS and timings of an open connection."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secured:
    """How TLS secures a connection. `certificate` and `chain`: DER, the peer's own first; empty without TLS.

    `seconds`: duration of the handshake.
    """

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
    """`address`: the one that the socket is connected to, "" through a tunnel.

    `server_version`: as in the greeting, without MariaDB's prefix for replicas. `resolve_seconds`: looking the name up.
    `tcp_seconds`: TCP and the tunnel. `login_seconds`: TLS and the login.
    """

    address: str
    server_version: str
    connection_id: int
    secured: Secured = NO_TLS
    resolve_seconds: float = 0.0
    tcp_seconds: float = 0.0
    login_seconds: float = 0.0


class Upgrade:
    """Takes the place of a driver's SSLContext. It checks the profile's host name, whatever address the socket leads to."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._context, self._name = context, name.strip("[]").partition("%")[0].rstrip(".")
        self.secured = NO_TLS

    def wrap_socket(self, stream: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        """`server_hostname`, which the driver passes, is ignored."""
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
    """The certificates that the peer sent. Python has a public function for them from 3.13 on, and a hidden one before."""
    public = getattr(stream, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    hidden = getattr(getattr(stream, "_sslobj", None), "get_unverified_chain", None)
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in hidden() or ()) if hidden else ()
