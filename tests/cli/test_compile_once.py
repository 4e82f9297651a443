"""Each command that reads a plan compiles it once, for the database that it goes to: the one of --dialect, --profile,
NECTAR_PROFILE, the plan's own profile; SQLite where none is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from nectar.compiler import load
from nectar.compiler.compile import compile_draft
from tests.cli.inside import nectar

PLAN = """[plan]
network = "preview"
{profile}
[processors]
blocks = true
transactions = true
multi_assets = true
metadata = true
[[views]]
name = "kept"
from = "tx"
where = '{where}'
[[tests]]
name = "none"
path = "immutable"
slots = [0, 1]
rows = {{ block = 0 }}
"""
EVERYWHERE = "fee > 1 ada"
ONLY_MYSQL = "sum(mints.quantity) > 5"
DATABASES = {
    "sqlite": '[database]\npath = "x.db"\n',
    "mysql": '[database]\nconnection_type = "mysql"\nhost = "127.0.0.1"\nport = 1\nuser = "u"\ndatabase = "n"\n[retry]\npatience_seconds = 1\n',
    "tidb": '[database]\nconnection_type = "tidb-local"\nhost = "127.0.0.1"\nport = 1\nuser = "u"\ndatabase = "n"\n[retry]\npatience_seconds = 1\n',
}
COMMANDS = {
    "validate": ("plan", "validate", "plan.toml"),
    "compile": ("plan", "compile", "plan.toml"),
    "emit": ("plan", "compile", "--emit-sql", "plan.toml"),
    "explain": ("plan", "explain", "plan.toml"),
    "test": ("plan", "test", "plan.toml"),
    "run": ("run", "plan.toml", "--dry-run", "--once", "--workers", "1"),
    "sync": ("sync", "--execution-plan", "plan.toml", "--immutable", "immutable", "--dry-run", "--once", "--workers", "1"),
    "schema": ("db", "schema", "plan.toml"),
    "compare": ("db", "schema", "plan.toml", "--compare"),
    "init": ("db", "init", "plan.toml"),
}
compiled_for: list[str] = []


@pytest.fixture(autouse=True)
def _counted() -> Iterator[None]:
    """The dialects that plans are compiled for, in order."""

    def compiled(plan: object, complaints: object, dialect: str | None = "sqlite") -> object:
        compiled_for.append(str(dialect))
        return compile_draft(plan, complaints, dialect)  # type: ignore[arg-type]

    compiled_for.clear()
    with patch.object(load, "compile_draft", compiled):
        yield


def written(home: Path, *, profile: str = "", where: str = EVERYWHERE) -> None:
    (home / "plan.toml").write_text(PLAN.format(profile=profile, where=where))
    for name, text in DATABASES.items():
        (home / f"{name}.toml").write_text(text)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", DATABASES)
@pytest.mark.parametrize("way", ["plan", "option", "variable"])
def test_for_the_database_that_is_named(command: str, kind: str, way: str, tmp_path: Path) -> None:
    written(tmp_path, profile=f'profile = "{kind}.toml"' if way == "plan" else "")
    option = ("--profile", f"{kind}.toml") if way == "option" else ()
    variables = {"NECTAR_PROFILE": f"{kind}.toml"} if way == "variable" else {}
    ended = nectar(*COMMANDS[command], *option, home=tmp_path, **variables)
    assert ended.code in (0, 1, 4), ended.said
    assert compiled_for == [kind]


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_database_for_sqlite(command: str, tmp_path: Path) -> None:
    written(tmp_path)
    nectar(*COMMANDS[command], home=tmp_path)
    assert compiled_for == ["sqlite"]


@pytest.mark.parametrize("dialect", DATABASES)
@pytest.mark.parametrize("command", ["compile", "emit", "schema"])
def test_the_option_stands_above_all(dialect: str, command: str, tmp_path: Path) -> None:
    written(tmp_path, profile='profile = "mysql.toml"')
    assert nectar(*COMMANDS[command], *("--dialect", dialect), home=tmp_path, NECTAR_PROFILE="tidb.toml").code == 0
    assert compiled_for == [dialect]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_view_that_only_other_databases_can_show(command: str, tmp_path: Path) -> None:
    """Refused where the database is SQLite, and nowhere else."""
    written(tmp_path, where=ONLY_MYSQL)
    refused = nectar(*COMMANDS[command], home=tmp_path)
    assert refused.code == 2, refused.said
    assert "NEC-F052" in refused.said
    taken = nectar(*COMMANDS[command], *(("--profile", "mysql.toml")), home=tmp_path)
    assert taken.code != 2, taken.said
    assert "NEC-F052" not in taken.said


@pytest.mark.parametrize("command", COMMANDS)
def test_tidbs_limits_are_looked_for_where_it_is_tidb(command: str, tmp_path: Path) -> None:
    written(tmp_path)
    views = "".join(f'[[views]]\nname = "v{at}"\nfrom = "tx_metadata"\nwhere = \'json.k{at} == "x"\'\n' for at in range(80))
    (tmp_path / "plan.toml").write_text((tmp_path / "plan.toml").read_text() + views)
    refused = nectar(*COMMANDS[command], "--profile", "tidb.toml", home=tmp_path)
    assert refused.code == 2, refused.said
    assert "NEC-P08" in refused.said
    assert "NEC-P08" not in nectar(*COMMANDS[command], "--profile", "sqlite.toml", home=tmp_path).said


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_wrong_with_the_profile_is_told_with_what_is_wrong_with_the_plan(command: str, tmp_path: Path) -> None:
    """The profile's kind is not known then, so nothing is said about what a database can show."""
    written(tmp_path, profile='profile = "sqlite.toml"', where=ONLY_MYSQL)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan.read_text().replace("blocks = true", "blocks = 3"))
    (tmp_path / "sqlite.toml").write_text('[database]\nconnection_type = "mysqll"\n')
    ended = nectar(*COMMANDS[command], home=tmp_path)
    assert ended.code == 2
    assert "plan.toml:5:10: NEC-P011" in ended.said
    assert "sqlite.toml:2:19: NEC-P012" in ended.said
    assert "NEC-F052" not in ended.said


