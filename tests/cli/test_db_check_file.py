"""`nectar db check` of a SQLite file, and of a profile that is wrong before any server is asked."""

from __future__ import annotations

from pathlib import Path

import apsw

from tests.cli.databases import PLAN, nectar, profile


def test_a_file(tmp_path: Path) -> None:
    done = nectar("db", "check", "--db", "x.db", folder=tmp_path)
    assert "x.db is not there yet" in done.stdout
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    done = nectar("db", "check", "--db", "x.db", folder=tmp_path, code=1)
    assert "FAIL  database    NEC-K014" in done.stdout
    assert "  -     writable    not reached" in done.stdout
    assert "NEC-K015" in nectar("db", "check", "--db", "nowhere/x.db", folder=tmp_path, code=1).stdout


def test_a_file_that_is_being_written(tmp_path: Path) -> None:
    nectar("db", "init", "--db", "x.db", PLAN, folder=tmp_path)
    assert "filled by plan preview-sample" in nectar("db", "check", "--db", "x.db", folder=tmp_path).stdout
    other = apsw.Connection(str(tmp_path / "x.db"))
    other.execute("BEGIN IMMEDIATE")
    done = nectar("db", "check", "--db", "x.db", folder=tmp_path)
    assert "another process is writing" in done.stdout
    other.execute("ROLLBACK")
    other.close()


def test_a_wrong_profile_is_exit_code_2(tmp_path: Path) -> None:
    path = profile(tmp_path, 3306, "n", 'ssl_mode = "DISABLED"', host="db.example.com")
    done = nectar("db", "check", "--profile", path, folder=tmp_path, code=2)
    assert "NEC-P062" in done.stderr
