"""What is counted as filled has every block of the chain: whatever a chunk lost at a block's edge, and whatever its index says."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from nectar.errors import NectarError
from tests.node.forging import real_blocks
from tests.runner.jobs import job, plan_text

CHUNKS, SIZE = 3, 4_320
ENTRY = 56


@pytest.fixture(scope="module")
def whole(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("whole")
    for number, kind in itertools.product(range(CHUNKS), ("chunk", "secondary", "primary")):
        shutil.copyfile(chain / f"preview/immutable/{number:05}.{kind}", found / f"{number:05}.{kind}")
    return found


@pytest.fixture(scope="module")
def slots(whole: Path) -> list[int]:
    return [block.point.slot for block in real_blocks(whole)]


def _plan(folder: Path, sync: str) -> str:
    return plan_text(folder, sync, processors="blocks = true")


def _run(database: Path, folder: Path, sync: str) -> str:
    """The error's code; empty when the job was done."""
    try:
        job(database, _plan(folder, sync))
    except NectarError as error:
        assert error.code
        return error.code
    return ""


def _covered(database: Path) -> list[tuple[int, int]]:
    db = sqlite3.connect(database)
    found = db.execute("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'").fetchall()
    db.close()
    return found


def _lost(database: Path, slots: list[int]) -> list[int]:
    """Slots that are counted as filled, and whose block is not there."""
    if not database.exists():
        return []
    db = sqlite3.connect(database)
    there = {slot for (slot,) in db.execute("SELECT slot_no FROM block")}
    db.close()
    ranges = _covered(database)
    return [slot for slot in slots if slot not in there and any(first <= slot <= last for first, last in ranges)]


DAMAGES = {"all": (0, 0), "but the first blocks": (0, 7), "but the last blocks": (7, 1 << 30), "blocks in the middle": None}
"""What a chunk lost, as the blocks that are left of it, from and to."""
INDEXES = ("kept", "none", "no secondary", "no primary", "cut with the chunk", "secondary emptied", "zeros", "of another chunk")
SYNCS = (
    'start = "origin"',
    'start = "origin"\nend_slot = {last}',
    'start = "origin"\nend_slot = {middle}',
    "start_slot = {first}\nend_slot = {last}",
    "start_slot = {second}",
    "start_slot = {after}",
)


def _lose(folder: Path, number: int, left: tuple[int, int] | None, index: str) -> None:
    file, secondary, primary = (folder / f"{number:05}.{kind}" for kind in ("chunk", "secondary", "primary"))
    data, listed = file.read_bytes(), secondary.read_bytes()
    offsets = [
        offset for (offset,) in struct.iter_unpack(">Q", b"".join(listed[at : at + 8] for at in range(0, len(listed), ENTRY)))
    ]
    offsets.append(len(data))
    kept = [(0, 5), (9, len(offsets) - 1)] if left is None else [(left[0], min(left[1], len(offsets) - 1))]
    file.write_bytes(b"".join(data[offsets[a] : offsets[b]] for a, b in kept))
    if index in ("none", "no secondary"):
        secondary.unlink()
    if index in ("none", "no primary"):
        primary.unlink()
    if index == "cut with the chunk":
        secondary.write_bytes(b"".join(listed[a * ENTRY : b * ENTRY] for a, b in kept))
    if index in ("secondary emptied", "zeros"):
        secondary.write_bytes(b"")
    if index == "zeros":
        primary.write_bytes(bytes(primary.stat().st_size))
    if index == "of another chunk":
        for one in (secondary, primary):
            shutil.copyfile(folder / f"{(number + 1) % CHUNKS:05}{one.suffix}", one)


def _tried(number: int) -> Iterator[str]:
    for sync in SYNCS:
        first = number * SIZE
        yield sync.format(first=first, second=first + 1, middle=first + SIZE // 2, last=first + SIZE - 1, after=first + SIZE)


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_that_was_lost_is_counted_as_filled(
    damage: str, index: str, whole: Path, slots: list[int], tmp_path: Path
) -> None:
    for number in range(CHUNKS):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        _lose(folder, number, DAMAGES[damage], index)
        for at, sync in enumerate(_tried(number)):
            database = tmp_path / f"{number}-{at}.db"
            code = _run(database, folder, sync)
            assert _lost(database, slots) == [], (number, sync, code)


@pytest.mark.parametrize("damage", [name for name, left in DAMAGES.items() if left is not None])
def test_nor_where_the_rest_is_there_already(damage: str, whole: Path, slots: list[int], tmp_path: Path) -> None:
    """A gap's edges are within what the plan asks for."""
    for number, index in itertools.product(range(CHUNKS), ("kept", "none")):
        folder, database = tmp_path / f"{number}-{index}", tmp_path / f"{number}-{index}.db"
        shutil.copytree(whole, folder)
        for other in {*range(CHUNKS)} - {number}:
            assert _run(database, whole, f"start_slot = {other * SIZE}\nend_slot = {(other + 1) * SIZE - 1}") == ""
        _lose(folder, number, DAMAGES[damage], index)
        code = _run(database, folder, 'start = "origin"')
        assert code or number == CHUNKS - 1
        assert _lost(database, slots) == []


@pytest.mark.parametrize("index", ["kept", "no primary", "secondary emptied", "zeros", "of another chunk"])
def test_what_is_whole_is_counted_to_its_edges(index: str, whole: Path, slots: list[int], tmp_path: Path) -> None:
    """An index that is wrong is no fault where the blocks around it tell; at the folder's end nothing is claimed without one."""
    for number in range(CHUNKS):
        folder, database = tmp_path / str(number), tmp_path / f"{number}.db"
        shutil.copytree(whole, folder)
        _lose(folder, number, (0, 1 << 30), index)
        first, last = number * SIZE + 1, (number + 1) * SIZE - 1
        assert _run(database, folder, f"start_slot = {first}\nend_slot = {last}") == ""
        told = index in ("kept", "of another chunk") or number < CHUNKS - 1
        assert _covered(database) == [
            (first, last if told else max(slot for slot in slots if slot <= last))
        ]  # slots are alike in all


def test_files_that_are_not_named_as_a_node_names_them_are_none(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(whole, folder)
    for name in (
        "000001.chunk",
        "1.chunk",
        "00001.chunk.bak",
        "x00001.chunk",
        "00001.CHUNK",
        "\u0660\u0660\u0660\u0660\u0663.chunk",
    ):
        shutil.copyfile(folder / "00001.chunk", folder / name)
    assert _run(tmp_path / "x.db", folder, 'start = "origin"') == ""
