"""What is loaded beside what is there must be of the same chain: chunk files, and a node that left it within a gap."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from nectar.errors import SourceError
from nectar.nodeserver.chain import Offered
from tests.node.forging import Forge, forged, real_blocks
from tests.node.histories import K, busy_bodies
from tests.node.jobs import node_job, node_plan
from tests.node.serving import serving
from tests.runner.jobs import everything, job, plan_text

BLOCKS = "blocks = true"


@pytest.fixture(scope="module")
def bodies(chain: Path) -> list[bytes]:
    return [body for body in busy_bodies(chain) if len(body) < 2_000] * 3


@pytest.fixture(scope="module")
def other(bodies: list[bytes]) -> list[Offered]:
    """A chain that shares only genesis with preview's."""
    return Forge(bodies, random.Random(1)).extend([], 40)


def _from_node(place: Path, blocks: list[Offered], sync: str) -> Path:
    with serving(place / "s", blocks):
        node_job(place / "x.db", place / "s", node_plan(sync, processors=BLOCKS))
    return place / "x.db"


@pytest.mark.parametrize("side", ["after it", "before it", "around it"])
def test_chunk_files_of_another_chain_are_refused(side: str, other: list[Offered], chain: Path, tmp_path: Path) -> None:
    middle, last = other[20].point.slot, other[-1].point.slot
    asked = {
        "after it": ("", last, f"start_slot = {last + 1}\nend_slot = {last + 3_000}"),
        "before it": (f"start_slot = {middle}\n", last, f"start_slot = 0\nend_slot = {middle - 1}"),
        "around it": (f"start_slot = {middle}\n", last, f"start_slot = 0\nend_slot = {last + 3_000}"),
    }
    start, end, files = asked[side]
    database = _from_node(tmp_path, other, f"{start}end_slot = {end}")
    before = everything(database)
    with pytest.raises(SourceError) as caught:
        job(database, plan_text(chain / "preview/immutable", files, processors=BLOCKS))
    assert caught.value.code == "NEC-S011"
    assert "nothing was changed" in caught.value.hint
    assert everything(database) == before


@pytest.mark.parametrize("more", [0, 3])
def test_chunk_files_that_do_not_go_on_where_the_database_ends_are_refused(
    more: int, other: list[Offered], chain: Path, tmp_path: Path
) -> None:
    """They have none of its blocks: the first of theirs would have to name its last one, or to be of a higher number."""
    real, folder = real_blocks(chain / "preview/immutable", 0, 2 * 4_320 - 1), tmp_path / "immutable"
    ours = [block for block in real if block.point.slot < 4_320]
    last = max(ours[-1].point.slot, other[0].point.slot)
    bodies = [block.raw for block in real if block.point.slot >= 4_320] * 2
    ours = [*ours[:-1], forged(bodies[0], ours[-1].block_no, last, ours[-2].point)]
    for at in range(more):
        ours.append(forged(bodies[at + 1], ours[-1].block_no + 1, ours[-1].point.slot + 1, ours[-1].point))
    database = _from_node(tmp_path, ours, "end_slot = 4_319" if not more else f"end_slot = {ours[-1].point.slot}")
    folder.mkdir()
    for kind in ("chunk", "secondary", "primary"):
        shutil.copyfile(chain / f"preview/immutable/00001.{kind}", folder / f"00001.{kind}")
    before = everything(database)
    with pytest.raises(SourceError) as caught:
        job(database, plan_text(folder, "start_slot = 4_320", processors=BLOCKS))
    assert caught.value.code == "NEC-S011"
    assert everything(database) == before


def test_pieces_of_one_chain_are_loaded_from_node_and_files_in_any_order(chain: Path, tmp_path: Path) -> None:
    real = real_blocks(chain / "preview/immutable", 0)[:200]
    slots = [block.point.slot for block in real]
    database = _from_node(tmp_path, real, f"start_slot = {slots[80]}\nend_slot = {slots[120]}")
    for first, last in ((slots[121], slots[150]), (0, slots[50]), (0, slots[-1])):
        job(database, plan_text(chain / "preview/immutable", f"start_slot = {first}\nend_slot = {last}", processors=BLOCKS))
    db = sqlite3.connect(database)
    assert db.execute("SELECT count(*) FROM block WHERE slot_no >= 0").fetchone() == (200,)
    db.close()


@pytest.mark.parametrize("deep", [False, True])
def test_a_node_that_left_the_chain_within_a_gap(deep: bool, bodies: list[bytes], tmp_path: Path) -> None:
    """Blocks after the gap are undone where a fork may undo them; else nothing is written."""
    forge = Forge(bodies, random.Random(2))
    ours = forge.extend([], 120 + (K if deep else 40))
    database = _from_node(tmp_path, ours, f"end_slot = {ours[60].point.slot}")
    _from_node(tmp_path, ours, f"start_slot = {ours[110].point.slot}\nend_slot = {ours[-1].point.slot}")
    before = everything(database)
    theirs = forge.extend(ours[:90], len(ours) - 80)
    while theirs[-1].point.slot <= ours[-1].point.slot:
        theirs = forge.extend(theirs, 1)
    with serving(tmp_path / "s", theirs):
        if deep:
            with pytest.raises(SourceError) as caught:
                node_job(database, tmp_path / "s", node_plan(processors=BLOCKS))
            assert caught.value.code == "NEC-W012"
            assert everything(database) == before
            return
        node_job(database, tmp_path / "s", node_plan(processors=BLOCKS))
    db = sqlite3.connect(database)
    hashes = [found for (found,) in db.execute("SELECT hash FROM block WHERE slot_no >= 0 ORDER BY id")]
    db.close()
    assert hashes == [block.point.hash for block in theirs]


def test_the_first_block_after_a_gap_is_told_by_its_row(bodies: list[bytes], tmp_path: Path) -> None:
    """A batch of files keeps one point, its last, which a node that is behind may not have come to. The first row tells."""
    forge = Forge(bodies, random.Random(3))
    ours = forge.extend([], 140 + K)
    database = _from_node(tmp_path, ours, f"end_slot = {ours[60].point.slot}")
    _from_node(tmp_path, ours, f"start_slot = {ours[110].point.slot}\nend_slot = {ours[-1].point.slot}")
    db = sqlite3.connect(database)
    (newest,) = db.execute("SELECT max(slot) FROM nectar_checkpoint").fetchone()
    db.execute("DELETE FROM nectar_checkpoint WHERE slot > ? AND slot < ?", (ours[60].point.slot, newest))
    db.commit()
    db.close()
    before = everything(database)
    theirs = forge.extend(ours[:90], 25)
    while theirs[-1].point.slot <= ours[120].point.slot:
        theirs = forge.extend(theirs, 1)
    assert theirs[-1].point.slot < newest
    with serving(tmp_path / "s", theirs), pytest.raises(SourceError) as caught:
        node_job(database, tmp_path / "s", node_plan(f"end_slot = {ours[109].point.slot}", processors=BLOCKS))
    assert caught.value.code == "NEC-W012"
    assert everything(database) == before
