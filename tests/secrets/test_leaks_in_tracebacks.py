"""Whatever fails while a secret is in hand, no local variable of a frame that a traceback shows holds it."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from nectar.config.profile.model import Reference, Server, SslMode, Tunnel
from nectar.errors import NectarError, SecretError
from nectar.mysql.connect import connect_to_server
from nectar.secrets import keys, local, sealed
from nectar.secrets.keys import opening_key
from nectar.secrets.registry import resolve_secret
from nectar.secrets.rotate import rotated
from nectar.secrets.sealed import new_key, open_sealed, passphrase, seal_value, sealing_key
from nectar.secrets.secret import Secret
from nectar.server.audit import AuditLog
from nectar.server.rate_limit import Attempts
from tests.mysql.server import Server as Running
from tests.mysql.server import free_port
from tests.secrets.planted import KEY_PHRASE, PASSWORD, TOKEN, USER, traces, with_locals
from tests.secrets.ssh import ssh_server
from tests.secrets.strange_vault import Strange, strange_vault
from tests.server.conftest import Papers
from tests.server.making import server as described

SECRET = Secret(PASSWORD)
KEYS = [new_key() for _ in range(2)]
PATH = "database.password"
Failing = Callable[[], object]


def leaks(failing: Failing, kind: type[NectarError] = NectarError) -> list[str]:
    with pytest.raises(kind) as caught:
        failing()
    text = with_locals(caught.value)
    assert "nectar/" in text
    raw = [key.rpartition("-")[2] for key in KEYS]
    return traces(text.encode(), tuple(raw))


@dataclass
class Holding:
    """What a traceback would show of a value that holds a secret."""

    password: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str,
        repr,
        "{}".format,
        "{:>40}".format,
        lambda s: "%s" % s,  # noqa: UP031
        lambda s: f"{s!r:>9}",
        lambda s: repr([s, {1: s}]),
        lambda s: repr(Holding(s)),
        lambda s: logging.makeLogRecord({"msg": "%s", "args": (s,)}).getMessage(),
    ],
)
def test_a_secret_shows_as_stars(shown: Callable[[Secret], str]) -> None:
    assert "***" in shown(SECRET)
    assert traces(shown(SECRET).encode()) == []


@pytest.mark.parametrize(
    "use",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        hash,
        list,
        len,
        vars,
        os.fspath,
        bytes,
        sorted,
        lambda s: s + "",
        lambda s: s[0],
        lambda s: "".join([s]),
    ],
)
def test_a_secret_goes_nowhere_by_itself(use: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        use(SECRET)
    assert traces(str(caught.value).encode()) == []


def test_the_search_finds_what_it_should() -> None:
    """It is no use if it finds nothing: each form of each secret, in a traceback with locals too."""
    import base64

    for data in (PASSWORD, json.dumps({"a": PASSWORD}), repr(PASSWORD), TOKEN.lower(), KEY_PHRASE[::-1], PASSWORD.encode().hex()):
        assert traces(b"xx" + data.encode() + b"yy")
    for cut in range(3):
        assert traces(base64.b64encode(b"x" * cut + TOKEN.encode()))
    planted = PASSWORD
    try:
        json.loads(planted)
    except ValueError as error:
        assert traces(with_locals(error).encode())


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


@pytest.fixture
def planted_file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return path


def test_providers_of_this_machine(planted_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(kind: str, value: str) -> Failing:
        return lambda: resolve_secret(Reference(kind, value, PATH))

    monkeypatch.setitem(os.environ, "PLANTED", PASSWORD + os.fsdecode(b"\xff"))
    assert leaks(of("env", "PLANTED")) == []
    for long in (PASSWORD * 5_000, PASSWORD.encode() + b"\xff"):
        planted_file.write_bytes(long if isinstance(long, bytes) else long.encode())
        assert leaks(of("file", str(planted_file))) == []
        assert leaks(of("kubernetes", str(planted_file))) == []
        monkeypatch.setattr(local, "COMMAND_SECONDS", 20)
        assert leaks(of("command", f"cat {planted_file}")) == []
    assert leaks(of("command", f"sh -c 'cat {planted_file}; cat {planted_file} >&2; exit 3'")) == []
    monkeypatch.setattr(local, "COMMAND_SECONDS", 1)
    assert leaks(of("command", f"sh -c 'cat {planted_file}; sleep 9'")) == []
    planted_file.chmod(0o644)
    assert leaks(of("file", str(planted_file))) == []


def test_a_password_written_where_its_place_should_be() -> None:
    for kind in ("env", "file", "sealed", "command", "vault", "kubernetes", "keyring"):
        with pytest.raises(SecretError) as caught:
            resolve_secret(Reference(kind, TOKEN, PATH))
        assert traces(str(caught.value).encode()) == []


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Strange]:
    with strange_vault() as running:
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{running.port}")
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        yield running


def test_vault(vault: Strange, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> object:
        return resolve_secret(Reference("vault", "kv/db#password", PATH))

    fine = json.dumps({"data": {"data": {"password": PASSWORD}}}).encode()
    vault.body = fine
    assert ask() == SECRET
    for body in (fine[:-2], fine.replace(b'"password"', b'"other"'), json.dumps([PASSWORD]).encode()):
        vault.body = body
        assert leaks(ask) == []
    for status in (307, 403, 500):
        vault.status, vault.body, vault.headers = status, fine, {"Location": f"http://127.0.0.1/{TOKEN}"}
        assert leaks(ask) == []
    vault.raw = PASSWORD.encode() + b"\r\n"
    assert leaks(ask) == []
    vault.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + fine[:-2]
    assert leaks(ask) == []
    monkeypatch.setenv("VAULT_TOKEN", TOKEN + "\r\nX: y")
    assert leaks(ask) == []
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    assert leaks(ask) == []


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import boto3

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    running.start()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*running.get_host_and_port()))
        for name, value in {
            "DEFAULT_REGION": "eu-west-1",
            "ACCESS_KEY_ID": "x",
            "SECRET_ACCESS_KEY": TOKEN,
            "CONFIG_FILE": str(tmp_path / "none"),
        }.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        client = boto3.client("secretsmanager")
        client.create_secret(Name="text", SecretString=PASSWORD)
        client.create_secret(Name="json", SecretString=json.dumps({"a": PASSWORD}))
        for place in ("text#a", "json#b", "none"):
            assert leaks(lambda place=place: resolve_secret(Reference("aws", place, PATH))) == []  # type: ignore[misc]
    finally:
        running.stop()


def test_sealed_values_and_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted_file: Path) -> None:
    """Neither what is in them nor what opens them."""
    monkeypatch.setattr(sealed, "LOG_N", 10)
    key, other = (sealing_key(Secret(text), "test") for text in KEYS)
    phrase = passphrase(Secret(KEY_PHRASE))
    for one, two in ((key, other), (phrase, passphrase(Secret(KEY_PHRASE + "2"))), (key, phrase), (phrase, key)):
        text = seal_value(SECRET, PATH, one)
        assert leaks(lambda text=text, two=two: open_sealed(text, PATH, two)) == []  # type: ignore[misc]
        assert leaks(lambda text=text, one=one: open_sealed(text, "tunnel.password", one)) == []  # type: ignore[misc]
        assert leaks(lambda text=text, one=one: open_sealed(text[:-4], PATH, one)) == []  # type: ignore[misc]
    for text in (KEYS[0][:-1], KEYS[0] + "\n" + KEYS[1], PASSWORD, "nectar-recipient-" + "A" * 43):
        assert leaks(lambda text=text: sealing_key(Secret(text), "test")) == []  # type: ignore[misc]
        monkeypatch.setenv(keys.KEY, text)
        assert leaks(opening_key) == []
        monkeypatch.delenv(keys.KEY)
        planted_file.write_text(text)
        assert leaks(lambda: keys.key_in(planted_file)) == []
    planted_file.chmod(0o644)
    assert leaks(lambda: keys.key_in(planted_file)) == []
    profile = tmp_path / "p.toml"
    profile.write_text(f'[a]\nsealed = "{seal_value(SECRET, "a", key)}"\n[b]\nsealed = "{seal_value(SECRET, "b", other)}"\n')
    assert leaks(lambda: rotated(profile, key, other)) == []


def refuse(server: Server, tunnel_secret: str | None = None) -> list[str]:
    def attempt() -> object:
        audit = AuditLog(server.audit.file)
        return connect_to_server(
            server, SECRET, audit=audit, attempts=Attempts(1_000), tunnel_secret=Secret(tunnel_secret) if tunnel_secret else None
        )

    return leaks(attempt)


def test_connections_that_fail(server: Running, papers: Papers) -> None:
    """Wrong password, over TLS and not; no such database; an authority that is not trusted; nobody there."""
    place: dict[str, Any] = {"user": USER, "database": "mysql"}
    right = described(server.port, **place)
    connect_to_server(right, SECRET, audit=AuditLog(), attempts=Attempts(10)).close()
    assert refuse(described(server.port, database="mysql")) == []
    assert refuse(described(server.port, SslMode.REQUIRED, database="mysql")) == []
    assert refuse(described(server.port, user=USER, database="none")) == []
    assert refuse(described(server.port, SslMode.VERIFY_IDENTITY, papers.other.pair.certificate, **place)) == []
    assert refuse(described(free_port(), **place)) == []


@pytest.mark.parametrize("key_form", ["", "pem", "openssh"])
def test_tunnels_that_fail(server: Running, tmp_path: Path, key_form: str) -> None:
    """A password that the SSH server refuses; a passphrase that is not the key's."""
    with ssh_server(tmp_path, TOKEN) as ssh:
        key = ssh.client_key(KEY_PHRASE, key_form) if key_form else None
        tunnel = Tunnel("127.0.0.1", ssh.port, "jumper", key, known_hosts=ssh.known_hosts)
        through = described(server.port, user=USER, database="mysql", tunnel=tunnel, host="127.0.0.1")
        right = KEY_PHRASE if key_form else TOKEN
        connect_to_server(through, SECRET, audit=AuditLog(), attempts=Attempts(10), tunnel_secret=Secret(right)).close()
        assert refuse(through, right + "-wrong") == []
        assert refuse(described(1, tunnel=tunnel, host="127.0.0.1"), right) == []
