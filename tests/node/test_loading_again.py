"""Slots that are loaded again (`skip_existing = false`) are loaded from the chain that the database is of, and from no other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from nectar.errors import SourceError
from nectar.nodeserver.chain import Chain, Offered
from nectar.sources.node import chain_sync, mux
from nectar.sources.node.chain_sync import FindIntersect, RequestNext
from tests.node.forging import real_blocks
from tests.node.histories import K
from tests.node.jobs import node_job, node_plan, rows
from tests.node.parting import OURS, Chains
from tests.node.peers import Act, Peer, Said, peers, tip_of
from tests.node.serving import serving
from tests.runner.jobs import everything, job, plan_text, same

BLOCKS = "blocks = true"
AGAIN = "skip_existing = false\n"


def _filled(place: Path, blocks: Sequence[Offered], sync: str = "", processors: str = BLOCKS) -> Path:
    place.mkdir(exist_ok=True)
    text = node_plan(f"{sync}end_slot = {blocks[-1].point.slot}", processors=processors, more="[performance]\nbatch_blocks = 250")
    with serving(place / "filling", blocks):
        node_job(place / "x.db", place / "filling", text)
    return place / "x.db"


def _hashes(database: Path) -> list[bytes]:
    db = sqlite3.connect(database)
    digests = [digest for (digest,) in db.execute("SELECT hash FROM block WHERE slot_no IS NOT NULL ORDER BY id")]
    db.close()
    return digests


SPANS = {"from the origin": (None, None), "a part": (400, 2_900), "its end": (2_000, None), "before any of it": (0, None)}


def _span(chains: Chains, span: tuple[int | None, int | None]) -> str:
    first, last = span
    bounds = "" if first is None else f"start_slot = {chains.long[first].point.slot}\n"
    return f"{AGAIN}{bounds}" + ("" if last is None else f"end_slot = {chains.long[last].point.slot}")


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("held", [0, 1_500, OURS - K - 1], ids=["only genesis in common", "half in common", "k + 1 blocks back"])
def test_another_chain_takes_no_rows_away(held: int, span: tuple[int | None, int | None], chains: Chains, tmp_path: Path) -> None:
    assert span[1] is None or held < span[1]
    database = _filled(tmp_path, chains.long)
    before = everything(database)
    with serving(tmp_path / "s", chains.parting(held, 2, beyond=chains.end)), pytest.raises(SourceError) as caught:
        node_job(database, tmp_path / "s", node_plan(_span(chains, span), processors=BLOCKS))
    assert caught.value.code == "NEC-W012"
    assert everything(database) == before


def test_another_chain_is_loaded_by_who_means_it(chains: Chains, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long)
    other = chains.parting(0, 60, beyond=chains.end)
    with serving(tmp_path / "s", other):
        node_job(database, tmp_path / "s", node_plan(AGAIN, processors=BLOCKS), accept_deep_rollback=OURS)
    assert _hashes(database) == [block.point.hash for block in other]


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("back", [0, 1, K], ids=["the same chain", "a fork of one block", "a fork of k blocks"])
def test_the_same_chain_or_a_fork_of_it_is_loaded(
    back: int, span: tuple[int | None, int | None], chains: Chains, tmp_path: Path
) -> None:
    database = _filled(tmp_path, chains.long)
    theirs = chains.parting(OURS - back, 1, beyond=chains.end)
    with serving(tmp_path / "s", theirs):
        node_job(database, tmp_path / "s", node_plan(_span(chains, span), processors=BLOCKS))
        node_job(database, tmp_path / "s", node_plan(processors=BLOCKS))
    straight = _filled(tmp_path / "straight", theirs)
    same(rows(database), rows(straight))


@pytest.mark.parametrize("held", [900, 0], ids=["on the same chain", "on another"])
def test_a_node_behind_takes_no_rows_away(held: int, chains: Chains, tmp_path: Path) -> None:
    """It may still come to what the database has, or leave it."""
    database, said = _filled(tmp_path, chains.long), Said()
    before = everything(database)
    theirs = chains.long[:held] or chains.parting(0, 50)
    with serving(tmp_path / "s", theirs):
        node_job(database, tmp_path / "s", node_plan(AGAIN, processors=BLOCKS), report=said)
    assert any("behind the database" in text for text in said.of("note"))
    assert everything(database) == before


def test_a_node_behind_loads_a_part_that_it_has(chains: Chains, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long)
    before = rows(database)
    with serving(tmp_path / "s", chains.long[:900]):
        summary = node_job(
            database, tmp_path / "s", node_plan(f"{AGAIN}end_slot = {chains.long[700].point.slot}", processors=BLOCKS)
        )
    assert summary.blocks == 701
    same(rows(database), before)


def _leaves(ours: Sequence[Offered], cut: int, held: int, theirs: Sequence[Offered]) -> Act:
    """Serves `ours`, and once it has sent so many of them goes back to the block before `held`; from then on it serves `theirs`."""
    chain, other, gone = Chain(), Chain(), threading.Event()
    chain.extend(ours)
    other.extend(theirs)

    def act(peer: Peer) -> None:
        peer.shake()
        at, placed, waits = 0, False, False
        while True:
            protocol, message = peer.next()
            now, blocks = (other, theirs) if gone.is_set() else (chain, ours)
            if protocol == mux.STATE_QUERY:
                return  # it hangs up on who asks for its eras
            match chain_sync.read_request(message):
                case FindIntersect(points):
                    common = next(point for point in points if now.after(point) is not None)
                    at, placed = now.after(common) or 0, False
                    peer.sync(chain_sync.intersect_found(common, tip_of(blocks)))
                case RequestNext() if not placed:
                    placed = True
                    peer.sync(chain_sync.backward(now.tip_at(at).point, tip_of(blocks)))
                case RequestNext() if at == cut and not gone.is_set():
                    gone.set()
                    at = held
                    peer.sync(chain_sync.backward(ours[held - 1].point, tip_of(theirs)))
                case RequestNext() if at < len(blocks):
                    peer.sync(chain_sync.forward(blocks[at].raw, tip_of(blocks)))
                    at += 1
                case RequestNext() if not waits:
                    waits = True
                    peer.sync(chain_sync.AWAIT_REPLY)

    return act


@pytest.mark.parametrize("batch", [40, 1_000])
@pytest.mark.parametrize("back", [0, 5, 400], ids=lambda back: f"{back} blocks back")
@pytest.mark.parametrize("held", [OURS - K - 1, OURS - K, OURS - 60, OURS - 3], ids=["too deep", "k", "60", "3"])
def test_a_node_that_changes_over_meanwhile(held: int, back: int, batch: int, chains: Chains, tmp_path: Path) -> None:
    """To a fork of what is there, while slots are loaded again, by so many blocks of those that it has sent already."""
    database = _filled(tmp_path, chains.long)
    theirs = chains.parting(held, 2, beyond=chains.end)
    text = node_plan(AGAIN, processors=BLOCKS, more=f"[performance]\nbatch_blocks = {batch}")
    with peers(tmp_path / "s", _leaves(chains.long, min(held + back, OURS - 1), held, theirs)):
        if held < OURS - K:
            with pytest.raises(SourceError) as caught:
                node_job(database, tmp_path / "s", text)
            assert caught.value.code == "NEC-W012"
            assert _hashes(database) == [block.point.hash for block in chains.long]
            return
        node_job(database, tmp_path / "s", text)
    same(rows(database), rows(_filled(tmp_path / "straight", theirs)))


def test_chunk_files_of_another_chain_take_no_rows_away(chains: Chains, chain: Path, tmp_path: Path) -> None:
    database = _filled(tmp_path, chains.long[:300])
    before = everything(database)
    text = plan_text(
        chain / "preview/immutable", f"{AGAIN}start_slot = 0\nend_slot = {chains.long[299].point.slot}", processors=BLOCKS
    )
    with pytest.raises(SourceError) as caught:
        job(database, text)
    assert caught.value.code == "NEC-S011"
    assert everything(database) == before


def test_chunk_files_of_the_same_chain_are_loaded(chain: Path, tmp_path: Path) -> None:
    real = real_blocks(chain / "preview/immutable", 0, 40_000)
    database = _filled(tmp_path, real)
    before = rows(database)
    job(database, plan_text(chain / "preview/immutable", f"{AGAIN}start_slot = 0\nend_slot = 30000", processors=BLOCKS))
    same(rows(database), before)


def test_a_gap_before_everything_is_filled_from_the_same_chain(chains: Chains, tmp_path: Path) -> None:
    """Blocks after the gap are the node's, or no fork can undo them: also where the gap begins with the chain."""
    first = chains.long[500].point.slot
    database = _filled(tmp_path, chains.long, f"start_slot = {first}\n")
    before = everything(database)
    with serving(tmp_path / "s", chains.parting(0, 2, beyond=chains.end)), pytest.raises(SourceError) as caught:
        node_job(database, tmp_path / "s", node_plan(f"end_slot = {chains.end}", processors=BLOCKS))
    assert caught.value.code == "NEC-W012"
    assert everything(database) == before
