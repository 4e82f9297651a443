"""Certificates and keys that a profile names: each fault a file can have, told by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from nectar.config import codes
from nectar.config.profile.load import load_profile
from nectar.config.profile.model import Server
from nectar.errors import Complaint, PlanError
from tests.config.profiles import table

KEY, OTHER = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
DAY = timedelta(days=1)


def certificate(first: int = -10, last: int = 300, *, authority: bool | None = False, form: Encoding = Encoding.PEM) -> bytes:
    """Valid from `first` to `last` days from now. `authority` None: it does not say."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    issuer = name if authority is None else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, name, KEY.public_key(), 7, now + first * DAY, now + last * DAY)
    if authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(authority, None), True)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(form)


def key(
    of: EllipticCurvePrivateKey = KEY, secret: KeySerializationEncryption | None = None, form: Encoding = Encoding.PEM
) -> bytes:
    return of.private_bytes(form, PrivateFormat.PKCS8, secret or NoEncryption())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A profile and the three files that it names, all good."""
    names = 'ssl_ca_path = "ca.pem"\nssl_cert_path = "own.pem"\nssl_key_path = "own.key"\n'
    (tmp_path / "profile.toml").write_text(table("mysql", names))
    (tmp_path / "ca.pem").write_bytes(certificate(authority=False) + certificate(authority=True))
    (tmp_path / "own.pem").write_bytes(certificate())
    (tmp_path / "own.key").write_bytes(key())
    (tmp_path / "own.key").chmod(0o600)
    return tmp_path


def load(folder: Path) -> Server:
    target = load_profile(folder / "profile.toml", environment={})
    assert isinstance(target, Server)
    return target


def complaints(folder: Path) -> tuple[Complaint, ...]:
    with pytest.raises(PlanError) as caught:
        load(folder)
    return caught.value.complaints


def test_good_files_are_found_beside_the_profile(folder: Path) -> None:
    tls = load(folder).tls
    assert (tls.ca_path, tls.cert_path, tls.key_path) == (folder / "ca.pem", folder / "own.pem", folder / "own.key")
    assert load(folder).notes == ()


def write(name: str, text: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(text())


def becomes_a_folder(folder: Path) -> None:
    (folder / "ca.pem").unlink()
    (folder / "ca.pem").mkdir()


FAULTS: list[tuple[Callable[[Path], object], str, str]] = [
    (lambda folder: (folder / "ca.pem").unlink(), "ssl_ca_path", "No such file"),
    (becomes_a_folder, "ssl_ca_path", "is a folder"),
    (write("ca.pem", lambda: b"words"), "ssl_ca_path", "no certificate in PEM"),
    (write("ca.pem", certificate), "ssl_ca_path", "no certificate of an authority"),
    (write("ca.pem", lambda: certificate(-9, -1, authority=True)), "ssl_ca_path", "expired on"),
    (write("ca.pem", lambda: certificate().replace(b"\nMII", b"\nAAA")), "ssl_ca_path", "damaged"),
    (write("own.pem", lambda: certificate(-9, -1)), "ssl_cert_path", "expired on"),
    (write("own.pem", lambda: certificate(1, 9)), "ssl_cert_path", "not valid before"),
    (write("own.pem", lambda: certificate(form=Encoding.DER)), "ssl_cert_path", "-inform der"),
    (write("own.key", lambda: key(OTHER)), "ssl_key_path", "not the key of"),
    (write("own.key", lambda: key(secret=BestAvailableEncryption(b"x"))), "ssl_key_path", "passphrase"),
    (write("own.key", lambda: key(form=Encoding.DER)), "ssl_key_path", "openssl pkey"),
    (lambda folder: (folder / "own.key").chmod(0o604), "ssl_key_path", "chmod 600"),
]


@pytest.mark.parametrize(("spoil", "path", "word"), FAULTS, ids=[f"{row[2]}-{row[1]}" for row in FAULTS])
def test_each_fault_is_told(folder: Path, spoil: Callable[[Path], object], path: str, word: str) -> None:
    spoil(folder)
    (one,) = complaints(folder)
    assert (one.code, one.path) == (codes.BAD_CERTIFICATE, f"database.{path}")
    assert one.line > 0
    assert word in f"{one.what} {one.suggestion}"


def test_an_authority_may_have_signed_itself_and_say_nothing(folder: Path) -> None:
    (folder / "ca.pem").write_bytes(certificate(authority=None))
    assert load(folder)


def test_what_expires_soon_is_no_complaint_but_a_note(folder: Path) -> None:
    (folder / "own.pem").write_bytes(certificate(last=20))
    (note,) = load(folder).notes
    assert "own.pem holds a certificate that expires on" in note


def test_files_of_databases_that_are_not_used_need_not_be_here(tmp_path: Path) -> None:
    text = 'default = "a"\n' + table("mysql", header="[databases.a]")
    text += table("mysql", 'ssl_ca_path = "none.pem"', header="[databases.b]")
    (tmp_path / "profile.toml").write_text(text)
    assert load(tmp_path)
    with pytest.raises(PlanError):
        load_profile(tmp_path / "profile.toml", "b", {})


def test_the_systems_own_bundle_is_an_authoritys_file(tmp_path: Path) -> None:
    import certifi

    (tmp_path / "profile.toml").write_text(table("mysql", f"ssl_ca_path = '{certifi.where()}'"))
    assert load(tmp_path).tls.ca_path == Path(certifi.where())
