"""Files and tables that vanish, or lie about themselves: a coded error at once, never a crash, never a database created again."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nectar.errors import NectarError, SinkError
from nectar.runner.report import Progress, Quiet
from nectar.sinks.sqlite.check import check_file
from nectar.sinks.sqlite.state import read_state
from tests.cli.databases import profile
from tests.mysql.server import Server
from tests.runner.jobs import job
from tests.sinks.vanishing import MORE, TEXT, command, plan_in


class During(Quiet):
    """Does something after the first batch."""

    def __init__(self, what: Callable[[], Any]) -> None:
        self.what: Callable[[], Any] | None = what

    def progress(self, progress: Progress) -> None:
        if self.what is not None:
            what, self.what = self.what, None
            what()


def _replace(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").replace(path)


@pytest.mark.parametrize(
    "what",
    [Path.unlink, _replace, lambda path: path.rename(path.with_name("moved")), lambda path: path.with_name("x.db-wal").unlink()],
    ids=["removed", "replaced", "moved", "log removed"],
)
def test_a_file_that_vanishes_ends_the_job(what: Callable[[Path], Any], copy: Path) -> None:
    with pytest.raises(SinkError) as caught:
        job(copy, MORE, report=During(lambda: what(copy)))
    assert caught.value.code == "NEC-K024"


def test_a_file_that_vanishes_with_the_last_batch_is_noticed_too(copy: Path) -> None:
    class AtTheEnd(Quiet):
        def say(self, event: str, text: str, **facts: Any) -> None:
            if event == "closing":
                copy.unlink()

    with pytest.raises(SinkError) as caught:
        job(copy, MORE, report=AtTheEnd())
    assert caught.value.code == "NEC-K024"


def _sql(path: Path, sql: str) -> None:
    subprocess.run(
        [sys.executable, "-c", f"import sqlite3; sqlite3.connect({str(path)!r}, isolation_level=None).execute({sql!r})"],
        check=True,
    )


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE tx_in",
        "DROP TABLE nectar_coverage",
        "DROP TABLE nectar_checkpoint",
        "ALTER TABLE tx RENAME TO other",
        "ALTER TABLE tx DROP COLUMN size",
        "ALTER TABLE tx ADD COLUMN more INTEGER",
        "DROP TABLE epoch",
    ],
)
def test_tables_that_are_changed_meanwhile(sql: str, copy: Path) -> None:
    with pytest.raises(SinkError) as caught:
        job(copy, MORE, report=During(lambda: _sql(copy, sql)))
    assert caught.value.code == "NEC-K020"


# -- what a database says of itself ------------------------------------------------------------------------------------

LIES = {
    "UPDATE nectar_plan SET compiled = 'nonsense'": "NEC-K026",
    "UPDATE nectar_plan SET compiled = '[1]'": "NEC-K026",
    "UPDATE nectar_plan SET compiled = substr(compiled, 1, 500)": "NEC-K026",
    "UPDATE nectar_plan SET version = 'nonsense'": "NEC-K026",
    "UPDATE nectar_plan SET version = ''": "NEC-K026",
    "UPDATE nectar_plan SET version = '99.0.0'": "NEC-K025",
    "UPDATE nectar_plan SET version = '0.1.1'": "NEC-K025",
    "INSERT INTO nectar_plan SELECT 'other', name, compiled, version FROM nectar_plan": "NEC-K026",
    "DROP TABLE tx_in": "NEC-K027",
    "DROP TABLE block": "NEC-K027",
    "DROP TABLE nectar_checkpoint": "NEC-K027",
    "DROP TABLE nectar_coverage": "NEC-K027",
    "DROP TABLE nectar_quarantine": "NEC-K027",
    "DROP TABLE nectar_plan": "NEC-K003",
}


@pytest.mark.parametrize("sql", LIES)
def test_a_database_that_lies(sql: str, copy: Path) -> None:
    """A run, `nectar status` and `nectar db check`; nothing is created again."""
    db = sqlite3.connect(copy)
    db.execute(sql)
    db.commit()
    before = db.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    db.close()
    for look in (lambda: job(copy, MORE), lambda: read_state(copy)):
        with pytest.raises(SinkError) as caught:
            look()
        assert caught.value.code == LIES[sql]
    assert next(step for step in check_file(copy) if step.name == "database").code == LIES[sql]
    db = sqlite3.connect(copy)
    assert db.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall() == before
    db.close()


@pytest.mark.parametrize("slots", ["0, NULL", "NULL, 9", "0, 9223372036854775807", "900, 10", "-99, 10", "0, 'x'"])
def test_coverage_that_no_job_wrote(slots: str, copy: Path) -> None:
    _lie(copy, "nectar_coverage", f"(first_slot, last_slot) = ({slots})")
    _refused_as_damaged(copy)


@pytest.mark.parametrize(
    "change",
    [
        "slot = NULL",
        "slot = 'x'",
        "slot = 9223372036854775807",
        "slot = -9",
        "hash = NULL",
        "hash = x'00'",
        "hash = x''",
        "hash = 'x'",
        "block_no = NULL",
        "block_no = 'x'",
        "block_no = -7",
    ],
)
def test_blocks_that_no_job_kept(change: str, copy: Path) -> None:
    """Where nothing is left to load, too."""
    _lie(copy, "nectar_checkpoint", change)
    _refused_as_damaged(copy)


@pytest.mark.parametrize("highest", ["NULL", "'x'", "-7", "9223372036854775807"])
def test_a_highest_block_that_no_job_wrote(highest: str, copy: Path) -> None:
    _lie(copy, "nectar_checkpoint", f"highest_block_no = {highest}")
    with pytest.raises(SinkError) as caught:
        job(copy, MORE)
    assert caught.value.code == "NEC-K026"


def _lie(path: Path, table: str, change: str) -> None:
    """Writes into a table that somebody created again without its constraints."""
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE other AS SELECT * FROM {table}")
        db.execute(f"DROP TABLE {table}")
        db.execute(f"ALTER TABLE other RENAME TO {table}")
        db.execute(f"UPDATE {table} SET {change}")


def _refused_as_damaged(copy: Path) -> None:
    for attempt in (lambda: read_state(copy), lambda: job(copy, TEXT)):
        with pytest.raises(SinkError) as caught:
            attempt()
        assert caught.value.code == "NEC-K026"


def test_a_plan_of_which_nothing_is_said(copy: Path) -> None:
    db = sqlite3.connect(copy)
    db.execute("DELETE FROM nectar_plan")
    db.commit()
    db.close()
    with pytest.raises(SinkError) as caught:
        job(copy, MORE)
    assert caught.value.code == "NEC-K026"
    with pytest.raises(SinkError) as caught:
        read_state(copy)
    assert caught.value.code == "NEC-K003"


ON_A_SERVER = {
    "UPDATE nectar_plan SET compiled = '[1]'": "NEC-K026",
    "UPDATE nectar_plan SET version = 'nonsense'": "NEC-K026",
    "UPDATE nectar_plan SET version = '99.0.0'": "NEC-K025",
    "INSERT INTO nectar_plan SELECT REPEAT('0', 64), name, compiled, version FROM nectar_plan": "NEC-K026",
    "UPDATE nectar_checkpoint SET hash = x'00'": "NEC-K026",
    "UPDATE nectar_checkpoint SET slot = 9223372036854775807": "NEC-K026",
    "DROP TABLE tx_in": "NEC-K027",
    "DROP TABLE nectar_checkpoint": "NEC-K027",
    "DROP TABLE nectar_coverage": "NEC-K027",
    "DROP TABLE nectar_writer": "NEC-K027",
    "DROP TABLE nectar_plan": "NEC-K003",
}


def test_a_server_s_database_that_lies(server: Server, database: str, tmp_path: Path) -> None:
    words = ("run", plan_in(tmp_path, TEXT), "--profile", profile(tmp_path, server.port, database))
    command(*words, folder=tmp_path, code=0)
    for sql, code in ON_A_SERVER.items():
        undo = _kept(server, database, sql)
        server.run(sql, database)
        assert code in command(*words, folder=tmp_path), sql
        assert code in command("status", "--profile", tmp_path / "profile.toml", folder=tmp_path), sql
        if "nectar_checkpoint SET" not in sql:  # `db check` looks at the plan and the tables
            assert code in command("db", "check", "--profile", tmp_path / "profile.toml", folder=tmp_path), sql
        undo()
    command(*words, folder=tmp_path, code=0)
    server.run(f"DROP DATABASE {database}")
    server.run(f"CREATE DATABASE {database}")
    assert "NEC-K003" in command("status", "--profile", tmp_path / "profile.toml", folder=tmp_path)


def test_a_server_s_database_whose_tables_are_not_all_made(server: Server, database: str, tmp_path: Path) -> None:
    """`db check` does not send to a backup who can simply run again."""
    words = ("run", plan_in(tmp_path, TEXT), "--profile", profile(tmp_path, server.port, database))
    command(*words, folder=tmp_path, code=0)
    for table in ("tx_in", "block", "nectar_quarantine", "nectar_coverage"):
        server.run(f"DROP TABLE {table}", database)
    server.run("DELETE FROM nectar_checkpoint", database)
    said = command("db", "check", "--profile", tmp_path / "profile.toml", folder=tmp_path, code=0)
    assert "where a job was interrupted while it made the tables" in said
    server.run("DROP TABLE nectar_checkpoint", database)
    assert "NEC-K027" in command("db", "check", "--profile", tmp_path / "profile.toml", folder=tmp_path)


def _kept(server: Server, database: str, sql: str) -> Callable[[], None]:
    """Puts back what the statement changes."""
    table = re.findall("nectar_[a-z]+|tx_in", sql)[0]
    server.run(f"CREATE TABLE kept_{table} LIKE {table}", database)
    server.run(f"INSERT INTO kept_{table} SELECT * FROM {table}", database)

    def undo() -> None:
        server.run(f"DROP TABLE IF EXISTS {table}", database)
        server.run(f"RENAME TABLE kept_{table} TO {table}", database)

    return undo


def test_tables_that_a_server_loses_meanwhile(server: Server, database: str, tmp_path: Path) -> None:
    from nectar.runner.run import run
    from nectar.runner.signals import Stop
    from nectar.runner.steps import Options
    from tests.mysql.jobs import plan_of
    from tests.mysql.jobs import profile as target

    with pytest.raises(NectarError) as caught:
        run(
            plan_of(MORE),
            Options(target(server, database), workers=1),
            During(lambda: server.run("DROP TABLE tx_in", database)),
            Stop(),
        )
    assert caught.value.code == "NEC-M006"
    assert "a table is not there" in caught.value.what


# -- what stands in a file's place -------------------------------------------------------------------------------------
