"""Chunk files that are cut, missing or empty: what is whole before the fault is kept, and every command says the same."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from nectar.errors import NectarError
from nectar.runner.report import Quiet
from nectar.runner.sample import rows_found, sample
from nectar.runner.signals import Stop
from nectar.sources.immutable.secondary import entries
from tests.runner.jobs import compiled, content, job, plan_text, same

CHUNKS = 6
SIZE = 4_320
KINDS = ("chunk", "secondary", "primary")


@pytest.fixture
def folder(chain: Path, tmp_path: Path) -> Path:
    """The first six chunks of preview, indexes too."""
    found = tmp_path / "immutable"
    found.mkdir()
    for number in range(CHUNKS):
        for kind in KINDS:
            shutil.copyfile(chain / f"preview/immutable/{number:05}.{kind}", found / f"{number:05}.{kind}")
    return found


def _offsets(folder: Path, number: int) -> list[int]:
    data = (folder / f"{number:05}.chunk").read_bytes()
    listed, _ = entries((folder / f"{number:05}.secondary").read_bytes(), len(data))
    return [one.offset for one in listed]


def _no_index(folder: Path, number: int) -> None:
    for kind in KINDS[1:]:
        (folder / f"{number:05}.{kind}").unlink()


def _plan(folder: Path, sync: str, batch: int = 0) -> str:
    return plan_text(folder, sync, processors="blocks = true", performance=f"batch_blocks = {batch}" if batch else "")


def _slots(database: Path) -> list[int]:
    db = sqlite3.connect(database)
    found = [slot for (slot,) in db.execute("SELECT slot_no FROM block WHERE slot_no >= 0 ORDER BY id")]
    db.close()
    return found


def _code(database: Path, text: str) -> str:
    """The error's code; empty when the job was done."""
    try:
        job(database, text)
    except NectarError as error:
        return error.code
    return ""


CUTS = {
    "in its header": lambda offsets: offsets[7] + 40,
    "in its body": lambda offsets: offsets[8] - 3,
    "in its first byte": lambda offsets: offsets[7] + 1,
}


