"""Whole jobs on nodes that stall, hang up, talk nonsense or roll back too far: nothing is lost, and the log says what happened."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from nectar.errors import NectarError, SourceError, StoppedError, TransientError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Fork, Step, Wait
from nectar.runner import retry
from nectar.runner.signals import Stop
from tests.node.forging import Forge, forged, real_blocks
from tests.node.jobs import node_job, node_plan, rows
from tests.node.peers import Said, hurry, peers
from tests.node.proxies import cutting, proxy
from tests.node.serving import serving
from tests.node.waiting import last_slot, parted_by_a_commit
from tests.runner.jobs import same

BLOCKS_ONLY = "blocks = true"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, 400)


def test_a_job_outlasts_trouble_and_says_what_it_was(blocks: list[Offered], tmp_path: Path) -> None:
    """The first connection stalls within a block, the third (the second asks the ledger) hangs up, the next is good."""
    heard, good = Said(), tmp_path / "good"
    plan = node_plan(f"end_slot = {blocks[-1].point.slot}", processors=BLOCKS_ONLY)
    with (
        serving(good, blocks),
        peers(tmp_path / "s", proxy(good, 4_000, "stalls"), proxy(good), proxy(good, 5_000), proxy(good)) as (came, _),
    ):
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False, report=heard)
    with serving(tmp_path / "straight", blocks):
        node_job(tmp_path / "straight.db", tmp_path / "straight", plan, once=False)
    same(rows(tmp_path / "x.db"), rows(tmp_path / "straight.db"))
    stalled, lost = heard.of("retry")
    assert "did not answer" in stalled
    assert "was lost" in lost
    assert all("trying again in" in text for text in (stalled, lost))
    assert len(came) == 4


def test_a_job_that_cannot_reach_its_node_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "none", node_plan("end_slot = 60", processors="blocks = true"))
    assert caught.value.code == "NEC-W001"
    assert not (tmp_path / "x.db").exists()


def test_a_job_gives_up_on_an_address_where_nothing_ever_was(tmp_path: Path) -> None:
    heard = Said()
    with pytest.raises(StoppedError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "nothing", node_plan(), report=heard)
    assert caught.value.code == "NEC-W001"
    assert len(heard.of("retry")) == retry.TRIES - 1
    assert not (tmp_path / "x.db").exists()


def test_nonsense_ends_the_job_at_once_and_what_came_before_stays(blocks: list[Offered], tmp_path: Path) -> None:
    wrong = [*blocks[:10], blocks[12]]
    plan = node_plan(processors=BLOCKS_ONLY)
    with serving(tmp_path / "s", wrong), pytest.raises(SourceError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False)
    assert caught.value.code == "NEC-W004"
    assert (tmp_path / "x.db").exists()


def test_stop_ends_a_job_that_waits_at_the_tip(blocks: list[Offered], tmp_path: Path) -> None:
    stop = Stop()
    began: list[float] = []

    def ask() -> None:
        while last_slot(tmp_path / "x.db") < blocks[-1].point.slot:
            time.sleep(0.02)
        began.append(time.monotonic())
        stop.number = signal.SIGTERM

    with serving(tmp_path / "s", blocks):
        thread = threading.Thread(target=ask)
        thread.start()
        summary = node_job(tmp_path / "x.db", tmp_path / "s", node_plan(processors=BLOCKS_ONLY), once=False, stop=stop)
        thread.join()
    assert time.monotonic() - began[0] < 60
    assert "as asked" in summary.stopped
    assert threading.active_count() < 6


def test_a_rollback_to_before_the_plans_start_is_refused(chain: Path, tmp_path: Path) -> None:
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 201 * 4_320)]
    forge = Forge(bodies, random.Random(1))
    one = forge.extend([], 40)
    other = forge.extend(one[:10], 40)
    assert other[-1].point.slot > one[-1].point.slot
    plan = node_plan(f"start_slot = {one[20].point.slot}\nend_slot = {other[-1].point.slot}", processors=BLOCKS_ONLY)
    then: list[Step] = [Back(10), Fork(Path("1"), 10, 50)]
    script = parted_by_a_commit([Fork(Path("0"), 0, 40)], tmp_path / "x.db", one[-1].point.slot, then)
    with serving(tmp_path / "s", [], script, [one, other]), pytest.raises(NectarError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False)
    assert caught.value.code == "NEC-W009"
    assert str(one[9].point.slot) in str(caught.value)
    written = rows(tmp_path / "x.db")
    assert len(written["block"]) == 20
    with serving(tmp_path / "t", [*other, *forge.extend(other, 5)[-5:]]), pytest.raises(NectarError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "t", plan, once=False)
    assert caught.value.code == "NEC-W009"
    same(rows(tmp_path / "x.db"), written)


@pytest.mark.parametrize("honest", [True, False])
def test_a_fork_from_below_the_blocks_that_the_database_remembers(honest: bool, chain: Path, tmp_path: Path) -> None:
    """The connection begins at the database's newest block; the node goes back to one that stands within a batch, or to one
    that never was on the chain that it gave."""
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 201 * 4_320)]
    forge = Forge(bodies, random.Random(2))
    one = forge.extend([], 40)
    parted = one[30] if honest else forged(bodies[100], 30, one[30].point.slot, one[29].point)
    other = forge.extend([*one[:30], parted], 60)
    before, after = (node_plan(f"end_slot = {end.point.slot}", processors=BLOCKS_ONLY) for end in (one[-1], other[-1]))
    said = Said()
    with serving(tmp_path / "before", one):
        node_job(tmp_path / "x.db", tmp_path / "before", before)
    script: list[Step] = [Wait(0.2), Back(31), Fork(Path("0"), 31, 90)]
    with serving(tmp_path / "s", [], script, [other]) as stage:
        stage.chain.extend([*one[:30], parted, *one[31:]])
        node_job(tmp_path / "x.db", tmp_path / "s", after, once=False, report=said)
    with serving(tmp_path / "straight", other):
        node_job(tmp_path / "straight.db", tmp_path / "straight", after)
    assert said.of("rollback"), said.said
    same(rows(tmp_path / "x.db"), rows(tmp_path / "straight.db"))


# -- cut anywhere --------------------------------------------------------------------------------------------------


def test_a_connection_cut_at_any_byte_costs_nothing(chain: Path, tmp_path: Path) -> None:
    """Handshake, intersection, rollback, three blocks: cut after every byte that the server sends, or that it is sent."""
    blocks = real_blocks(chain / "preview/immutable", 0, 60)[:3]
    plan = node_plan(f"end_slot = {blocks[-1].point.slot}", processors=BLOCKS_ONLY)
    size = 700 + sum(len(block.raw) for block in blocks)
    step = 1 if os.environ.get("NECTAR_LONG") else 13
    with serving(tmp_path / "s", blocks):
        node_job(tmp_path / "straight.db", tmp_path / "s", plan, once=False)
        straight = rows(tmp_path / "straight.db")
        cuts = [(down, None) for down in [*range(120), *range(120, size, step)]] + [(None, up) for up in range(1, 160, 3)]
        for number, (down, up) in enumerate(cuts):
            database, path = tmp_path / "x.db", tmp_path / f"{number}"
            for old in tmp_path.glob("x.db*"):
                old.unlink()
            with cutting(path, tmp_path / "s", down, up):
                node_job(database, path, plan, once=False)
            same(rows(database), straight)
