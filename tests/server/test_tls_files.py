"""What a profile's TLS files are made into: authorities from where they are found, and a client's own certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives import serialization

from nectar.config.profile.model import SslMode, Tls
from nectar.errors import ConnectError
from nectar.server import faults, tls
from tests.mysql.server import Server
from tests.server.conftest import CERTIFIED, Papers
from tests.server.making import asked, joined, nobody, open_folder, server

MODES = [mode for mode in SslMode if mode is not SslMode.DISABLED]


@pytest.mark.parametrize("mode", MODES)
def test_a_context_is_what_its_mode_says(mode: SslMode, papers: Papers) -> None:
    made = tls.context(Tls(mode, papers.ca.pair.certificate))
    assert made is not None
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (made.verify_mode is ssl.CERT_REQUIRED) == (mode in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY))
    assert made.check_hostname == (mode is SslMode.VERIFY_IDENTITY)
    assert tls.context(Tls(SslMode.DISABLED, papers.ca.pair.certificate)) is None


def test_authorities_are_sought_in_order(papers: Papers, tmp_path: Path) -> None:
    other = papers.other.pair.certificate
    places = [tmp_path / "first", tmp_path / "second", other]
    assert tls.bundle(places) == other
    places[1].write_bytes(papers.ca.pair.certificate.read_bytes())
    assert tls.bundle(places) == places[1]
    made = tls.context(Tls(SslMode.VERIFY_CA), places)
    assert made is not None
    assert [one["subject"][0][0][1] for one in made.get_ca_certs()] == ["authority"]


def test_certifi_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", (tmp_path / "none",))
    assert tls.bundle() == Path(certifi.where())
    made = tls.context(Tls(SslMode.VERIFY_IDENTITY))
    assert made is not None
    assert len(made.get_ca_certs()) > 50


def test_the_system_s_comes_before_it(monkeypatch: pytest.MonkeyPatch, papers: Papers) -> None:
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", (papers.ca.pair.certificate,))
    assert tls.bundle() == papers.ca.pair.certificate


def test_no_authorities_anywhere(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="no certificates of authorities") as caught:
        tls.context(Tls(SslMode.VERIFY_CA), [tmp_path / "a", tmp_path / "b"])
    assert caught.value.code == faults.NO_AUTHORITIES.code
    assert str(tmp_path / "b") in caught.value.where


def test_authorities_that_are_found_let_a_server_in_or_not(
    secured: Server, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `ssl_ca_path`: the system's, and nobody besides."""
    to = server(secured.port, SslMode.VERIFY_IDENTITY)
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", (papers.ca.pair.certificate,))
    joined(to).close()
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", (papers.other.pair.certificate,))
    with pytest.raises(ConnectError) as caught:
        joined(to)
    assert caught.value.code == faults.UNKNOWN_CA.code
    monkeypatch.setattr(tls, "SYSTEM_BUNDLES", ())
    with pytest.raises(ConnectError) as caught:
        joined(to)
    assert caught.value.code == faults.UNKNOWN_CA.code


def _encrypted(papers: Papers, folder: Path) -> Path:
    key = serialization.load_pem_private_key(papers.client.key.read_bytes(), None)
    path = folder / "encrypted.key"
    form = serialization.BestAvailableEncryption(b"a passphrase")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form))
    return path


@dataclass(frozen=True)
class Wrong:
    """Paths from the papers and an empty folder; what the message has to say, and which file it has to name."""

    ca: Callable[[Papers, Path], Path] | None = None
    certificate: Callable[[Papers, Path], Path] | None = None
    key: Callable[[Papers, Path], Path] | None = None
    said: str = ""
    named: str = ""


def _file(text: str) -> Callable[[Papers, Path], Path]:
    def made(papers: Papers, folder: Path) -> Path:
        path = folder / "file.pem"
        path.write_text(text)
        return path

    return made


WRONG = {
    "no such authority": Wrong(ca=lambda p, f: f / "absent.pem", said="no such file", named="absent.pem"),
    "a folder": Wrong(ca=lambda p, f: f, said="folder"),
    "an empty authority": Wrong(ca=_file(""), said="no certificates of authorities in it", named="file.pem"),
    "a text": Wrong(ca=_file("my authority is great"), said="no certificates of authorities in it", named="file.pem"),
    "a key as authority": Wrong(ca=lambda p, f: p.client.key, said="no certificates of authorities in it", named="client.key"),
    "no such certificate": Wrong(
        certificate=lambda p, f: f / "absent.pem", key=lambda p, f: p.client.key, said="no such file", named="absent.pem"
    ),
    "no such key": Wrong(
        certificate=lambda p, f: p.client.certificate, key=lambda p, f: f / "absent.key", said="no such file", named="absent.key"
    ),
    "an encrypted key": Wrong(
        certificate=lambda p, f: p.client.certificate, key=_encrypted, said="the key is encrypted", named="encrypted.key"
    ),
    "another's key": Wrong(
        certificate=lambda p, f: p.client.certificate,
        key=lambda p, f: p.stranger.key,
        said="the key that belongs to it",
        named="client.pem",
    ),
    "no key": Wrong(certificate=lambda p, f: p.client.certificate, said="the key that belongs to it", named="client.pem"),
    "a key alone": Wrong(key=lambda p, f: p.client.key, said="a key without its certificate", named="client.key"),
    "a certificate of words": Wrong(
        certificate=_file("certified"), key=lambda p, f: p.client.key, said="not a certificate", named="file.pem"
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("mode", MODES)
def test_files_that_cannot_be_used(name: str, mode: SslMode, papers: Papers, tmp_path: Path) -> None:
    """In every mode: an authority that would not be asked is no reason to overlook a wrong path."""
    wrong = WRONG[name]
    ca, certificate, key = (one(papers, tmp_path) if one else None for one in (wrong.ca, wrong.certificate, wrong.key))
    with pytest.raises(ConnectError, match=wrong.said) as caught:
        tls.context(Tls(mode, ca or papers.ca.pair.certificate, certificate, key))
    assert caught.value.code == faults.TLS_FILE.code
    assert wrong.named in str(caught.value)
    assert caught.value.hint


def test_a_key_that_may_not_be_read(papers: Papers) -> None:
    with open_folder() as folder:
        hidden, shown, ca = folder / "hidden.key", folder / "shown.pem", folder / "ca.pem"
        for path, source in ((hidden, papers.client.key), (shown, papers.client.certificate), (ca, papers.ca.pair.certificate)):
            path.write_bytes(source.read_bytes())
            path.chmod(0o644)
        hidden.chmod(0)
        with nobody(), pytest.raises(ConnectError, match="permission denied") as caught:
            tls.context(Tls(SslMode.VERIFY_CA, ca, shown, hidden))
        assert caught.value.where == str(hidden)


def test_certificate_and_key_in_one_file(secured: Server, papers: Papers, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(papers.client.certificate.read_bytes() + papers.client.key.read_bytes())
    to = server(secured.port, user=CERTIFIED, tls=Tls(SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate, both))
    with joined(to) as connection:
        assert asked(connection, "SELECT 1") == [(1,)]
