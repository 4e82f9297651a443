"""Connection texts as people paste them: into a profile, under names that other tools use, and into `nectar init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cli.init_questions import KEEPERS, keys_of
from nectar.config.complaints.schema import load_schema
from nectar.config.profile.dsn import connection_type_of
from nectar.config.profile.load import load_profile, parse_profile
from nectar.config.profile.model import Server
from nectar.config.profile.write import profile_text
from tests.cli.databases import nectar
from tests.config.profiles import GATEWAY, complaints_of, server
from tests.conftest import ROOT

COMMAND = f"mysql --comments -u '3KMG9RoJdmgyYep.root' -h {GATEWAY} -P 4000 -D 'test' --ssl-mode=VERIFY_IDENTITY -p'<PASSWORD>'"
TEXTS = [
    (COMMAND, "tidb-serverless"),
    (f"mysql://3KMG9RoJdmgyYep.root@{GATEWAY}:4000/test", "tidb-serverless"),
    (f"3KMG9RoJdmgyYep.root@tcp({GATEWAY}:4000)/test?tls=custom", "tidb-serverless"),
    ("mysql -u u -h tidb.x1.clusters.tidb-cloud.com -P 4000 -D n", "tidb-cluster"),
    ("mysql -u u -h tidb.example.com -P 4000 -D n", "tidb-cluster"),
    ("root@tcp(127.0.0.1:4000)/n", "tidb-local"),
    ("root@tcp(127.0.0.1:3306)/n", "mysql"),
    ("mariadb -u u -h db.example.com -D n", "mysql"),
    ("mysql://u@db.example.com/n", "mysql"),
]


def used(text: str, more: str = "", table: str = "database") -> str:
    return f"[{table}]\nuse_custom_dsn = true\ncustom_dsn = '''{text}'''\n{more}"


@pytest.mark.parametrize(("text", "kind"), TEXTS)
def test_a_text_needs_no_connection_type(text: str, kind: str) -> None:
    """And means what it would mean with it."""
    inferred = server(used(text))
    assert inferred.kind.value == kind
    assert inferred == server(used(text, f'connection_type = "{kind}"'))
    assert server(used(text, table="databases.one")).kind.value == kind


def test_a_connection_type_that_is_said_stands() -> None:
    assert server(used("root@tcp(127.0.0.1:4000)/n", 'connection_type = "mysql"')).kind.value == "mysql"
    assert "NEC-P021" in {one.code for one in complaints_of(used("root@tcp(127.0.0.1:4000)/n", 'connection_type = "sqlite"'))}


def test_its_password_is_taken_from_the_environment() -> None:
    found = server(used(COMMAND), {"NECTAR_DB_PASSWORD": "x"})
    assert found.password is not None
    assert found.password.kind == "env"


def test_by_variables_alone() -> None:
    said = {"NECTAR_DB_USE_CUSTOM_DSN": "true", "NECTAR_DB_CUSTOM_DSN": COMMAND, "NECTAR_DB_PASSWORD": "x"}
    found = load_profile(None, environment=said)
    assert isinstance(found, Server)
    assert (found.kind.value, found.database, found.password is not None) == ("tidb-serverless", "test", True)


@pytest.mark.parametrize("text", ["mysql -u u -h", "mysql://u@[::1/n", "u@tcp(h", "nonsense", "mysql -u u -h h -D n -pSecret-1"])
def test_a_text_that_cannot_be_read_is_one_complaint(text: str) -> None:
    (one,) = complaints_of(used(text))
    assert one.path == "database.custom_dsn"
    assert "connection_type" not in one.what + one.suggestion


@pytest.mark.parametrize("key", load_schema("profile")["x-meant"])
@pytest.mark.parametrize("header", ["[database]\n", "", "[databases.one]\n"])
def test_names_that_other_tools_have_lead_to_custom_dsn(key: str, header: str) -> None:
    said = complaints_of(f'{header}{key} = "user:Secret-1@tcp(host:3306)/db?charset=utf8mb4"\n')
    about = [one for one in said if one.code == "NEC-P010"]
    assert [one.suggestion for one in about] == [load_schema("profile")["x-meant"][key]]
    assert "custom_dsn" in about[0].suggestion
    assert "Secret-1" not in repr(said)
    variable = f"NECTAR_DB_{key.upper()}"
    (one,) = (one for one in complaints_of("[database]\n", {variable: "user:Secret-1@tcp(h)/d"}) if one.file == variable)
    assert "NECTAR_DB_CUSTOM_DSN" in one.suggestion


@pytest.mark.parametrize("key", load_schema("profile")["x-meant"])
def test_those_names_are_no_keys(key: str) -> None:
    assert key not in load_schema("profile")["$defs"]["database"]["properties"]


@pytest.mark.parametrize(
    ("text", "kind"), [*TEXTS, ("mysql --connect-timeout=7 -u u -h h -D n --ssl-mode=VERIFY_CA --ssl-ca=certs/ca.pem", "mysql")]
)
def test_init_writes_the_keys_that_say_the_same(text: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keys = keys_of(text, Path("p.toml"))
    assert (keys["connection_type"], connection_type_of(keys)) == (kind, kind)
    written = profile_text(keys)
    assert "custom_dsn" not in written
    if "ssl_ca" in written:
        written = written.replace("VERIFY_CA", "REQUIRED").replace('ssl_ca_path = "certs/ca.pem"\n', "")  # which is not there
        text = text.replace("VERIFY_CA", "REQUIRED").replace("--ssl-ca=certs/ca.pem", "")
    assert parse_profile(written, Path("/p/p.toml")) == parse_profile(used(text), Path("/p/p.toml"))


def test_init_by_a_pasted_text_without_a_terminal(tmp_path: Path) -> None:
    flags = ("--dsn", COMMAND, "--password-from", "env=SOME_PASSWORD", "--no-test")
    nectar("init", "p.toml", *flags, folder=tmp_path)
    found = load_profile(tmp_path / "p.toml", environment={})
    assert isinstance(found, Server)
    assert (found.kind.value, found.user, found.port, found.database) == ("tidb-serverless", "3KMG9RoJdmgyYep.root", 4000, "test")


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--dsn", "mysql://u:Secret-1@h/d"), "holds a password; leave it out"),
        (("--dsn", "nonsense"), "Invalid value for --dsn"),
        (("--dsn", COMMAND, "--host", "other"), "it says host, and so does another flag"),
    ],
)
def test_init_refuses_a_text_that_it_cannot_take(flags: tuple[str, ...], why: str, tmp_path: Path) -> None:
    told = nectar("init", "p.toml", *flags, "--no-password", "--no-test", folder=tmp_path, code=2).stderr
    assert why in " ".join(told.split())
    assert "Secret-1" not in told
    assert list(tmp_path.iterdir()) == []


def test_init_offers_the_forms_that_there_are() -> None:
    """Each with the reference's own example of it."""
    reference = (ROOT / "docs/profile.md").read_text()
    assert {*KEEPERS} - {"none"} == {*load_schema("profile")["$defs"]["secret"]["properties"]}
    examples = {kind: text.partition(": ")[2] for kind, text in KEEPERS.items() if ": " in text}
    assert {*examples} == {"keyring", "vault", "aws", "kubernetes"}
    for kind, example in examples.items():
        assert f'{{ {kind} = "{example}" }}' in reference
