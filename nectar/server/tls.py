"""A profile's TLS as an SSLContext: MySQL's five modes, without fallback to plain text, TLS 1.2 at least."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import certifi

from nectar import reading
from nectar.config.profile.model import SslMode, Tls
from nectar.errors import NectarError
from nectar.server import faults

SYSTEM_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu, Arch
    Path("/etc/pki/tls/certs/ca-bundle.crt"),  # Red Hat, Fedora
    Path("/etc/ssl/ca-bundle.pem"),  # openSUSE
    Path("/etc/ssl/cert.pem"),  # macOS, Alpine
)
CHECKED = frozenset({SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY})
DEMANDED = CHECKED | {SslMode.REQUIRED}


class _Listening(ssl.SSLSocket):
    """After a failed write it raises the reason that the other side sent.

    In TLS 1.3 a server checks the client's certificate after the client's handshake has ended: its refusal may still be unread
    while the login is sent.
    """

    def sendall(self, data: Any, flags: int = 0) -> None:
        try:
            super().sendall(data, flags)
        except OSError:
            with contextlib.suppress(ssl.SSLEOFError, ConnectionError, TimeoutError):
                self.recv(1)
            raise


def context(tls: Tls, bundles: Sequence[Path] | None = None) -> ssl.SSLContext | None:
    """The context for a mode; None for DISABLED.

    PREFERRED and REQUIRED check nothing, VERIFY_CA checks the chain, VERIFY_IDENTITY the chain and the name.

    The connection refuses a server without TLS, not this context. A configured CA is read in every mode, so that a wrong path is
    noticed. `bundles`: files of authorities, in order (default: the system's, then certifi's).
    Errors: ConnectError NEC-Y020, NEC-Y021.
    """
    if tls.mode is SslMode.DISABLED:
        return None
    ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ssl_context.sslsocket_class = _Listening
    ssl_context.minimum_version = ssl.TLSVersion.TLSv1_2
    ssl_context.check_hostname = tls.mode is SslMode.VERIFY_IDENTITY
    ssl_context.verify_mode = ssl.CERT_REQUIRED if tls.mode in CHECKED else ssl.CERT_NONE
    if tls.ca_path is not None:
        _authorities(ssl_context, tls.ca_path)
    elif tls.mode in CHECKED:
        _authorities(ssl_context, bundle(bundles))
    _client_certificate(ssl_context, tls)
    return ssl_context


def bundle(places: Sequence[Path] | None = None) -> Path:
    """The first file of authorities that exists. Errors: ConnectError NEC-Y021."""
    tried = (*SYSTEM_BUNDLES, Path(certifi.where())) if places is None else places
    for path in tried:
        if path.is_file():
            return path
    raise faults.NO_AUTHORITIES.at(", ".join(map(str, tried)))


def _authorities(ssl_context: ssl.SSLContext, path: Path) -> None:
    try:
        reading.read_file(path, reading.CERTIFICATES)  # OpenSSL only takes a path, and would block on a pipe
        ssl_context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise faults.TLS_FILE.at(str(path), f"no certificates of authorities in it ({_reason(error)})") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _client_certificate(ssl_context: ssl.SSLContext, tls: Tls) -> None:
    if tls.cert_path is None:
        if tls.key_path is not None:
            raise faults.TLS_FILE.at(str(tls.key_path), "a key without its certificate", hint="name that as `ssl_cert_path`")
        return
    key = tls.key_path or tls.cert_path
    for path in (tls.cert_path, key):  # load_cert_chain does not say which of the two it could not read
        try:
            reading.read_file(path, reading.CERTIFICATES)
        except OSError as error:
            raise _unreadable(path, error) from error
    try:
        ssl_context.load_cert_chain(tls.cert_path, key, password=lambda: _encrypted(key))
    except ssl.SSLError as error:
        what = f"not a certificate and the key that belongs to it, which is {key} ({_reason(error)})"
        raise faults.TLS_FILE.at(str(tls.cert_path), what) from error


def _encrypted(key: Path) -> str:
    """Called instead of OpenSSL's question for a passphrase on the terminal."""
    raise faults.TLS_FILE.at(str(key), "the key is encrypted", hint="decrypt it (openssl pkey), and let only this user read it")


def _unreadable(path: Path, error: OSError) -> NectarError:
    return faults.TLS_FILE.at(str(path), (error.strerror or str(error)).lower())


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()
