"""`nectar init`: on a terminal, and without one."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from nectar.config.profile.load import load_profile, parse_profile
from nectar.config.profile.model import SslMode
from nectar.config.profile.write import Value, as_seen_from, profile_text
from tests.cli.databases import VARIABLE, environment, nectar, profile
from tests.config.profiles import server as server_of
from tests.mysql.programs import PASSWORD, USER
from tests.mysql.server import Server, free_port
from tests.server.conftest import DATABASE, Papers

PATIENCE = 60
HIDDEN = "The password: "


def talk(folder: Path, dialogue: Sequence[tuple[str, str]], *arguments: object, code: int = 0) -> str:
    """On a terminal: each question is waited for, then answered. What the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "nectar", "init", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # it becomes the terminal that Ctrl-C comes from
        env=environment(HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"), TERM="xterm", COLUMNS="200"),
    )
    os.close(theirs)
    shown, seen = "", 0
    try:
        for question, answer in dialogue:
            shown = _read(ours, shown, question, seen)
            seen = len(shown)
            if question == HIDDEN:
                _wait_until_hidden(ours)
            os.write(ours, f"{answer}\n".encode())
        shown = _read(ours, shown, None, seen)
    finally:
        os.close(ours)
        if process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
    assert process.wait() == code, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r\n", "\n")


def _wait_until_hidden(terminal: int) -> None:
    """What is typed before the terminal is told to hide it would be thrown away, and shown."""
    until = time.monotonic() + PATIENCE
    while termios.tcgetattr(terminal)[3] & termios.ECHO:
        assert time.monotonic() < until, "the password would be shown"
        time.sleep(0.01)


def _read(terminal: int, shown: str, wanted: str | None, seen: int) -> str:
    """`shown` and what comes until `wanted` is in it behind `seen`; None: until the process is gone."""
    until = time.monotonic() + PATIENCE
    while wanted is None or wanted not in shown[seen:]:
        assert time.monotonic() < until, f"waited in vain; shown so far:\n{shown}"
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                more = os.read(terminal, 65_536)
            except OSError:  # the process is gone
                return shown
            if not more:
                return shown
            shown += more.decode()
    return shown