WRONG_IN_ONE_KEY = {kind: text.replace("[database]\n", '[database]\nhots = "h"\n') for kind, text in DATABASES.items()} | {
    "tidb-serverless": '[database]\nconnection_type = "tidb-serverless"\nhost = "gateway01.eu-central-1.prod.aws.tidbcloud.com"\nuser = "no_prefix"\ndatabase = "n"\n',
    "named": '[databases.other]\npath = 5\n[databases.tidb-local]\nconnection_type = "tidb-local"\nhost = "h"\nport = 99999999\nuser = "u"\ndatabase = "n"\n',
    "of no type": "[database]\nport = 5\npath = 3\n",
}


@pytest.mark.parametrize("kind", WRONG_IN_ONE_KEY)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_profile_hides_nothing_of_its_databases_kind(command: str, kind: str, tmp_path: Path) -> None:
    """Its type is known all the same: what that cannot show, or has no room for, is told with the rest."""
    written(tmp_path, where=ONLY_MYSQL)
    views = "".join(f'[[views]]\nname = "v{at}"\nfrom = "tx_metadata"\nwhere = \'json.k{at} == "x"\'\n' for at in range(80))
    (tmp_path / "plan.toml").write_text((tmp_path / "plan.toml").read_text() + views)
    (tmp_path / "wrong.toml").write_text(WRONG_IN_ONE_KEY[kind])
    variables = {"NECTAR_DATABASE": "tidb-local"} if kind == "named" else {}
    ended = nectar(*COMMANDS[command], "--profile", "wrong.toml", home=tmp_path, **variables)
    assert ended.code == 2, ended.said
    assert "wrong.toml:" in ended.said
    assert ("NEC-F052" in ended.said) is (kind in ("sqlite", "of no type"))
    assert ("NEC-P08" in ended.said) is (kind in ("mysql", "tidb", "tidb-serverless", "named"))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("text", ["[plan\n", None])
def test_a_plan_that_cannot_be_read_hides_nothing_of_the_profile(command: str, text: str | None, tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "plan.toml").write_text(text) if text else (tmp_path / "plan.toml").unlink()
    (tmp_path / "wrong.toml").write_text(WRONG_IN_ONE_KEY["mysql"])
    for option, variables in ((("--profile", "wrong.toml"), {}), ((), {"NECTAR_PROFILE": "wrong.toml"})):
        ended = nectar(*COMMANDS[command], *option, home=tmp_path, **variables)
        assert ended.code == 2
        assert "NEC-P001" in ended.said or "NEC-P002" in ended.said
        assert "wrong.toml:2:1: NEC-P010" in ended.said
    assert "wrong.toml" not in nectar(*COMMANDS[command], home=tmp_path).said


@pytest.mark.parametrize("network", ["nowhere", "./no/such/folder"])
def test_a_wrong_network_hides_no_view_that_cannot_be_shown(network: str, tmp_path: Path) -> None:
    written(tmp_path, where=ONLY_MYSQL)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan.read_text().replace("preview", network))
    said = nectar("plan", "validate", "plan.toml", home=tmp_path).said
    assert "NEC-F052" in said
    assert ("NEC-P014" in said) is not ("NEC-N001" in said)
