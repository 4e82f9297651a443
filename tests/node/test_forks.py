"""Random histories of forks: the database equals one that never saw the abandoned blocks."""

from __future__ import annotations

import os
import random
from itertools import islice
from pathlib import Path

import pytest
from cbor2 import loads

from nectar.cardano.point import Era, Point
from nectar.decode.envelope import quick_header
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Drop, Fork, Step, Wait
from nectar.runner.follow import gap
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.node.histories import History, K, busy_bodies
from tests.node.jobs import node_job, node_plan, rows
from tests.node.serving import serving
from tests.runner.jobs import EVERYTHING, same

SEEDS = 200 if not os.environ.get("NECTAR_LONG") else 2_000

PROCESSORS = (
    EVERYTHING,
    EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "live", address_table = true }'),
    "blocks = true",
    "transactions = true\nmulti_assets = true",
)
FILTERED = '[filters]\nwhere = "any(tx.outputs, value > 5000 ada)"'


@pytest.fixture(scope="module")
def bodies(chain: Path) -> list[bytes]:
    return busy_bodies(chain)


def test_histories_are_of_every_kind(bodies: list[bytes]) -> None:
    """What the seeds of the next test are worth."""
    histories = [History(seed, bodies) for seed in range(SEEDS)]
    steps = [[step for phase, _ in history.phases for step in phase] for history in histories]
    assert sum(history.deepest == K for history in histories) >= SEEDS // 8
    assert sum(0 < history.deepest < 4 for history in histories) >= SEEDS // 20
    assert sum(len(history.phases) > 1 for history in histories) >= SEEDS // 2
    assert sum(Drop() in history for history in steps) >= SEEDS // 5
    assert sum(any(isinstance(step, Back) for step in history) for history in steps) >= SEEDS // 2


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_history_of_forks_leaves_what_the_last_chain_has(
    seed: int, bodies: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(seed, bodies)
    workers = 2 if seed % 6 == 4 else 1  # with processes a fork finds batches that are being decoded
    if workers > 1:
        monkeypatch.setattr(gap, "FAR", 0)
    dice = random.Random(-seed)
    processors, more = dice.choice(PROCESSORS), dice.choice(("", "", FILTERED))
    if "transactions" not in processors:
        more = ""
    batches = f"\n[performance]\nbatch_blocks = {30 if history.deep else dice.choice((1, 4, 30))}" if seed % 2 == 0 else ""
    for number, (phase, last_slot) in enumerate(history.phases):
        socket = tmp_path / f"{number}.socket"
        plan = node_plan(f"end_slot = {last_slot}", processors=processors, more=more + batches)
        at_any_tip = last_slot < history.highest and dice.random() < 0.5
        with serving(socket, [], phase, history.forks):
            node_job(tmp_path / "forked.db", socket, plan, once=at_any_tip, workers=workers)
    with serving(tmp_path / "straight.socket", history.chain):
        plan = node_plan(f"end_slot = {history.phases[-1][1]}", processors=processors, more=more)
        node_job(tmp_path / "straight.db", tmp_path / "straight.socket", plan)
    same(rows(tmp_path / "forked.db"), rows(tmp_path / "straight.db"))


def resealed(blocks: list[Offered], seal: bytes) -> list[Offered]:
    """Byron blocks after the first with another signature, hence another hash; the second has the first one's slot."""
    chained = blocks[:1]
    for block, before in zip(blocks[1:], blocks, strict=False):
        signed = loads(block.raw)[1][0][3][3][1][-1]
        raw = block.raw.replace(before.point.hash, chained[-1].point.hash).replace(signed, seal * len(signed))
        if len(chained) == 1:
            raw = raw.replace(b"\x84\x82\x00\x02\x58\x40", b"\x84\x82\x00\x00\x58\x40")
        header = quick_header(raw)
        chained.append(Offered(raw, Point(header.slot, header.hash), block.block_no))
    return chained


@pytest.mark.parametrize("batch", [1, 1_000])
def test_a_fork_right_after_a_boundary_block(batch: int, chain: Path, tmp_path: Path) -> None:
    """It has its slot in common with the block after it, which is another one now."""
    preprod = network("preprod")
    source = ImmutableSource(chain / "preprod/immutable", facts_of(preprod))
    real = [Offered(block.raw, block.point, block.block_no) for block in islice(source.checked_blocks(None, 0, 21_000), 11)]
    one, other = resealed(real, b"\x01"), resealed(real, b"\x02")
    assert one[0].raw[1] == Era.BYRON_EBB
    assert one[0].point.slot == one[1].point.slot
    text = node_plan(f"end_slot = {other[-1].point.slot}", network="preprod", more=f"[performance]\nbatch_blocks = {batch}")
    script: list[Step] = [Fork(Path("0"), 0, 8), Wait(0.7), Back(1), Fork(Path("1"), 1, 11)]
    with serving(tmp_path / "s", [], script, [one, other], network=preprod):
        node_job(tmp_path / "x.db", tmp_path / "s", text, once=False)
    with serving(tmp_path / "straight", other, network=preprod):
        node_job(tmp_path / "straight.db", tmp_path / "straight", text)
    same(rows(tmp_path / "x.db"), rows(tmp_path / "straight.db"))
    assert len(rows(tmp_path / "x.db")["block"]) == 12
