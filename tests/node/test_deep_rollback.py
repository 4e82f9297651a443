"""A rollback has a limit: nothing deeper than k blocks, at a start, at another connection or at the tip, unless a person says so."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.point import Numbered, Point
from nectar.errors import FatalError, SourceError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Drop, Fork, Step, Wait
from nectar.runner.follow.rollback import unsettled
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.node.forging import forged
from tests.node.histories import K
from tests.node.jobs import node_job, node_plan
from tests.node.parting import OURS, Chains
from tests.node.peers import Said
from tests.node.serving import serving
from tests.node.waiting import last_slot, parted_by_a_commit
from tests.runner.jobs import everything, job, plan_text

BLOCKS = "blocks = true"


def _filled(place: Path, blocks: Sequence[Offered], more: str = "") -> Path:
    """A database with all of a chain."""
    with serving(place / "filling", blocks):
        node_job(
            place / "x.db", place / "filling", node_plan(f"end_slot = {blocks[-1].point.slot}", processors=BLOCKS, more=more)
        )
    return place / "x.db"


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def _refused(database: Any, where: Path | str, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        node_job(database, where, node_plan(processors=BLOCKS), **options)
    assert caught.value.code == "NEC-W012"
    assert "nothing was changed" in caught.value.hint
    assert "--accept-deep-rollback" in caught.value.hint
    return caught.value


FORKS = {"only genesis in common": 0, "half in common": 1_500, "k + 1 blocks back": OURS - K - 1}


@pytest.mark.parametrize("held", FORKS.values(), ids=FORKS)
@pytest.mark.parametrize("batch", ["", "[performance]\nbatch_blocks = 7"])
def test_at_the_start_a_node_on_another_chain_is_refused(held: int, batch: str, chains: Chains, tmp_path: Path) -> None:
    """Also one whose chain has fewer blocks, as long as it has come by the database's last slot."""
    database = _filled(tmp_path, chains.long[:OURS], batch)
    before = everything(database)
    other = chains.parting(held, 2, beyond=chains.end)
    with serving(tmp_path / "s", other):
        error = _refused(database, tmp_path / "s")
    assert everything(database) == before
    depth = re.search(r"([\d,]+) blocks before number 3,050", error.what)
    assert depth is not None, error.what
    assert int(depth[1].replace(",", "")) >= OURS - held
    named = (f"k = {K}", str(chains.long[-1].point), str(other[-1].point), "origin" if not held else "number")
    assert all(words in error.what for words in named), error.what


def test_a_shorter_chain_that_shares_only_genesis_is_refused(chains: Chains, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long)
    before = everything(database)
    short = chains.parting(0, 400)
    last = forged(short[0].raw, 400, chains.end + 1, short[-1].point)
    with serving(tmp_path / "s", [*short, last]):
        assert "the node's tip is" in _refused(database, tmp_path / "s").what
    assert everything(database) == before