@pytest.mark.parametrize(
    "sync",
    ['start = "origin"', 'start = "origin"\nend_slot = 25_900', "start_slot = 20_000"],
    ids=["tip", "a slot after", "a slot to the tip"],
)
@pytest.mark.parametrize("index", ["with", "without", "shorter", "longer"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_last_chunk_that_was_cut_gives_every_whole_block(cut: str, index: str, sync: str, folder: Path, tmp_path: Path) -> None:
    at = CUTS[cut](_offsets(folder, 5))
    file, secondary = folder / "00005.chunk", folder / "00005.secondary"
    file.write_bytes(file.read_bytes()[:at])
    if index == "without":
        _no_index(folder, 5)
    elif index != "with":
        listed = secondary.read_bytes()
        secondary.write_bytes(listed[: 4 * 56] if index == "shorter" else listed + listed[-56:])
    assert _code(tmp_path / "x.db", _plan(folder, sync)) == "NEC-S003"
    found = _slots(tmp_path / "x.db")
    first = 20_000 if "20_000" in sync else 0
    job(
        tmp_path / "whole.db",
        _plan(folder, f"{'start_slot = 20_000' if first else sync.partition(chr(10))[0]}\nend_slot = {found[-1]}"),
    )
    assert found == _slots(tmp_path / "whole.db")
    assert len([slot for slot in found if slot >= 5 * SIZE]) == 7
    same(
        {"nectar_coverage": content(tmp_path / "x.db")["nectar_coverage"]},
        {"nectar_coverage": content(tmp_path / "whole.db")["nectar_coverage"]},
    )
    assert _code(tmp_path / "x.db", _plan(folder, sync)) == "NEC-S003"


@pytest.mark.parametrize("index", [True, False])
def test_a_last_chunk_that_was_cut_between_two_blocks_is_whole(index: bool, folder: Path, tmp_path: Path) -> None:
    file = folder / "00005.chunk"
    file.write_bytes(file.read_bytes()[: _offsets(folder, 5)[7]])
    if not index:
        _no_index(folder, 5)
    assert _code(tmp_path / "x.db", _plan(folder, 'start = "origin"')) == ""
    assert len([slot for slot in _slots(tmp_path / "x.db") if slot >= 5 * SIZE]) == 7


@pytest.mark.parametrize("batch", [0, 5])
@pytest.mark.parametrize("number", [0, 2])
def test_any_chunk_that_was_cut_gives_what_is_before(number: int, batch: int, folder: Path, tmp_path: Path) -> None:
    file, at = folder / f"{number:05}.chunk", _offsets(folder, number)[9] + 30
    file.write_bytes(file.read_bytes()[:at])
    assert _code(tmp_path / "x.db", _plan(folder, 'start = "origin"', batch)) == "NEC-S003"
    found = _slots(tmp_path / "x.db")
    assert len([slot for slot in found if slot >= number * SIZE]) == 9
    assert _code(tmp_path / "before.db", _plan(folder, f'start = "origin"\nend_slot = {found[-1]}')) == ""


def test_a_range_that_ends_before_a_cut_is_read_without_error(folder: Path, tmp_path: Path) -> None:
    file = folder / "00005.chunk"
    file.write_bytes(file.read_bytes()[: _offsets(folder, 5)[7] + 40])
    assert _code(tmp_path / "x.db", _plan(folder, 'start = "origin"\nend_slot = 9_000')) == ""


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(("number", "start"), [(0, -1), (0, 4_000), (1, 4_000), (1, 5_000), (3, -1), (3, 13_000), (5, -1)])
def test_a_chunk_that_was_emptied_is_not_counted_as_filled(
    number: int, start: int, index: bool, folder: Path, tmp_path: Path
) -> None:
    """But for the last one, in which nothing may have come yet: nothing is claimed of it then."""
    (folder / f"{number:05}.chunk").write_bytes(b"")
    if not index:
        _no_index(folder, number)
    sync = 'start = "origin"' if start < 0 else f"start_slot = {start}"
    code = _code(tmp_path / "x.db", _plan(folder, sync))
    if number == 5 and not index:
        assert code == ""
    else:
        assert code in ("NEC-S003", "NEC-S005", "NEC-S007")
    if (tmp_path / "x.db").exists():
        assert all(row[2] < number * SIZE for row in content(tmp_path / "x.db")["nectar_coverage"])


def test_an_emptied_chunk_at_a_ranges_end_is_not_counted_as_filled(folder: Path, tmp_path: Path) -> None:
    (folder / "00003.chunk").write_bytes(b"")
    _no_index(folder, 3)
    assert _code(tmp_path / "x.db", _plan(folder, f'start = "origin"\nend_slot = {4 * SIZE - 1}')) == "NEC-S005"


def test_the_first_chunk_of_a_folder_that_is_empty_says_so(folder: Path, tmp_path: Path) -> None:
    for kind in KINDS:
        (folder / f"00000.{kind}").unlink()
    (folder / "00001.chunk").write_bytes(b"")
    _no_index(folder, 1)
    assert _code(tmp_path / "x.db", _plan(folder, f"start_slot = {SIZE}")) == "NEC-S003"
    assert not any(row[1] >= 0 for row in content(tmp_path / "x.db")["nectar_coverage"])


GAPS = {
    "within": (2, "start_slot = 4_400\nend_slot = 20_000"),
    "before": (1, "start_slot = 9_000\nend_slot = 20_000"),
    "after": (4, "start_slot = 100\nend_slot = 12_000"),
}


@pytest.mark.parametrize("gap", GAPS)
def test_run_explain_and_test_agree_about_missing_chunks(gap: str, folder: Path, tmp_path: Path) -> None:
    missing, sync = GAPS[gap]
    for kind in KINDS:
        (folder / f"{missing:05}.{kind}").unlink()
    text = _plan(folder, sync)
    first, last = (int(line.split("= ")[1].replace("_", "")) for line in sync.split("\n"))
    tests = f'[[tests]]\nname = "t"\nslots = [{first}, {last}]\nrows = {{ block = 1 }}'
    plan = compiled(text + tests)
    wanted = "NEC-S002" if gap == "within" else ""
    assert _code(tmp_path / "x.db", text) == wanted
    for other in (lambda: sample(plan, folder, Quiet(), Stop()), lambda: rows_found(plan, plan.plan.tests[0], Quiet(), Stop())):
        try:
            other()
        except NectarError as error:
            assert error.code == wanted
        else:
            assert not wanted
