"""`nectar db init` and `nectar db schema` on real databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.databases import PLAN, nectar, profile
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server


@pytest.fixture
def absent(server: Server) -> Iterator[str]:
    """A database's name that is not there; what is made of that name is dropped."""
    name = "nectar_to_be_made"
    server.run(f"DROP DATABASE IF EXISTS {name}")
    yield name
    server.run(f"DROP DATABASE IF EXISTS {name}")


@pytest.mark.servers(MARIADB, MYSQL)
def test_it_makes_the_database_and_says_so(server: Server, absent: str, tmp_path: Path) -> None:
    path = profile(tmp_path, server.port, absent)
    where = f"database nectar@127.0.0.1:{server.port}/{absent}"
    assert nectar("db", "init", "--profile", path, folder=tmp_path).stdout == f"{where}: made (utf8mb4, utf8mb4_bin)\n"
    sql = f"SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = '{absent}'"
    assert server.run(sql) == [("utf8mb4", "utf8mb4_bin")]
    assert nectar("db", "init", "--profile", path, folder=tmp_path).stdout == f"{where}: was there (utf8mb4, utf8mb4_bin)\n"


def test_what_is_there_stays_as_it_is(server: Server, absent: str, tmp_path: Path) -> None:
    server.run(f"CREATE DATABASE {absent} CHARACTER SET latin1")
    server.run("CREATE TABLE theirs (a INT)", absent)
    done = nectar("db", "init", "--profile", profile(tmp_path, server.port, absent), folder=tmp_path)
    assert "was there (latin1, latin1_" in done.stdout
    assert server.run("SHOW TABLES", absent) == [("theirs",)]
    refused = nectar("db", "init", PLAN, "--profile", tmp_path / "profile.toml", folder=tmp_path, code=1)
    assert "NEC-K003" in refused.stderr
    assert server.run("SHOW TABLES", absent) == [("theirs",)]


def test_with_a_plan_it_makes_its_tables(server: Server, absent: str, tmp_path: Path) -> None:
    path = profile(tmp_path, server.port, absent)
    first = json.loads(nectar("db", "init", PLAN, "--profile", path, "--format", "json", folder=tmp_path).stdout)
    assert (first["made"], first["tables_there"]) == (True, 0)
    assert first["tables_made"] == len(server.run("SHOW TABLES", absent)) > 40
    again = json.loads(nectar("db", "init", PLAN, "--profile", path, "--format", "json", folder=tmp_path).stdout)
    assert (again["made"], again["tables_made"], again["tables_there"]) == (False, 0, first["tables_made"])
    ran = nectar("run", PLAN, "--profile", path, folder=tmp_path)  # and a run goes on from there
    assert json.loads(ran.stdout)["blocks"] == 4_320
    assert (
        json.loads(nectar("db", "init", PLAN, "--profile", path, "--format", "json", folder=tmp_path).stdout)["tables_made"] == 0
    )
    assert server.run("SELECT COUNT(*) FROM block", absent) == [(4_321,)]


