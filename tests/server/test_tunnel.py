"""Through a real SSH server to a real database: who is let in, who is believed, and what passes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest

from nectar.config.profile import model as config
from nectar.config.profile.model import ConnectionLimits, SqliteFile, SslMode, Tls, Tunnel, Waits
from nectar.errors import ConnectError, NectarError, TransientError
from nectar.mysql.server_errors import as_nectar_error
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.secrets.secret import Secret
from nectar.server import faults
from nectar.server.audit import AuditLog
from nectar.server.faults import Fault
from tests.cli.databases import profile as write_profile
from tests.mysql.jobs import PASSWORD_VARIABLE, Heard, plan_of, profile, rows, sqlite_rows
from tests.mysql.programs import PASSWORD
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text, same
from tests.runner.signalled import BOTH, GENEROUS, job, stopped
from tests.server.conftest import Papers
from tests.server.hostile import Script, Talk, serving
from tests.server.making import asked, joined, server
from tests.server.password_ssh import PASSWORD as SSH_PASSWORD
from tests.server.password_ssh import by_password
from tests.server.recorder import recording
from tests.server.sshd import PASSPHRASE, SSHD, Sshd, make_key, sshd


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    if SSHD is None and not os.environ.get("CI"):
        pytest.skip("no SSH server here (Debian: apt-get install openssh-server)")
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def _refused(to: config.Server, fault: Fault, **other: Any) -> NectarError:
    audit = AuditLog()
    with pytest.raises(fault.kind) as caught:
        joined(to, audit=audit, **other)
    assert caught.value.code == fault.code, caught.value
    assert [one.outcome for one in audit.records] == [fault.code]
    assert PASSWORD not in str(caught.value)
    assert PASSPHRASE not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("mode", SslMode)
def test_a_connection_through_a_tunnel(mode: SslMode, ssh: Sshd, secured: Server, papers: Papers) -> None:
    audit = AuditLog()
    to = server(secured.port, mode, papers.ca.pair.certificate, tunnel=ssh.tunnel())
    with joined(to, audit=audit) as connection:
        assert asked(connection, "SELECT REPEAT('x', 300000)") == [("x" * 300_000,)]
        version = "" if mode is SslMode.DISABLED else "TLSv1.3"
        assert connection.facts.secured.version == version
        assert connection.facts.address == ""  # what the SSH server found, nobody here knows
    (record,) = audit.records
    assert (record.tunnel, record.address, record.host, record.port) == ("127.0.0.1", "127.0.0.1", "localhost", secured.port)
    assert (record.outcome, record.tls_version) == ("ok", version)


def test_only_the_tunnel_s_port_is_connected_to(ssh: Sshd, secured: Server, papers: Papers) -> None:
    with recording(ssh.port) as wired:
        with joined(server(secured.port, tunnel=ssh.tunnel(wired.port))) as connection:
            assert asked(connection, "SELECT 'planted words'") == [("planted words",)]
        assert wired.connections == 1
        assert b"planted words" not in wired.captured  # plain MySQL, but within SSH


def test_a_key_with_a_passphrase(ssh: Sshd, secured: Server) -> None:
    to = server(secured.port, tunnel=ssh.tunnel(key=ssh.sealed_key.private))
    joined(to, tunnel_secret=Secret(PASSPHRASE)).close()
    for wrong in (None, Secret("another one")):
        error = _refused(to, faults.TUNNEL_KEY, tunnel_secret=wrong)
        assert "sealed" in str(error)


def test_a_key_that_is_not_let_in(ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    stranger = make_key(tmp_path, "stranger")
    error = _refused(server(secured.port, tunnel=ssh.tunnel(key=stranger.private)), faults.TUNNEL_DENIED)
    assert "(tunnel)" in error.where


@pytest.mark.parametrize("content", [None, "", "no key at all"])
def test_a_key_that_cannot_be_read(content: str | None, ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    error = _refused(server(secured.port, tunnel=ssh.tunnel(key=path)), faults.TUNNEL_KEY)
    assert str(path) in str(error)


def test_a_password_where_only_keys_are_taken(ssh: Sshd, secured: Server) -> None:
    tunnel = replace(ssh.tunnel(), key_path=None)
    _refused(server(secured.port, tunnel=tunnel), faults.TUNNEL_DENIED, tunnel_secret=Secret("Otter-2"))


def test_a_user_s_password(ssh: Sshd, secured: Server) -> None:
    """At a server of paramiko's: OpenSSH takes passwords of the system's accounts only. Sent to a host that is known, and to no other."""
    with by_password(ssh.host_key.private) as (port, door):
        to = server(secured.port, tunnel=replace(ssh.tunnel(port), key_path=None))
        with joined(to, tunnel_secret=Secret(SSH_PASSWORD)) as connection:
            assert asked(connection, "SELECT 1") == [(1,)]
        assert door.asked == [("localhost", secured.port)]
        _refused(to, faults.TUNNEL_DENIED, tunnel_secret=Secret("another"))
        assert door.tried == [SSH_PASSWORD, "another"]
        stranger = replace(to, tunnel=replace(ssh.tunnel(port, known=ssh.key.public), key_path=None))
        _refused(stranger, faults.HOST_KEY_CHANGED, tunnel_secret=Secret(SSH_PASSWORD))
        assert len(door.tried) == 2


def test_a_host_that_is_not_known(ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    tunnel = replace(ssh.tunnel(), known_hosts=tmp_path / "empty")
    error = _refused(server(secured.port, tunnel=tunnel), faults.HOST_KEY_UNKNOWN)
    assert "ssh-ed25519" in error.what
    assert f"ssh-keyscan -p {ssh.port} 127.0.0.1 >> {tmp_path / 'empty'}" in error.hint
    assert (tmp_path / "empty").read_text() == ""  # nobody is believed at first sight


def test_the_user_s_own_list_is_asked_when_none_is_named(
    ssh: Sshd, secured: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    known = ssh.tunnel()
    to = server(secured.port, tunnel=replace(known, known_hosts=None))
    _refused(to, faults.HOST_KEY_UNKNOWN)
    (tmp_path / ".ssh").mkdir()
    assert known.known_hosts is not None
    (tmp_path / ".ssh/known_hosts").write_bytes(known.known_hosts.read_bytes())
    joined(to).close()


def test_a_host_key_that_changed(ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    other = make_key(tmp_path, "other")
    error = _refused(server(secured.port, tunnel=ssh.tunnel(known=other.public)), faults.HOST_KEY_CHANGED)
    assert "ask the host's owner" in error.hint


def test_a_list_that_is_not_there(ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    tunnel = replace(ssh.tunnel(), known_hosts=tmp_path / "absent")
    assert "absent" in str(_refused(server(secured.port, tunnel=tunnel), faults.TUNNEL_KEY))


def test_a_database_that_is_not_forwarded_to(ssh: Sshd, secured: Server, tmp_path: Path) -> None:
    with sshd(tmp_path, "PermitOpen none") as strict:
        error = _refused(server(secured.port, tunnel=strict.tunnel()), faults.TUNNEL_FORWARD)
        assert f"localhost:{secured.port}" in str(error)
    with sshd(tmp_path, "AllowTcpForwarding no") as strict:
        _refused(server(secured.port, tunnel=strict.tunnel()), faults.TUNNEL_FORWARD)


def test_a_key_for_forwarding_to_one_place_alone(ssh: Sshd, secured: Server) -> None:
    """As docs/network.md says of `authorized_keys`."""
    keys = ssh.folder / "authorized_keys"
    before = keys.read_text()
    try:
        keys.write_text(f'restrict,port-forwarding,permitopen="localhost:{secured.port}" {ssh.key.public}\n')
        joined(server(secured.port, tunnel=ssh.tunnel())).close()
        _refused(server(secured.port + 1, tunnel=ssh.tunnel()), faults.TUNNEL_FORWARD)
    finally:
        keys.write_text(before)


def test_a_database_that_is_not_there(ssh: Sshd) -> None:
    error = _refused(server(1, tunnel=ssh.tunnel()), faults.TUNNEL_UNREACHED)
    assert isinstance(error, TransientError)


def test_a_tunnel_s_host_that_is_none(secured: Server, ssh: Sshd, tmp_path: Path) -> None:
    _refused(server(secured.port, tunnel=ssh.tunnel(1)), faults.REFUSED)
    _refused(server(secured.port, tunnel=ssh.tunnel(secured.port), waits=Waits(3, 3, 3, 3)), faults.TUNNEL_LOST)
    named = replace(ssh.tunnel(), host="no-such-host.invalid")
    _refused(server(secured.port, tunnel=named), faults.UNKNOWN_NAME)


def test_the_database_is_checked_by_its_own_name(ssh: Sshd, secured: Server, papers: Papers) -> None:
    """Not by the tunnel's: and a tunnel is no reason to trust what is behind it."""
    to = server(secured.port, SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate, tunnel=ssh.tunnel())
    papers.show("wrong name", secured)
    try:
        assert "'localhost'" in str(_refused(to, faults.WRONG_NAME))
        joined(replace(to, tls=Tls(SslMode.VERIFY_CA, papers.ca.pair.certificate))).close()
    finally:
        papers.show("good", secured)
    _refused(replace(to, tls=Tls(SslMode.VERIFY_IDENTITY, papers.other.pair.certificate)), faults.UNKNOWN_CA)


