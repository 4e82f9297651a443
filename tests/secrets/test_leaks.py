"""Secrets are planted wherever Nectar takes them, it is run as a user runs it, and everything that it leaves is searched for them: both
outputs, the audit file, reports of crashes, every other file, every table of the database, the server's own list of connections."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mysql.server import Server, free_port, started
from tests.runner.jobs import between, plan_text
from tests.secrets.commands import environment, nectar, on_a_terminal
from tests.secrets.planted import CORES, KEY_PHRASE, PASSWORD, TOKEN, USER, traces, traces_in
from tests.secrets.ssh import ssh_server
from tests.secrets.strange_vault import strange_vault
from tests.server.conftest import Papers

SAMPLE = ROOT / "tests/data/preview/immutable"
KINDS = ["variable of ours", "env", "file", "kubernetes", "command", "keyring", "key", "passphrase", "recipient"]


@dataclass
class Place:
    """A folder that is a user's home. `planted`: its files that hold secrets, as they must; `secrets`: more of those."""

    home: Path
    server: Server
    database: str
    variables: dict[str, str] = field(default_factory=dict)
    planted: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    said: str = ""

    def profile(self, password: str, more: str = "", *, user: str = USER, port: int = 0, host: str = "127.0.0.1") -> None:
        (self.home / "profile.toml").write_text(f"""[database]
connection_type = "mysql"
host = "{host}"
port = {port or self.server.port}
user = "{user}"
database = "{self.database}"
{f"password = {password}" if password else ""}
{more}
[retry]
patience_seconds = 1
first_seconds = 0.1
[audit]
file = "audit.jsonl"
table = true
""")

    def nectar(self, *arguments: object, code: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
        done = nectar(*arguments, home=self.home, code=code, given=given, variables=self.variables)
        self.said += done.stdout + done.stderr
        return done

    def run(self, code: int = 0, *more: object) -> subprocess.CompletedProcess[str]:
        return self.nectar("run", "plan.toml", "--profile", "profile.toml", *more, code=code)

    def write(self, name: str, text: str, mode: int = 0o600) -> str:
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)
        self.planted.append(name)
        return name

    def traces(self) -> list[str]:
        more = tuple(self.secrets)
        found = [f"output: {trace}" for trace in traces(self.said.encode(), more)]
        return (
            found
            + traces_in(self.home, tuple(self.planted), more)
            + [f"database: {trace}" for trace in traces(self._rows(), more)]
        )

    def _rows(self) -> bytes:
        said = [repr(self.server.run("SHOW FULL PROCESSLIST")), repr(self.server.run("SHOW TABLES", self.database))]
        for (table,) in self.server.run("SHOW TABLES", self.database):
            said.append(repr(self.server.run(f"SELECT * FROM `{table}`", self.database)))
        return "\n".join(said).encode()


@pytest.fixture
def place(server: Server, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "plan.toml").write_text(plan_text(SAMPLE, between(-1, 2_000), performance="workers = 1"))
    with server.scratch() as database:
        yield Place(tmp_path, server, database)


def planted_as(kind: str, place: Place) -> str:
    """What stands for the password in a profile; the password is put there."""
    match kind:
        case "variable of ours":
            place.variables["NECTAR_DB_PASSWORD"] = PASSWORD
            return ""
        case "env":
            place.variables["PLANTED"] = PASSWORD
            return '{ env = "PLANTED" }'
        case "file":
            return f'{{ file = "{place.write("password", PASSWORD)}" }}'
        case "kubernetes":
            (place.home / "..2026").mkdir()
            place.write("..2026/password", PASSWORD, 0o644)
            (place.home / "..data").symlink_to("..2026")
            (place.home / "mounted").symlink_to("..data/password")
            place.planted += ["..data/password", "mounted"]
            return '{ kubernetes = "mounted" }'
        case "command":
            return f"{{ command = \"sh -c 'cat {place.home / place.write('source', PASSWORD)}; cat {place.home}/source >&2'\" }}"
        case "keyring":
            place.variables |= {
                "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
                "XDG_DATA_HOME": str(place.home / "data"),
            }
            _into_keyring(place)
            return '{ keyring = "nectar/db" }'
        case "key" | "passphrase" | "recipient":
            return _sealed(kind, place)
    raise AssertionError(kind)