@pytest.mark.servers(MARIADB, MYSQL)
def test_who_may_not_is_told_what_to_ask_for(server: Server, absent: str, tmp_path: Path) -> None:
    server.run(f"CREATE USER humble@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        path = profile(tmp_path, server.port, absent, user="humble")
        done = nectar("db", "init", "--profile", path, folder=tmp_path, code=1)
        assert "NEC-M010" in done.stderr
        said = done.stderr.split("somebody who may says: ")[1].strip().removesuffix(";")
        for statement in said.split("; "):
            server.run(statement)
        assert "was there" in nectar("db", "init", "--profile", path, folder=tmp_path).stdout
        assert "ready" in nectar("db", "check", "--profile", path, folder=tmp_path).stdout
    finally:
        server.run("DROP USER humble@'%'")


def test_as_tidb(persona: Proxy, server: Server, absent: str, tmp_path: Path) -> None:
    path = profile(tmp_path, persona.port, absent, kind="tidb-local")
    assert "made (utf8mb4, utf8mb4_bin)" in nectar("db", "init", PLAN, "--profile", path, folder=tmp_path).stdout
    assert ": the same; " in nectar("db", "schema", PLAN, "--compare", "--profile", path, folder=tmp_path).stdout
    assert len(server.run("SHOW TABLES", absent)) > 40


def test_a_file_is_made_with_its_tables(tmp_path: Path) -> None:
    assert "nothing to do" in nectar("db", "init", "--db", "x.db", folder=tmp_path).stdout
    assert not (tmp_path / "x.db").exists()
    assert "53 made, 0 were there" in nectar("db", "init", PLAN, "--db", "x.db", folder=tmp_path).stdout
    assert "0 made, 53 were there" in nectar("db", "init", PLAN, "--db", "x.db", folder=tmp_path).stdout
    assert "the same" in nectar("db", "schema", PLAN, "--compare", "--db", "x.db", folder=tmp_path).stdout


@pytest.mark.parametrize(("kind", "dialect"), [("mysql", "mysql"), ("tidb-cluster", "tidb")])
def test_the_schema_is_what_compile_emits(kind: str, dialect: str, tmp_path: Path) -> None:
    """Offline: nobody listens there."""
    path = profile(tmp_path, 1, "n", kind=kind)
    by_profile = nectar("db", "schema", PLAN, "--profile", path, folder=tmp_path).stdout
    assert by_profile == nectar("plan", "compile", PLAN, "--emit-sql", "--dialect", dialect, folder=tmp_path).stdout
    assert by_profile == nectar("db", "schema", PLAN, "--dialect", dialect, folder=tmp_path).stdout
    assert (
        nectar("db", "schema", PLAN, folder=tmp_path).stdout
        == nectar("plan", "compile", PLAN, "--emit-sql", folder=tmp_path).stdout
    )


@pytest.mark.servers(MARIADB, MYSQL)
def test_comparing_with_what_is_there(server: Server, absent: str, tmp_path: Path) -> None:
    path = profile(tmp_path, server.port, absent)
    nectar("db", "init", PLAN, "--profile", path, folder=tmp_path)
    compare = ("db", "schema", PLAN, "--compare", "--profile", path)
    same = nectar(*compare, folder=tmp_path).stdout
    assert "the same; " in same
    assert "are not there yet" in same
    for sql in (
        "ALTER TABLE tx_out DROP COLUMN payment_cred",
        "ALTER TABLE tx MODIFY fee INT NULL",
        "ALTER TABLE block ADD COLUMN theirs INT",
        "DROP TABLE withdrawal",
        "CREATE TABLE guest (a INT)",
    ):
        server.run(sql, absent)
    done = nectar(*compare, "--format", "json", folder=tmp_path, code=4)
    told = json.loads(done.stdout)
    assert told["same"] is False
    assert {(one["table"], one["what"]) for one in told["differences"] if not one["later"]} == {
        ("tx_out", "column payment_cred is not there"),
        ("tx", "column fee is int, and bigint in the plan"),
        ("block", "column theirs is there, and not of this plan"),
        ("withdrawal", "is not there"),
        ("guest", "is there, and not of this plan"),
    }
    assert "  guest " in nectar(*compare, folder=tmp_path, code=4).stdout


def test_comparing_after_a_run_with_views(server: Server, absent: str, tmp_path: Path) -> None:
    """Nothing is left to be made: indexes, columns for views and views are all there, under the names that the plan gives."""
    plan = tmp_path / "plan.toml"
    text = PLAN.read_text().replace('path = "../', f'path = "{PLAN.parent.parent}/')
    plan.write_text(
        text
        + '\n[[views]]\nname = "large"\nfrom = "tx"\nwhere = "fee > 1_000_000 lovelace"\n'
        + '[[views]]\nname = "hello"\nfrom = "tx_metadata"\nwhere = \'json.msg[0] == "hello"\'\n'
    )
    for where in (("--profile", profile(tmp_path, server.port, absent)), ("--db", tmp_path / "x.db")):
        nectar("db", "init", plan, *where, folder=tmp_path)
        assert "not there yet" in nectar("db", "schema", plan, "--compare", *where, folder=tmp_path).stdout
        nectar("run", plan, *where, folder=tmp_path)
        assert nectar("db", "schema", plan, "--compare", *where, folder=tmp_path).stdout.endswith(": the same\n")
