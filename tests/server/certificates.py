"""Certificates of every kind that a server may show, made for each test run."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOCAL = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Pair:
    """Files in PEM. `der` is the certificate."""

    certificate: Path
    key: Path
    der: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    pair: Pair
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority(folder: Path, name: str) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(name, key, None, (), 0, 30, ca=True)
    return Signer(_written(folder, name, certificate, key), certificate, key)


def leaf(
    folder: Path, name: str, signer: Signer | None, names: tuple[str, ...] = LOCAL, first: float = -1, last: float = 30
) -> Pair:
    """`signer` None: self-signed. Valid from `first` to `last`, days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _written(folder, name, _signed(name, key, signer, names, first, last), key)


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: Signer | None,
    names: tuple[str, ...],
    first: float,
    last: float,
    *,
    ca: bool = False,
) -> x509.Certificate:
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(first, -0.01) if ca else first))
        .not_valid_after(now + timedelta(days=last))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
    return builder.sign(signer.key if signer else key, hashes.SHA256())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _written(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key", certificate.public_bytes(serialization.Encoding.DER))
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pair
