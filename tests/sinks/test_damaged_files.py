"""Files that are damaged, cut, full or out of reach: a coded error at once, never a crash, never a database created again."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nectar.errors import NectarError, SinkError
from nectar.sinks.sqlite.state import read_state
from tests.cli.databases import environment
from tests.conftest import ROOT
from tests.runner.jobs import job
from tests.server.making import nobody, open_folder
from tests.sinks.vanishing import MORE, TEXT, command, plan_in


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