def _private(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_dialogue_with_tls_and_a_sealed_password(secured: Server, papers: Papers, tmp_path: Path) -> None:
    """The key is made, the password sealed, the server tried; what is written validates and connects, without the password."""
    shown = talk(
        tmp_path,
        [
            ("Which database [sqlite]", "mysql"),
            ("Host [127.0.0.1]", "localhost"),
            ("Port [3306]", str(secured.port)),
            ("User", USER),
            ("Database [nectar]", DATABASE),
            ("TLS [PREFERRED]", "5"),
            ("authority", str(papers.ca.pair.certificate)),
            ("client certificate", ""),
            ("Where is the password kept [sealed]", ""),
            ("Make one in", "y"),
            (HIDDEN, PASSWORD),
        ],
        "mine.toml",
    )
    assert "ok    tls         TLSv1.3" in shown
    assert "wrote mine.toml" in shown
    assert PASSWORD not in shown
    path = tmp_path / "mine.toml"
    text = path.read_text()
    assert PASSWORD not in text
    assert "nectar:v1:" in text
    assert _private(path)
    assert _private(tmp_path / "config/nectar/key")
    target = load_profile(path, environment={})
    assert str(target) == f"{USER}@localhost:{secured.port}/{DATABASE}"
    assert server_of(text, path=str(path)).tls.mode is SslMode.VERIFY_IDENTITY
    again = nectar("db", "check", "--profile", path, folder=tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert "ready" in again.stdout


def test_a_text_that_is_pasted(server: Server, database: str, tmp_path: Path) -> None:
    """One with a password is refused, and asked for again without it."""
    line = f"mysql -h 127.0.0.1 -P {server.port} -u {USER} -D {database} --ssl-mode=DISABLED"
    shown = talk(
        tmp_path,
        [
            ("Which database [sqlite]", f"{line} -pQuite-Wrong-1"),
            ("Which database [sqlite]", line),
            ("Where is the password kept", "env"),
            ("Which", VARIABLE),
        ],
    )
    assert "holds a password; leave it out" in shown
    text = (tmp_path / "profile.toml").read_text()
    assert 'connection_type = "mysql"' in text
    assert "Quite-Wrong-1" not in text


def test_a_client_certificate(secured: Server, papers: Papers, tmp_path: Path) -> None:
    key = tmp_path / "client.key"
    key.write_bytes(papers.client.key.read_bytes())
    key.chmod(0o600)
    shown = talk(
        tmp_path,
        [
            ("Which database", "2"),
            ("TLS [PREFERRED]", "VERIFY_IDENTITY"),
            ("authority", str(papers.ca.pair.certificate)),
            ("client certificate", str(papers.client.certificate)),
            ("File of its key", str(key)),
            ("Where is the password kept", "env"),
            ("Which", VARIABLE),
        ],
        "mine.toml",
        "--host",
        "localhost",
        "--port",
        secured.port,
        "--user",
        "certified",
        "--database",
        DATABASE,
    )
    assert "wrote mine.toml" in shown
    assert f'password = {{ env = "{VARIABLE}" }}' in (tmp_path / "mine.toml").read_text()


def test_what_the_rules_refuse_is_asked_again(server: Server, database: str, tmp_path: Path) -> None:
    place = (
        "--type",
        "mysql",
        "--port",
        server.port,
        "--user",
        USER,
        "--database",
        database,
        "--password-from",
        f"env={VARIABLE}",
    )
    """With what was answered before, offered again."""
    shown = talk(
        tmp_path,
        [
            ("Host [127.0.0.1]", "two words"),
            ("TLS [VERIFY_IDENTITY]", ""),
            ("authority", ""),
            ("client certificate", ""),
            ("Host [two words]", "127.0.0.1"),
            ("TLS [VERIFY_IDENTITY]", "PREFERRED"),
            ("client certificate", ""),
        ],
        "mine.toml",
        *place,
    )
    assert "NEC-P067" in shown
    assert (tmp_path / "mine.toml").exists()


def test_a_missing_database_is_made_when_that_is_wanted(server: Server, tmp_path: Path) -> None:
    name = "nectar_by_dialogue"
    flags = (
        "--type",
        "mysql",
        "--host",
        "127.0.0.1",
        "--port",
        server.port,
        "--user",
        USER,
        "--database",
        name,
        "--ssl-mode",
        "DISABLED",
    )
    try:
        shown = talk(tmp_path, [("Make the database now?", "")], "mine.toml", *flags, "--password-from", f"env={VARIABLE}")
        assert f"{name}: made" in shown
        assert server.run(f"SHOW DATABASES LIKE '{name}'") == [(name,)]
    finally:
        server.run(f"DROP DATABASE IF EXISTS {name}")


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_a_server_that_does_not_answer(tmp_path: Path, answer: str, code: int) -> None:
    flags = (
        "--type",
        "mysql",
        "--host",
        "127.0.0.1",
        "--port",
        free_port(),
        "--user",
        "u",
        "--database",
        "n",
        "--ssl-mode",
        "DISABLED",
    )
    shown = talk(tmp_path, [("Write the profile all the same?", answer)], "mine.toml", *flags, "--no-password", code=code)
    assert "NEC-Y002" in shown
    assert (tmp_path / "mine.toml").exists() == (code == 0)


def test_a_far_server_in_the_open_must_be_meant(tmp_path: Path) -> None:
    flags = (
        "--type",
        "mysql",
        "--host",
        "db.example.com",
        "--port",
        3306,
        "--user",
        "u",
        "--database",
        "n",
        "--no-password",
        "--no-test",
    )
    talk(tmp_path, [("TLS [VERIFY_IDENTITY]", "DISABLED"), ("Is that meant?", "y")], "mine.toml", *flags)
    assert "allow_insecure = true" in (tmp_path / "mine.toml").read_text()


def test_enter_all_the_way_is_a_file(tmp_path: Path) -> None:
    shown = talk(tmp_path, [("Which database [sqlite]", ""), ("Its file [nectar.db]", "")])
    assert "ready" in shown
    assert str(load_profile(tmp_path / "profile.toml", environment={})) == str(tmp_path / "nectar.db")


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    talk(tmp_path, [("Which database", "\x03")], code=130)
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_it_says_what_is_missing(tmp_path: Path) -> None:
    done = nectar("init", folder=tmp_path, code=2)
    assert "no terminal to ask on, and --type is not given" in done.stderr
    place = ("--type", "mysql", "--host", "127.0.0.1")
    assert "--user is not given" in nectar("init", *place, folder=tmp_path, code=2).stderr
    assert "--password-stdin" in nectar("init", *place, "--user", "u", folder=tmp_path, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_by_flags(server: Server, database: str, tmp_path: Path) -> None:
    own = str(tmp_path / "config")
    flags = (
        "--type",
        "mysql",
        "--host",
        "127.0.0.1",
        "--port",
        server.port,
        "--user",
        USER,
        "--database",
        database,
        "--password-stdin",
    )
    refused = nectar("init", "p.toml", *flags, folder=tmp_path, said=PASSWORD, code=1, XDG_CONFIG_HOME=own)
    assert "nectar secrets keygen" in refused.stderr  # there is no key, and nobody to ask
    assert not (tmp_path / "p.toml").exists()
    nectar("secrets", "keygen", folder=tmp_path, XDG_CONFIG_HOME=own)
    wrong = nectar("init", "p.toml", *flags, folder=tmp_path, said="Quite-Wrong-1\n", code=1, XDG_CONFIG_HOME=own)
    assert "NEC-Y030" in wrong.stdout
    assert "p.toml was not written" in wrong.stderr
    done = nectar("init", "p.toml", *flags, folder=tmp_path, said=f"{PASSWORD}\n", XDG_CONFIG_HOME=own)
    text = (tmp_path / "p.toml").read_text()
    assert PASSWORD not in text + done.stdout + done.stderr
    assert "ready" in nectar("db", "check", "--profile", "p.toml", folder=tmp_path, XDG_CONFIG_HOME=own).stdout


def test_a_missing_database_is_no_reason_against_it(server: Server, tmp_path: Path) -> None:
    flags = ("--type", "mysql", "--host", "127.0.0.1", "--port", server.port, "--user", USER, "--database", "not_there")
    done = nectar("init", "p.toml", *flags, "--password-from", f"env={VARIABLE}", folder=tmp_path)
    assert "make the database with: nectar db init --profile p.toml" in done.stderr
    assert (tmp_path / "p.toml").exists()


def test_it_never_overwrites(tmp_path: Path) -> None:
    path = profile(tmp_path, 1, "n")
    before = path.read_text()
    assert "NEC-C003" in nectar("init", "--type", "sqlite", folder=tmp_path, code=1).stderr
    assert path.read_text() == before


@pytest.mark.parametrize(
    "flags",
    [
        ("--type", "mysql", "--host", "db.example.com", "--user", "u", "--no-password", "--ssl-mode", "DISABLED"),
        ("--type", "sqlite", "--host", "db.example.com"),
        ("--type", "sqlite", "--no-password"),
        ("--type", "mysql", "--host", "h", "--user", "u", "--password-from", "Secret-1"),
        ("--type", "mysql", "--host", "h", "--user", "u", "--no-password", "--password-stdin"),
        ("--type", "tidb-serverless", "--host", "gateway01.us-west-2.prod.aws.tidbcloud.com", "--user", "root", "--no-password"),
    ],
)
def test_flags_that_make_no_profile(tmp_path: Path, flags: tuple[str, ...]) -> None:
    nectar("init", *flags, folder=tmp_path, code=2)
    assert list(tmp_path.iterdir()) == []


def test_the_text_reads_back(tmp_path: Path) -> None:
    odd = 'a"b\\c\u00e4#\U0001f980'
    keys: dict[str, Value] = {
        "connection_type": "mysql",
        "host": "h",
        "port": 1,
        "user": odd,
        "database": odd,
        "password": {"env": "A"},
        "ssl_mode": "VERIFY_CA",
    }
    target = parse_profile(profile_text(keys), tmp_path / "p.toml")
    assert (getattr(target, "user", ""), getattr(target, "database", "")) == (odd, odd)


def test_paths_are_as_the_profile_sees_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert as_seen_from(Path("p.toml"), "ca.pem") == "ca.pem"
    assert as_seen_from(Path("etc/p.toml"), "etc/certs/ca.pem") == "certs/ca.pem"
    assert as_seen_from(Path("etc/p.toml"), "ca.pem") == str(tmp_path / "ca.pem")
