"""Slots of a node's chain that are loaded again: no row is deleted for a block of another chain."""

from __future__ import annotations

from typing import NamedTuple

from nectar.cardano.point import Point
from nectar.coverage import Coverage
from nectar.runner.decoding.batch import BatchLimits, OpenBatch
from nectar.sinks.base import Sink

HELD = BatchLimits(16_000, 8_000_000)
"""An open batch may grow to this size while it waits for a block that the database has, where the database has few of them."""


class ReplacedRange(NamedTuple):
    """Blocks whose rows are replaced. `newest`: the last of them; `ours`: the points that the database keeps.

    All of them were on the node's chain when the gap began. The node may leave that chain later, ahead of what it has sent.
    `share`: of a batch's usual size.
    """

    sink: Sink
    newest: Point
    ours: frozenset[Point]
    share: float = 1.0

    def may_follow(self, batch: OpenBatch, limits: BatchLimits) -> bool:
        """Whether the database has the batch's last block, and so all of its blocks: each follows from the one before it."""
        last = batch.blocks[-1].point
        most = (max(limit, int(held * self.share)) for limit, held in zip(limits, HELD, strict=True))
        if last in self.ours or batch.is_full(BatchLimits(*most)):
            return True
        row = self.sink.block_within(Coverage(last.slot, last.slot), last=True)
        return row is not None and row.point == last