@pytest.mark.parametrize("held", [0, OURS - K - 1], ids=["only genesis in common", "k + 1 blocks back"])
def test_after_a_lost_connection_a_node_on_another_chain_is_refused(
    held: int, chains: Chains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nectar.runner.retry.FIRST", 0.05)
    other = chains.parting(held, 2, beyond=chains.end)
    with ThreadPoolExecutor(1) as threads:
        with serving(tmp_path / "s", chains.long):
            job = threads.submit(_refused, tmp_path / "x.db", tmp_path / "s", once=False)
            until(lambda: last_slot(tmp_path / "x.db") == chains.end)
        with serving(tmp_path / "s", other):
            job.result(60)
    assert _newest(tmp_path / "x.db") == (chains.end, chains.long[-1].point.hash)


def _newest(database: Path) -> Any:
    db = sqlite3.connect(database)
    row = db.execute("SELECT slot_no, hash FROM block ORDER BY id DESC LIMIT 1").fetchone()
    db.close()
    return row


@pytest.mark.parametrize("held", [0, 700, OURS - K - 1], ids=["to the origin", "far back", "k + 1 blocks back"])
def test_a_rollback_at_the_tip_that_is_too_deep_is_refused(held: int, chains: Chains, tmp_path: Path) -> None:
    then: list[Step] = [Back(held), Fork(Path("1"), held, OURS + 9)]
    script = parted_by_a_commit([Fork(Path("0"), 0, OURS)], tmp_path / "x.db", chains.end, then)
    other = chains.parting(held, OURS + 9 - held)
    with serving(tmp_path / "s", [], script, [chains.long, other]):
        _refused(tmp_path / "x.db", tmp_path / "s", once=False)
    assert _newest(tmp_path / "x.db") == (chains.end, chains.long[-1].point.hash)
    with serving(tmp_path / "again", chains.long):
        node_job(tmp_path / "x.db", tmp_path / "again", node_plan(processors=BLOCKS))


@pytest.mark.parametrize("restart", [False, True], ids=["in one run", "in two runs"])
def test_several_rollbacks_go_no_deeper_together_than_one(restart: bool, chains: Chains, tmp_path: Path) -> None:
    """Counted from the highest block that was ever committed, not from where the one before has left the database."""
    first = chains.parting(OURS - 300, 301)
    second = chains.parting(OURS - 500, 502, beyond=first[-1].point.slot)
    back: list[Step] = [Back(OURS - 300), Fork(Path("1"), OURS - 300, 1)]
    script = parted_by_a_commit([Fork(Path("0"), 0, OURS)], tmp_path / "x.db", chains.end, back)
    then: list[Step] = [Back(OURS - 500), Fork(Path("2"), OURS - 500, OURS + 2)]
    forks = [chains.long, first, second]
    if not restart:
        script = parted_by_a_commit(script, tmp_path / "x.db", first[OURS - 300].point.slot, then)
        with serving(tmp_path / "s", [], script, forks):
            error = _refused(tmp_path / "x.db", tmp_path / "s", once=False)
        assert "500 blocks before" in error.what
    else:
        stop = Stop()
        with serving(tmp_path / "s", [], script, forks), ThreadPoolExecutor(1) as threads:
            job = threads.submit(node_job, tmp_path / "x.db", tmp_path / "s", node_plan(processors=BLOCKS), once=False, stop=stop)
            until(lambda: last_slot(tmp_path / "x.db") == first[OURS - 300].point.slot)
            stop.number = signal.SIGTERM
            job.result(60)
        before = everything(tmp_path / "x.db")
        with serving(tmp_path / "again", second):
            error = _refused(tmp_path / "x.db", tmp_path / "again")
        assert everything(tmp_path / "x.db") == before
    assert "blocks before number 3,050" in error.what
    assert _newest(tmp_path / "x.db")[0] in (chains.long[OURS - 301].point.slot, first[OURS - 300].point.slot)


def test_a_fork_as_deep_as_k_is_followed_after_blocks_that_came_together(chains: Chains, tmp_path: Path) -> None:
    """One commit of thousands leaves points enough to tell where the two chains part, to the block."""
    database = _filled(tmp_path, chains.long)
    other = chains.parting(OURS - K, K + 1, beyond=chains.end)
    with serving(tmp_path / "s", other):
        summary = node_job(database, tmp_path / "s", node_plan(processors=BLOCKS))
    assert summary.rollbacks == 1
    assert summary.blocks == len(other) - (OURS - K)
    assert _newest(database) == (other[-1].point.slot, other[-1].point.hash)


@pytest.mark.parametrize("accepted", [OURS - 1, OURS])
def test_who_means_it_may_say_so(accepted: int, chains: Chains, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long)
    before = everything(database)
    other = chains.parting(0, 500, beyond=chains.end)
    with serving(tmp_path / "s", other):
        if accepted < OURS:
            _refused(database, tmp_path / "s", accept_deep_rollback=accepted)
            assert everything(database) == before
            return
        node_job(database, tmp_path / "s", node_plan(processors=BLOCKS), accept_deep_rollback=accepted)
    assert _newest(database) == (other[-1].point.slot, other[-1].point.hash)
    fork = chains.forge.extend(other[:-3], 5)
    with serving(tmp_path / "again", fork):  # from here on it is k blocks again
        node_job(database, tmp_path / "again", node_plan(processors=BLOCKS))
    with serving(tmp_path / "third", chains.parting(1, 2_000, beyond=fork[-1].point.slot)):
        _refused(database, tmp_path / "third")


def test_where_numbers_are_not_known_slots_tell(chains: Chains, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long)
    db = sqlite3.connect(database)
    db.execute("UPDATE nectar_checkpoint SET block_no = -1, highest_block_no = -1")
    db.commit()
    db.close()
    before = everything(database)
    with serving(tmp_path / "s", chains.parting(0, 2, beyond=chains.end)):
        assert "slots back" in _refused(database, tmp_path / "s").what
    assert everything(database) == before
    with serving(tmp_path / "near", chains.parting(OURS - 9, 12, beyond=chains.end)):
        node_job(database, tmp_path / "near", node_plan(processors=BLOCKS))


def test_a_node_behind_the_database_is_waited_for(chains: Chains, tmp_path: Path) -> None:
    database, said = _filled(tmp_path, chains.long), Said()
    before = everything(database)
    with serving(tmp_path / "s", chains.long[:900]):
        node_job(database, tmp_path / "s", node_plan(processors=BLOCKS), report=said)
    assert any("behind the database" in text for text in said.of("note"))
    assert everything(database) == before
    script: list[Step] = [Fork(Path("0"), 0, 900), Wait(0.3), Drop(), Fork(Path("0"), 900, OURS), Fork(Path("1"), OURS, OURS + 5)]
    longer = chains.forge.extend(chains.long, 5)
    with serving(tmp_path / "later", [], script, [chains.long, longer]):
        plan = node_plan(f"end_slot = {longer[-1].point.slot}", processors=BLOCKS)
        assert node_job(database, tmp_path / "later", plan, once=False).rollbacks == 0
    assert _newest(database) == (longer[-1].point.slot, longer[-1].point.hash)


def test_a_database_of_genesis_alone_goes_on_with_any_chain(chains: Chains, tmp_path: Path) -> None:
    with serving(tmp_path / "empty", []):
        node_job(tmp_path / "x.db", tmp_path / "empty", node_plan(processors=BLOCKS))
    with serving(tmp_path / "s", chains.long):
        node_job(tmp_path / "x.db", tmp_path / "s", node_plan(processors=BLOCKS))
    assert _newest(tmp_path / "x.db") == (chains.end, chains.long[-1].point.hash)


def test_the_flag_is_about_a_nodes_forks_alone(chain: Path, tmp_path: Path) -> None:
    text = plan_text(chain / "preview/immutable", "start_slot = 0\nend_slot = 100", processors=BLOCKS)
    with pytest.raises(FatalError) as caught:
        job(tmp_path / "x.db", text, accept_deep_rollback=5)
    assert caught.value.code == "NEC-R013"
    assert not (tmp_path / "x.db").exists()
    assert Options.__dataclass_fields__["accept_deep_rollback"].default == 0


@pytest.mark.parametrize(
    ("tip", "first"), [(500, 500 - K), (500 + 5, 500 - K), (500 + K, 500 - K), (500 + 2 * K, 500), (500 + 2 * K + 1, None)]
)
def test_points_stay_where_the_tip_was_read_ahead_of_the_blocks(tip: int, first: int | None) -> None:
    """The tip that is known when a batch is committed may be of a later chain, higher than this one: its forks begin k below this one's end."""
    blocks = [Numbered(Point(20 * number, number.to_bytes(32, "big")), number) for number in range(501)]
    kept = unsettled(blocks, tip, K)
    assert [block.block_no for block in kept] == ([] if first is None else list(range(first, 501)))
