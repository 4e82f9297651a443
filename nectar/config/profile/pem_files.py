"""Checks the files that TLS needs: readable, PEM, in date, belonging together. Imports cryptography only when it is needed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nectar import reading

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_SOON = timedelta(days=30)
_BLOCK = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.DOTALL)
_ENCRYPTED = re.compile(rb"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED")
_OTHERS_MAY_READ = 0o004


class FileFault(Exception):
    """A file that cannot be used. `what` completes "NAME ..": ``is not a private key in PEM``; `hint` is the next step."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


class FileNote(NamedTuple):
    """`note` is what to know about a usable file: that it expires soon. Mostly empty."""

    note: str = ""


def check_authorities(path: Path) -> FileNote:
    """Checks that the file has an authority's certificate that is in date. Errors: FileFault."""
    faults: list[str] = []
    for block in _blocks(read_whole(path)):
        certificate = _certificate(block)
        fault = _date_fault(certificate) if _is_authority(certificate) else "holds no certificate of an authority"
        if not fault:
            return FileNote(_note(certificate))
        faults.append(fault)
    raise FileFault(faults[-1], "give the file of the authority that signed the server's certificate")


def check_certificate(path: Path) -> FileNote:
    """Checks that the file's first certificate, the client's own, is in date. Errors: FileFault."""
    certificate = _own_certificate(path)
    fault = _date_fault(certificate)
    if fault:
        raise FileFault(fault, "have a new one made")
    return FileNote(_note(certificate))


def check_key(path: Path, certificate: Path | None) -> None:
    """Checks that the key has no passphrase, is not readable by everybody, and is `certificate`'s. Errors: FileFault."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text = read_whole(path)
    check_private(path)
    key = _key(text)
    if certificate is None:
        return
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        own = _own_certificate(certificate).public_key().public_bytes(*form)
    except FileFault:
        return  # the certificate has its own complaint
    if key.public_key().public_bytes(*form) != own:
        raise FileFault("is not the key of ssl_cert_path's certificate", "give the two files that were made together")


def check_private(path: Path) -> None:
    """Checks that not everybody on this machine can read the file. Errors: FileFault."""
    if path.stat().st_mode & _OTHERS_MAY_READ:
        raise FileFault("can be read by everybody on this machine", f"chmod 600 {path}")


def read_whole(path: Path) -> bytes:
    """The file's bytes. Errors: FileFault."""
    try:
        return reading.read_file(path, reading.CERTIFICATES)
    except OSError as error:
        raise FileFault(f"cannot be read: {error.strerror}", "give the path of a PEM file") from error


def _key(text: bytes) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if _ENCRYPTED.search(text):
        raise FileFault("is encrypted with a passphrase", "write it without one: openssl pkey -in OLD.pem -out NEW.pem")
    try:
        with _quiet():
            return load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileFault("is not a private key in PEM", "openssl pkey -in FILE -out FILE.pem") from error


def _own_certificate(path: Path) -> Certificate:
    return _certificate(_blocks(read_whole(path))[0])


def _blocks(text: bytes) -> list[bytes]:
    blocks = _BLOCK.findall(text)
    if not blocks:
        hint = "openssl x509 -inform der -in FILE -out FILE.pem" if text.startswith(b"\x30") else "it begins with -----BEGIN"
        raise FileFault("holds no certificate in PEM", hint)
    return blocks


def _certificate(block: bytes) -> Certificate:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        with _quiet():
            return load_pem_x509_certificate(block)
    except ValueError as error:
        raise FileFault("holds a certificate that is damaged") from error


def _is_authority(certificate: Certificate) -> bool:
    """By its basic constraints. A certificate of version 1 has none; it is an authority when it signed itself."""
    from cryptography.x509 import BasicConstraints, ExtensionNotFound

    try:
        with _quiet():
            return certificate.extensions.get_extension_for_class(BasicConstraints).value.ca
    except ExtensionNotFound:
        return certificate.issuer == certificate.subject
    except ValueError:
        return False


def _date_fault(certificate: Certificate) -> str:
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        return f"holds a certificate that expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if now < certificate.not_valid_before_utc:
        return f"holds a certificate that is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    return ""


def _note(certificate: Certificate) -> str:
    end = certificate.not_valid_after_utc
    return f"holds a certificate that expires on {end:%Y-%m-%d}" if end - datetime.now(UTC) < _SOON else ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without cryptography's warnings: old authorities in a system's bundle break rules, and the user cannot change them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