def _into_keyring(place: Place) -> None:
    put = [sys.executable, "-c", f"import keyring; keyring.set_password('nectar', 'db', {PASSWORD!r})"]
    subprocess.run(put, check=True, env=environment(place.home, place.variables))
    place.planted.append("data/python_keyring/keyring_pass.cfg")


def _sealed(kind: str, place: Place) -> str:
    if kind == "passphrase":
        place.variables["NECTAR_PASSPHRASE"] = KEY_PHRASE
    else:
        nectar("secrets", "keygen", "--out", "key", *(["--symmetric"] if kind == "key" else []), home=place.home)
        place.planted.append("key")
        place.variables["NECTAR_KEY_FILE"] = "key"
        place.secrets.append((place.home / "key").read_text().splitlines()[-1].rpartition("-")[2])
    line = place.nectar("secrets", "seal", given=PASSWORD).stdout.strip()
    return line.removeprefix("password = ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_run(place: Place, kind: str) -> None:
    """A run, one that finds nothing to do, its status, and a login that fails with this secret."""
    reference = planted_as(kind, place)
    place.profile(reference)
    (summary,) = [json.loads(line) for line in place.run().stdout.splitlines()]
    assert summary["rows"]["block"] > 50
    place.run()
    place.nectar("status", "--profile", "profile.toml", "--format", "json")
    place.profile(reference, user="nectar")
    assert "access denied" in place.run(1).stderr
    attempts = [json.loads(line) for line in (place.home / "audit.jsonl").read_text().splitlines()]
    assert {"ok", "NEC-Y030"} <= {attempt["outcome"] for attempt in attempts}
    assert place.server.run("SELECT count(*) FROM nectar_connection", place.database) > [(0,)]
    assert place.traces() == []


def test_every_other_command(place: Place) -> None:
    """Checks of the database, good and bad; the plan compiled, explained and validated with its profile; init."""
    place.variables |= {"PLANTED": PASSWORD, "NECTAR_PASSPHRASE": KEY_PHRASE, "VAULT_TOKEN": TOKEN}
    for user, code in ((USER, 0), ("nectar", 1)):
        place.profile('{ env = "PLANTED" }', user=user)
        for form in ("text", "json"):
            place.nectar("db", "check", "--profile", "profile.toml", "--format", form, code=code)
        place.nectar("db", "init", "--profile", "profile.toml", code=code)
    (place.home / "with.toml").write_text(
        (place.home / "plan.toml").read_text().replace("[plan]", '[plan]\nprofile = "profile.toml"')
    )
    for arguments in (["compile", "--emit-sql"], ["compile"], ["validate"], ["explain"]):
        place.nectar("plan", arguments[0], "with.toml", *arguments[1:])
    assert place.traces() == []


def test_a_whole_run_with_vault(place: Place) -> None:
    with strange_vault() as vault:
        place.variables |= {"VAULT_ADDR": f"http://127.0.0.1:{vault.port}", "VAULT_TOKEN": TOKEN}
        place.profile('{ vault = "kv/db#password" }')
        vault.body = json.dumps({"data": {"data": {"password": PASSWORD}}}).encode()
        place.run()
        for status, body in (
            (403, vault.body),
            (307, vault.body),
            (200, vault.body[:-2]),
            (200, json.dumps({"data": PASSWORD}).encode()),
        ):
            vault.status, vault.body, vault.headers = status, body, {"Location": f"http://127.0.0.1:1/{TOKEN}"}
            assert "NEC-X00" in place.run(1).stderr
    assert "NEC-X003" in place.run(1).stderr
    assert place.traces() == []


def test_failures_of_the_network(place: Place, papers: Papers) -> None:
    """Nobody there, an authority that is not trusted."""
    place.variables["NECTAR_DB_PASSWORD"] = PASSWORD
    place.profile("", port=free_port())
    assert "NEC-" in place.run(1).stderr
    place.profile("", f'ssl_mode = "VERIFY_IDENTITY"\nssl_ca_path = "{papers.other.pair.certificate}"', host="localhost")
    assert "NEC-Y014" in place.run(1).stderr
    place.profile("", 'ssl_mode = "VERIFY_IDENTITY"\n[limits]\nallowed_hosts = ["localhost"]', host="localhost")
    assert "NEC-Y" in place.run(1).stderr
    assert place.traces() == []


def test_a_server_without_tls_is_told_nothing(place: Place) -> None:
    with started("--skip-ssl") as plain:
        place.variables["NECTAR_DB_PASSWORD"] = PASSWORD
        place.profile("", 'ssl_mode = "REQUIRED"', port=plain.port)
        assert "NEC-Y010" in place.run(1).stderr
    assert place.traces() == []


def test_failures_of_secrets(place: Place) -> None:
    """Secrets at hand that cannot be used, each for another reason."""
    place.write("password", PASSWORD, 0o644)
    place.profile('{ file = "password" }')
    assert "NEC-X002" in place.run(1).stderr
    place.write("long", PASSWORD * 5_000)
    place.profile('{ file = "long" }')
    assert "NEC-X001" in place.run(1).stderr
    place.profile(f"{{ command = \"sh -c 'cat {place.home}/password; cat {place.home}/password >&2; exit 3'\" }}")
    assert "exit code 3" in place.run(1).stderr
    for code in ("NEC-X001", "NEC-X010"):
        place.profile(f'{{ env = "{TOKEN}" }}' if code == "NEC-X001" else f'{{ sealed = "nectar:v1:{TOKEN}" }}')
        place.variables["NECTAR_PASSPHRASE"] = KEY_PHRASE
        assert code in place.run(1).stderr
    place.planted.append("profile.toml")
    assert place.traces() == []


def test_sealed_with_something_else(place: Place) -> None:
    place.variables["NECTAR_PASSPHRASE"] = KEY_PHRASE
    line = place.nectar("secrets", "seal", "--for", "tunnel.password", given=PASSWORD).stdout.strip().removeprefix("password = ")
    place.profile(line)
    assert "NEC-X011" in place.run(1).stderr
    place.profile(line[:-20] + line[-12:])
    assert "NEC-X01" in place.run(1).stderr
    place.variables |= {"NECTAR_KEY": "nectar-key-" + TOKEN}
    assert "NEC-X014" in place.run(1).stderr
    place.nectar("secrets", "rotate", "profile.toml", "--passphrase", code=1)
    assert place.traces() == []


@pytest.mark.parametrize(
    "line",
    [
        'password = "PW"',
        "password = 'PW' # PW",
        'passwrod = "PW"',
        'host = "root:PW@h"',
        'password = { clear = "PW" }',
        'use_custom_dsn = true\ncustom_dsn = "mysql://u:PW@h/n"',
        'custom_dsn = "u:PW@tcp(h:4000)/n"',
        'custom_dsn = "mysql -uu -hh -pPW n"',
    ],
)
def test_profiles_that_hold_one_are_refused(place: Place, line: str) -> None:
    """By every command that reads a profile, before anything else."""
    (place.home / "profile.toml").write_text(f'[database]\nconnection_type = "mysql"\n{line.replace("PW", TOKEN)}\n')
    place.planted.append("profile.toml")
    place.run(2)
    place.nectar("status", "--profile", "profile.toml", code=2)
    place.nectar("db", "check", "--profile", "profile.toml", code=2)
    (place.home / "with.toml").write_text(
        (place.home / "plan.toml").read_text().replace("[plan]", '[plan]\nprofile = "profile.toml"')
    )
    for form in ("text", "json", "sarif", "github"):
        place.nectar("plan", "validate", "with.toml", "--format", form, code=2)
    assert place.traces() == []


@pytest.mark.parametrize("key_form", ["", "pem", "openssh"])
def test_through_a_tunnel(place: Place, key_form: str) -> None:
    """The tunnel's password and its key's passphrase: right, wrong, and beyond it nobody."""
    (place.home / "ssh").mkdir()
    with ssh_server(place.home / "ssh", TOKEN) as ssh:
        keyed = f'key_path = "{ssh.client_key(KEY_PHRASE, key_form)}"' if key_form else ""
        tunnel = f"""[tunnel]
host = "127.0.0.1"
port = {ssh.port}
user = "jumper"
{keyed}
known_hosts_path = "{ssh.known_hosts}"
password = {{ env = "JUMP" }}"""
        place.variables |= {"PLANTED": PASSWORD, "JUMP": KEY_PHRASE if key_form else TOKEN}
        place.profile('{ env = "PLANTED" }', tunnel)
        place.run()
        place.profile('{ env = "PLANTED" }', tunnel, port=1)
        assert "NEC-Y057" in place.run(1).stderr
        place.variables["JUMP"] += "-wrong"
        place.profile('{ env = "PLANTED" }', tunnel)
        assert f"NEC-Y05{4 if key_form else 3}" in place.run(1).stderr
    assert place.traces() == []


BUGS = {
    "after the login": """
import nectar.mysql.connect as there
def broken(made, server, stream, place, first):
    secret = os.environ["NECTAR_DB_PASSWORD"]
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise RuntimeError(f"the password is {secret}", secret) from error
there._log_in = broken
""",
    "in a decoding process": """
import nectar.decode.block as there
def broken(*arguments, **more):
    secret = os.environ["NECTAR_DB_PASSWORD"]
    raise RuntimeError(secret)
there.decode_block = broken
""",
    "while a value is opened": """
import nectar.secrets.sealed as there
def broken(text, key_path, key):
    secret = os.environ["NECTAR_DB_PASSWORD"]
    raise ValueError(secret, key.secret.reveal())
there.open_sealed = broken
""",
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_whose_message_is_the_secret(place: Place, bug: str) -> None:
    """The report names lines of code and no values; neither does what is printed."""
    (place.home / "bug").mkdir()
    (place.home / "bug/sitecustomize.py").write_text("import os\n" + BUGS[bug])
    place.variables |= {
        "NECTAR_DB_PASSWORD": PASSWORD,
        "NECTAR_PASSPHRASE": KEY_PHRASE,
        "PYTHONPATH": f"{place.home / 'bug'}:{ROOT}",
    }
    workers = "2" if bug == "in a decoding process" else "1"
    if bug == "while a value is opened":
        place.nectar("secrets", "open", "nectar:v1:AAAA", code=3)
    else:
        place.profile("")
        place.run(3, "--workers", workers)
    (report,) = (place.home / ".local/state/nectar").glob("nectar-crash-*.txt")
    assert "in broken" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
    shutil.rmtree(place.home / "bug")
    assert place.traces() == []


def test_a_bar_on_a_terminal(place: Place) -> None:
    place.profile("")
    shown = on_a_terminal(
        "run", "plan.toml", "--profile", "profile.toml", home=place.home, typed=[], TERM="xterm", NECTAR_DB_PASSWORD=PASSWORD
    )
    assert "plan test on preview into" in shown
    place.said += shown
    assert place.traces() == []


def test_the_search_would_find_one(place: Place) -> None:
    """In an output, in a file, in a file's name, in a table."""
    place.profile("")
    for core in CORES:
        place.said = f"error: {core}"
        assert place.traces() != []
    place.said = ""
    (place.home / f"x{TOKEN}").write_text("")
    assert place.traces() != []
    (place.home / f"x{TOKEN}").unlink()
    assert place.traces() == []
    place.server.run("CREATE TABLE t (a BLOB)", place.database)
    place.server.run(f"INSERT INTO t VALUES ('{KEY_PHRASE}')", place.database)
    assert place.traces() != []