@pytest.mark.parametrize(
    ("hosts", "allowed"),
    [
        (("127.0.0.1", "localhost"), True),
        (("127.0.0.0/8", "local*"), True),
        (("127.0.0.0/8",), False),
        (("localhost",), False),
        (("10.0.0.0/8",), False),
    ],
)
def test_both_hosts_must_be_allowed(hosts: tuple[str, ...], allowed: bool, ssh: Sshd, secured: Server) -> None:
    with recording(ssh.port) as wired:
        to = server(secured.port, tunnel=ssh.tunnel(wired.port), limits=ConnectionLimits(hosts, 1_000))
        if allowed:
            joined(to).close()
        else:
            _refused(to, faults.NOT_ALLOWED)
        assert wired.connections == int(allowed)


def test_a_tunnel_that_breaks(ssh: Sshd, secured: Server) -> None:
    with recording(ssh.port) as wired:
        connection = joined(server(secured.port, tunnel=ssh.tunnel(wired.port)))
        assert asked(connection, "SELECT 1") == [(1,)]
        wired.cut_all()
        with pytest.raises((pymysql.err.MySQLError, OSError)) as caught:
            asked(connection, "SELECT 1")
        assert "timed out" not in str(caught.value)
        assert isinstance(as_nectar_error(caught.value, "here"), TransientError)
        connection.drop()


