"""Every form of start and end on a node: the same rows as from chunk files, or an error that says what is missing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nectar.cardano.landmarks import LANDMARKS
from nectar.cardano.point import Point
from nectar.errors import NectarError
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Forward, Step, Wait
from tests.node.forging import PREVIEW, Forge, real_blocks
from tests.node.jobs import node_job, node_plan, rows
from tests.node.peers import Said
from tests.node.serving import serving
from tests.runner.jobs import job, plan_text, same

LAST_CHUNK = 75  # a little beyond preview's Babbage hard fork, which is at chunk 60
BLOCKS = "blocks = true"


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, (LAST_CHUNK + 1) * 4_320 - 1)


@pytest.fixture(scope="module")
def files(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same blocks as chunk files."""
    folder = tmp_path_factory.mktemp("files")
    for number in range(LAST_CHUNK + 1):
        for file in (chain / "preview/immutable").glob(f"{number:05}.*"):
            (folder / file.name).symlink_to(file)
    return folder


def after_alonzo() -> Point:
    return LANDMARKS[PREVIEW.magic][0].point


SAME = {
    "origin": 'start = "origin"\nend_slot = 4000',
    "a slot": "start_slot = 300000\nend_slot = 310000",
    "a slot right after an era's last block": "start_slot = 259181\nend_slot = 265000",
    "an era": 'start = "babbage"\nend_slot = 265000',
    "an epoch, to the end of an epoch": "start = { epoch = 2 }\nend = { epoch = 2 }",
    "a date, to a moment": 'start = { date = 2022-10-28 }\nend = { date = "2022-10-28T03:00:00Z" }',
    "a slot to an era's end": 'start_slot = 250000\nend = "alonzo"',
    "after an era's last block, by hash": f'start = {{ checkpoint = "{after_alonzo().hash.hex()}" }}\nend_slot = 262000',
    "after any block, by slot and hash": 'start = { checkpoint = "%(mid)s" }\nend_slot = 310000',
    "a block": 'start = { slot = %(mid_slot)s, hash = "%(mid_hash)s" }\nend_slot = 310000',
    "to a block": 'start_slot = 300000\nend = { slot = %(mid_slot)s, hash = "%(mid_hash)s" }',
    "to a block of which only the hash is known": 'start_slot = 300000\nend = { block_hash = "%(mid_hash)s" }',
    "from tip-N": 'start = "tip-100"',
    "to tip-N": 'start_slot = 300000\nend = "tip-100"',
    "from tip-N to tip-M": 'start = "tip-900"\nend = "tip-100"',
}


@pytest.mark.parametrize("form", SAME)
def test_a_form_means_the_same_on_a_node(form: str, blocks: list[Offered], files: Path, tmp_path: Path) -> None:
    mid = next(block.point for block in blocks if block.point.slot > 305_000)
    sync = SAME[form] % {"mid": mid, "mid_slot": mid.slot, "mid_hash": mid.hash.hex()}
    with serving(tmp_path / "s", blocks):
        node_job(tmp_path / "node.db", tmp_path / "s", node_plan(sync, processors=BLOCKS))
    job(tmp_path / "files.db", plan_text(files, sync, processors=BLOCKS))
    same(rows(tmp_path / "node.db"), rows(tmp_path / "files.db"))


