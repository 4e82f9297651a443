"""The five modes of MySQL as contexts of our own: nothing is left to what a driver takes options to mean."""

from __future__ import annotations

import ssl
from pathlib import Path

from nectar.config.server import SslMode, Tls
from nectar.network import faults

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",         # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",           # Red Hat, Fedora
    "/etc/ssl/ca-bundle.pem",                     # SUSE
    "/etc/ssl/cert.pem",                          # Alpine, macOS
)
"""Where systems keep the authorities that they trust."""

DEMANDED = frozenset({SslMode.REQUIRED, SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY})
"""Modes that never speak in clear."""


def context(tls: Tls) -> ssl.SSLContext | None:
    """None when nothing is to be encrypted. TLS 1.2 at least, whatever the server would take.

    Errors: ConnectError NEC-Y010 (a certificate file cannot be used), NEC-Y011 (no authorities are found).
    """
    if tls.mode is SslMode.DISABLED:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = tls.mode is SslMode.VERIFY_IDENTITY
    if tls.mode in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY):
        made.verify_mode = ssl.CERT_REQUIRED
        _load(made, authorities(tls))
    else:
        made.verify_mode = ssl.CERT_NONE
    if tls.cert_path is not None:
        try:
            made.load_cert_chain(tls.cert_path, tls.key_path)
        except (OSError, ssl.SSLError) as error:
            raise faults.unusable(tls.cert_path, "the client's certificate and key", str(error)) from error
    return made


def authorities(tls: Tls) -> Path:
    """The file of those that are trusted: the profile's, else the system's, else certifi's."""
    if tls.ca_path is not None:
        return tls.ca_path
    for name in BUNDLES:
        if Path(name).is_file():
            return Path(name)
    import certifi

    return Path(certifi.where())


def _load(made: ssl.SSLContext, file: Path) -> None:
    try:
        made.load_verify_locations(file)
    except (OSError, ssl.SSLError) as error:
        raise faults.unusable(file, "the authorities' certificates", str(error)) from error
    if not made.cert_store_stats()["x509_ca"] and not made.cert_store_stats()["x509"]:
        raise faults.no_authorities(file)
