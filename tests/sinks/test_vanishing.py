"""Files and tables that vanish, or lie about themselves: a coded error at once, never a crash, never a database made anew."""

from __future__ import annotations

import re
import resource
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
from tests.cli.databases import environment, profile
from tests.commands import run_nectar
from tests.conftest import ROOT
from tests.mysql.server import Server
from tests.runner.jobs import job, plan_text
from tests.server.making import nobody, open_folder

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"
TEXT = plan_text(SAMPLE, "end_slot = 20000", processors=FEW, performance="batch_blocks = 100")
MORE = plan_text(SAMPLE, "end_slot = 40000", processors=FEW, performance="batch_blocks = 100")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "x.db"
    job(path, TEXT)
    return path


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled, tmp_path / "x.db"))


def command(*words: object, folder: Path, code: int = 1, before: Callable[[], None] | None = None) -> str:
    if before is None:
        done = run_nectar(*words, folder=folder, environment=environment(HOME=str(ROOT)))
    else:
        done = subprocess.run(
            [sys.executable, "-m", "nectar", *map(str, words)],
            cwd=folder,
            env=environment(HOME=str(ROOT)),
            capture_output=True,
            text=True,
            preexec_fn=before,
            timeout=120,
        )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def plan_in(folder: Path, text: str = MORE) -> Path:
    (folder / "plan.toml").write_text(text)
    return folder / "plan.toml"


# -- while a job is running --------------------------------------------------------------------------------------------


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
    """A run, `nectar status` and `nectar db check`; nothing is made anew."""
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
    """Into a table that somebody made anew, without its rules."""
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE other AS SELECT * FROM {table}")
        db.execute(f"DROP TABLE {table}")
        db.execute(f"ALTER TABLE other RENAME TO {table}")
        db.execute(f"UPDATE {table} SET {change}")


def _refused_as_damaged(copy: Path) -> None:
    for command in (lambda: read_state(copy), lambda: job(copy, TEXT)):
        with pytest.raises(SinkError) as caught:
            command()
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


@pytest.mark.parametrize(
    "words", [["run", "plan.toml", "--db"], ["status", "--db"], ["db", "check", "--db"]], ids=lambda words: words[0]
)
def test_no_file_at_all(words: list[str], tmp_path: Path) -> None:
    plan_in(tmp_path)
    assert "NEC-K023" in command(*words, ":memory:", folder=tmp_path)
    (tmp_path / "folder").mkdir()
    assert "NEC-K015" in command(*words, "folder", folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "plan.toml"]


def test_an_empty_file_with_a_log_is_not_made_anew(copy: Path) -> None:
    log = copy.with_name("x.db-wal")
    log.write_bytes(b"a log" * 1000)
    copy.write_bytes(b"")
    with pytest.raises(SinkError) as caught:
        job(copy, MORE)
    assert caught.value.code == "NEC-K013"
    assert log.stat().st_size == 5_000
    assert copy.stat().st_size == 0
    with pytest.raises(SinkError):
        read_state(copy)


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    with pytest.raises(SinkError) as caught:
        read_state(tmp_path / "x.db")
    assert caught.value.code == "NEC-K003"
    assert job(tmp_path / "x.db", TEXT).blocks


@pytest.mark.parametrize("size", [1, 2, 99, 511])
def test_a_file_too_short_for_a_database_is_left_alone(size: int, copy: Path) -> None:
    """SQLite takes one of a single byte for an empty one."""
    copy.write_bytes(copy.read_bytes()[:size])
    before = copy.read_bytes()
    with pytest.raises(SinkError) as caught:
        job(copy, TEXT)
    assert caught.value.code == "NEC-K014"
    assert copy.read_bytes() == before


def test_a_log_that_a_kill_left_is_read(copy: Path, tmp_path: Path) -> None:
    """What was committed last is in it."""
    code = f"import os, sqlite3; db = sqlite3.connect({str(copy)!r}); db.execute('DELETE FROM nectar_plan'); db.commit(); os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert copy.with_name("x.db-wal").stat().st_size
    with pytest.raises(SinkError) as caught:
        job(copy, MORE)
    assert caught.value.code == "NEC-K026"


@pytest.mark.parametrize("page", [0, 1, 2, 5, 20])
def test_a_damaged_page(page: int, copy: Path) -> None:
    with copy.open("r+b") as file:
        file.seek(page * 8_192 + (100 if page == 0 else 0))
        file.write(b"\xff" * 4_000)
    for look in (lambda: read_state(copy), lambda: job(copy, MORE)):
        try:
            look()
        except NectarError as error:
            assert error.code in ("NEC-K013", "NEC-K003", "NEC-K026", "NEC-K027", "NEC-K020")


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """As far as a limit on files stands for it."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))  # noqa: E731
    told = command("run", plan_in(tmp_path), "--db", "x.db", "--workers", 1, folder=tmp_path, before=limit)
    assert re.search("NEC-K01[12]", told)


@pytest.mark.parametrize("most", [4, 5, 6, 8, 10, 12, 16])
def test_few_open_files(most: int, tmp_path: Path) -> None:
    """Whatever the number: done, or told why not."""
    plan = plan_in(tmp_path, TEXT)
    done = subprocess.run(
        [sys.executable, "-m", "nectar", "run", str(plan), "--db", "x.db", "--workers", "2"],
        cwd=tmp_path,
        env=environment(HOME=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)),
    )
    assert done.returncode in (0, 1), done.stderr
    if done.returncode and "Fatal Python error" not in done.stderr and most >= 6:
        assert "Traceback" not in done.stderr
        assert "NEC-" in done.stderr
    assert "bug" not in done.stderr


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words: list[list[object]] = [
        ["run", plan_in(tmp_path), "--db", "x.db"],
        ["status"],
        ["status", "--db", "x.db"],
        ["db", "check", "--db", "x.db"],
        ["init", "--type", "sqlite"],
    ]
    for one in words:
        script = f"cd {gone} && rmdir {gone} && exec {sys.executable} -m nectar {' '.join(map(str, one))}"
        done = subprocess.run(
            ["sh", "-c", script], env=environment(HOME=str(ROOT)), capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        gone.mkdir()
        assert done.returncode == 1, (one, done.stdout, done.stderr)
        assert "NEC-" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_that_may_not_be_written(filled: Path) -> None:
    with open_folder() as folder:
        copied = Path(shutil.copy(filled, folder / "x.db"))
        copied.chmod(0o444)
        with nobody(), pytest.raises(SinkError) as caught:
            job(copied, MORE)
    assert caught.value.code in ("NEC-K016", "NEC-K015")