def test_it_ends_with_its_connection(ssh: Sshd, secured: Server) -> None:
    """No session stays behind at the SSH server, nor a thread here."""
    import threading

    before = threading.active_count()
    for _ in range(3):
        joined(server(secured.port, tunnel=ssh.tunnel())).close()
    until = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_without_paramiko(ssh: Sshd, secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert "pip install" in _refused(server(secured.port, tunnel=ssh.tunnel()), faults.NO_PARAMIKO).hint


def test_a_whole_job_through_a_tunnel(
    chain: Path, ssh: Sshd, secured: Server, papers: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TLS inside, and cut in the middle."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    text = plan_text(chain / "preview/immutable", between(190 * 4_320, 191 * 4_320 - 1), performance="batch_blocks = 50")
    said = Heard()
    with secured.scratch() as database, recording(ssh.port, cut=150_000) as wired:
        tunnel: Tunnel = ssh.tunnel(wired.port)
        to = replace(
            profile(secured, database),
            host="localhost",
            tunnel=tunnel,
            tls=Tls(SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate),
        )
        summary = run(plan_of(text), Options(to, workers=1), said, Stop())
        theirs = rows(secured, database, summary.rows)
    assert wired.connections >= 2
    assert said.of("retry")
    run(plan_of(text), Options(SqliteFile(tmp_path / "x.db"), workers=1), Quiet(), Stop())
    same(theirs, sqlite_rows(tmp_path / "x.db", summary.rows))
    assert summary.rows["tx_metadata"] > 50


def mute(_talk: Talk) -> None:
    """It takes the connection and says nothing."""


def mute_after_its_name(talk: Talk) -> None:
    """No keys are exchanged."""
    talk.raw(b"SSH-2.0-OpenSSH_9.9\r\n")


def waits(script: Script) -> Script:
    def then_waits(talk: Talk) -> None:
        script(talk)
        talk.wait(GENEROUS)

    return then_waits


@BOTH
@pytest.mark.parametrize("script", [mute, mute_after_its_name])
@pytest.mark.parametrize(
    "words", [job("--profile", "profile.toml"), ["db", "check", "--profile", "profile.toml"]], ids=["run", "db check"]
)
def test_a_signal_while_the_tunnel_s_host_says_nothing(
    words: list[object], script: Script, number: int, ssh: Sshd, tmp_path: Path
) -> None:
    with serving(waits(script)) as there:
        _tunnelled_profile(tmp_path, 3306, ssh.tunnel(there.port))
        stopped(words, tmp_path, number, lambda: bool(there.talks))


@BOTH
def test_a_signal_while_the_database_behind_a_tunnel_says_nothing(number: int, ssh: Sshd, tmp_path: Path) -> None:
    with serving(waits(mute)) as there:
        _tunnelled_profile(tmp_path, there.port, ssh.tunnel())
        stopped(job("--profile", "profile.toml"), tmp_path, number, lambda: bool(there.talks))


def _tunnelled_profile(folder: Path, port: int, tunnel: Tunnel) -> None:
    more = f"""[tunnel]
host = "{tunnel.host}"
port = {tunnel.port}
user = "{tunnel.user}"
key_path = "{tunnel.key_path}"
known_hosts_path = "{tunnel.known_hosts}"
"""
    write_profile(folder, port, "x", more)


def test_a_connect_error_is_no_transient_one() -> None:
    assert issubclass(faults.TUNNEL_DENIED.kind, ConnectError)