REFUSED = {
    "a block by its hash alone": ('start = { block_hash = "%s" }' % ("ab" * 32), "say its slot too"),
    "a checkpoint by its hash alone": ('start = { checkpoint = "%s" }' % ("ab" * 32), "SLOT.HASH"),
    "a block that is not there": ('start = { slot = 300000, hash = "%s" }' % ("ab" * 32), "not on the node's chain"),
    "a checkpoint that is not there": ('start = { checkpoint = "300000.%s" }' % ("ab" * 32), "not on the node's chain"),
    "an end that is not there": (
        'start_slot = 300000\nend = { slot = 310000, hash = "%s" }' % ("ab" * 32),
        "not on the node's chain",
    ),
    "an end by a hash that never comes": (
        'start_slot = 320000\nend = { block_hash = "%s" }' % ("ab" * 32),
        "no block up to the tip",
    ),
    "a start after the end": ('start = "tip-5"\nend_slot = 90000', "after the end"),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_a_node_cannot_tell_is_refused(form: str, blocks: list[Offered], tmp_path: Path) -> None:
    sync, words = REFUSED[form]
    with serving(tmp_path / "s", blocks), pytest.raises(NectarError, match=words) as caught:
        node_job(tmp_path / "node.db", tmp_path / "s", node_plan(sync, processors=BLOCKS), once=False)
    assert caught.value.code == "NEC-W010"


def test_the_point_that_was_chosen_is_shown(blocks: list[Offered], tmp_path: Path) -> None:
    heard = Said()
    with serving(tmp_path / "s", blocks):
        sync = "start_slot = 300000\nend_slot = 310000"
        node_job(tmp_path / "node.db", tmp_path / "s", node_plan(sync, processors=BLOCKS), report=heard)
    (started,) = heard.of("start")
    assert str(after_alonzo()) in started
    assert "before slot 300,000 are passed over" in started
    (how,) = heard.of("range")
    assert how.splitlines() == [
        "start: slot 300000",
        "end: slot 310000",
        "slot 300000 is Babbage, epoch 3; slot 310000 is Babbage, epoch 3",
    ]


def test_a_job_that_began_at_the_tip_leaves_no_hole_when_it_goes_on(blocks: list[Offered], tmp_path: Path) -> None:
    plan = node_plan('start = "tip-50"', processors=BLOCKS)
    with serving(tmp_path / "a", blocks[:5_000]):
        node_job(tmp_path / "x.db", tmp_path / "a", plan)
    with serving(tmp_path / "b", blocks[:6_000]):
        node_job(tmp_path / "x.db", tmp_path / "b", plan)
    slots = [row[3] for row in rows(tmp_path / "x.db")["block"]]
    assert sorted(slots) == [block.point.slot for block in blocks[4_949:6_000]]


def test_an_end_that_is_still_to_come_is_waited_for(blocks: list[Offered], tmp_path: Path) -> None:
    end = blocks[120].point.slot
    script: list[Step] = [Forward(100), Wait(0.1), Forward(15), Wait(0.1), Forward(30)]
    with serving(tmp_path / "s", blocks, script):
        summary = node_job(tmp_path / "x.db", tmp_path / "s", node_plan(f"end_slot = {end}", processors=BLOCKS), once=False)
    assert summary.blocks == 121
    assert rows(tmp_path / "x.db")["nectar_coverage"][0][1:3] == (-1, end)


def test_gaps_are_filled_in_any_order_and_never_twice(blocks: list[Offered], files: Path, tmp_path: Path) -> None:
    """Two stretches from files, the rest from a node."""
    for first, last in ((43_200, 60_000), (129_600, 150_000)):
        job(tmp_path / "x.db", plan_text(files, f"start_slot = {first}\nend_slot = {last}", processors=BLOCKS))
    with serving(tmp_path / "s", blocks):
        summary = node_job(tmp_path / "x.db", tmp_path / "s", node_plan("end_slot = 200000", processors=BLOCKS))
    filled = sum(1 for block in blocks if block.point.slot <= 200_000)
    before = sum(1 for block in blocks if 43_200 <= block.point.slot <= 60_000 or 129_600 <= block.point.slot <= 150_000)
    assert summary.blocks == filled - before
    job(tmp_path / "files.db", plan_text(files, 'start = "origin"\nend_slot = 200000', processors=BLOCKS))
    same(rows(tmp_path / "x.db"), rows(tmp_path / "files.db"))


def test_a_range_can_be_done_again(blocks: list[Offered], files: Path, tmp_path: Path) -> None:
    sync = "start_slot = 43200\nend_slot = 60000\nskip_existing = false"
    with serving(tmp_path / "s", blocks):
        for _ in range(2):
            summary = node_job(tmp_path / "x.db", tmp_path / "s", node_plan(sync, processors=BLOCKS))
            assert summary.blocks > 700
    job(tmp_path / "files.db", plan_text(files, sync, processors=BLOCKS))
    same(rows(tmp_path / "x.db"), rows(tmp_path / "files.db"))


def test_a_node_behind_the_database_undoes_nothing(blocks: list[Offered], tmp_path: Path) -> None:
    """It was restored from an older snapshot, say: the job waits for it, but for one that ends at the tip."""
    heard, plan = Said(), node_plan(processors=BLOCKS)
    with serving(tmp_path / "a", blocks[:3_000]):
        node_job(tmp_path / "x.db", tmp_path / "a", plan)
    before = rows(tmp_path / "x.db")
    with serving(tmp_path / "b", blocks[:2_000]):
        node_job(tmp_path / "x.db", tmp_path / "b", plan, report=heard)
    note = next(text for text in heard.of("note") if "behind the database" in text)
    assert note.endswith(": there is nothing to do yet")
    assert any(f"surely has is {block.point}:" in note for block in blocks[1_900:2_000])
    same(rows(tmp_path / "x.db"), before)
    with serving(tmp_path / "d", blocks[:3_100]):
        assert node_job(tmp_path / "x.db", tmp_path / "d", plan).blocks == 100


def test_the_database_of_another_chain_is_left_alone(blocks: list[Offered], chain: Path, tmp_path: Path) -> None:
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 230 * 4_320)]
    other = Forge(bodies, random.Random(3)).extend([], 3_000)
    plan = node_plan(f"start_slot = {blocks[10].point.slot}", processors=BLOCKS)
    with serving(tmp_path / "a", blocks[:5_000]):
        node_job(tmp_path / "x.db", tmp_path / "a", plan)
    before = rows(tmp_path / "x.db")
    with serving(tmp_path / "b", other), pytest.raises(NectarError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "b", plan)
    assert caught.value.code in ("NEC-W008", "NEC-W009")
    same(rows(tmp_path / "x.db"), before)


def test_landmarks_are_the_last_blocks_of_their_eras(chain: Path) -> None:
    (alonzo, babbage) = LANDMARKS[PREVIEW.magic]
    files = real_blocks(chain / "preview/immutable", 259_000, 259_300)
    at = [block.point for block in files].index(alonzo.point)
    assert (files[at].block_no, files[at].raw[1], files[at + 1].raw[1]) == (alonzo.block_no, 5, 6)
    assert babbage.era == "babbage"
    for name in ("mainnet", "preprod", "preview"):
        known = network(name)
        for mark in LANDMARKS[known.magic]:
            last = known.history.last_slot_of_era(mark.era)
            assert last is not None
            assert 0 <= last - mark.point.slot < 3_000
            assert known.history.era_at(mark.point.slot) == mark.era
