"""The slot that a Byron boundary block shares with the block after it: no batch may end between the two."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from types import SimpleNamespace

from nectar.config.profile.model import SqliteFile
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.runner.decoding.batch import BatchLimits, OpenBatch
from nectar.runner.follow.gap import GapFollower
from nectar.runner.follow.replaced_range import ReplacedRange
from nectar.runner.sink_layout import layout
from nectar.sinks.registry import opener
from nectar.sources.events import RollForward
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.node.jobs import node_job, node_plan
from tests.node.serving import serving
from tests.node.test_forks import resealed
from tests.runner.jobs import compiled

PREPROD = network("preprod")


def _blocks(chain: Path) -> list[Offered]:
    """A boundary block, one of the same slot, and some more."""
    source = ImmutableSource(chain / "preprod/immutable", facts_of(PREPROD))
    real = [Offered(found.raw, found.point, found.block_no) for found in islice(source.checked_blocks(None, 0, 21_000), 11)]
    return resealed(real, b"\x01")


def test_a_batch_that_ends_on_a_boundary_block_waits_for_the_next(chain: Path) -> None:
    """At the tip, and however full it is."""
    blocks = _blocks(chain)
    assert blocks[0].point.slot == blocks[1].point.slot
    gap = object.__new__(GapFollower)
    gap.queue = SimpleNamespace(has_events=False)  # type: ignore[assignment]
    gap.at_tip, gap.opened, gap.limits, gap.replaced = True, 0.0, BatchLimits(1, 1), None
    gap.open = OpenBatch(-1)
    assert not gap._due()
    for block, is_due in zip(blocks[:2], (False, True), strict=True):
        gap.open.add(RollForward(block.raw, block.point, block.block_no))
        assert gap._due() is is_due


def test_a_block_in_a_shared_slot_is_known_when_it_is_loaded_again(chain: Path, tmp_path: Path) -> None:
    """Of the two rows in that slot it is the later one."""
    blocks, target = _blocks(chain), SqliteFile(tmp_path / "x.db")
    text = node_plan(f"end_slot = {blocks[-1].point.slot}", network="preprod")
    with serving(tmp_path / "s", blocks, network=PREPROD):
        node_job(target.path, tmp_path / "s", text)
    sink = opener(target, layout(compiled(text)))()
    try:
        batch = OpenBatch(-1)
        for block in blocks[:2]:
            batch.add(RollForward(block.raw, block.point, block.block_no))
        assert ReplacedRange(sink, blocks[-1].point, frozenset()).may_follow(batch, BatchLimits(100, 1_000_000))
    finally:
        sink.close()
