"""What `nectar run` and `nectar status` say of a server's database, as commands."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.commands import run_nectar
from tests.mysql.jobs import PASSWORD_VARIABLE
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "plans/preview-sample.toml"


def _profile(server: Server, database: str, folder: Path) -> Path:
    file = folder / "profile.toml"
    text = f"""default = "there"
[databases.there]
connection_type = "mysql"
host = "{server.host}"
port = {server.port}
user = "{server.user}"
database = "{database}"
password = {{ env = "{PASSWORD_VARIABLE}" }}
[databases.nowhere]
connection_type = "mysql"
host = "{server.host}"
port = {server.port}
user = "{server.user}"
database = "not_there"
password = {{ env = "{PASSWORD_VARIABLE}" }}
[databases.file]
connection_type = "sqlite"
path = "x.db"
"""
    file.write_text(text)
    return file


def _nectar(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_nectar(*arguments, folder=Path.cwd())


def test_a_run_and_its_status(server: Server, database: str, tmp_path: Path) -> None:
    profile = _profile(server, database, tmp_path)
    ran = _nectar("run", PLAN, "--profile", profile)
    assert ran.returncode == 0, ran.stderr
    status = _nectar("status", "--profile", profile, "--format", "json")
    told = json.loads(status.stdout)
    assert told["database"] == f"{server.user}@{server.host}:{server.port}/{database}"
    assert (told["block_no"], told["finished"], told["pending"]) == (4319, True, [])
    assert told["rows"]["block"] == 4321 == server.run("SELECT COUNT(*) FROM block", database)[0][0]
    assert told["coverage"] == [{"first_slot": -1, "last_slot": 86380}]
    again = _nectar("run", PLAN, "--profile", profile)
    assert json.loads(again.stdout)["blocks"] == 0
    beside = _nectar("run", PLAN, "--profile", profile, "--database", "file")
    assert beside.returncode == 0
    assert (tmp_path / "x.db").exists()
    file = json.loads(_nectar("status", "--profile", profile, "--database", "file", "--format", "json").stdout)
    assert {name: file[name] for name in ("rows", "coverage", "block_hash", "complete")} == {
        name: told[name] for name in ("rows", "coverage", "block_hash", "complete")
    }


def test_a_database_that_is_not_there_and_one_that_is_not_ours(server: Server, database: str, tmp_path: Path) -> None:
    profile = _profile(server, database, tmp_path)
    absent = _nectar("run", PLAN, "--profile", profile, "--database", "nowhere")
    assert absent.returncode == 1
    assert "NEC-Y034" in absent.stderr
    assert "nectar db init" in absent.stderr
    server.run("CREATE TABLE mine (a INT)", database)
    for command in (("run", PLAN), ("status",)):
        refused = _nectar(*command, "--profile", profile)
        assert refused.returncode == 1
        assert "NEC-K003" in refused.stderr
    assert server.run("SHOW TABLES", database) == [("mine",)]


@pytest.mark.parametrize("arguments", [("--db", "x.db", "--database", "file")])
def test_a_file_and_a_name(arguments: tuple[str, ...]) -> None:
    refused = _nectar("status", *arguments)
    assert refused.returncode == 2
    assert "--database" in refused.stderr
