"""Blocks of a database that are loaded again: none of their rows is taken away for a block of another chain."""

from __future__ import annotations

from typing import NamedTuple

from nectar.cardano.point import Point
from nectar.coverage import Coverage
from nectar.runner.decoding.batch import Limits, OpenBatch
from nectar.sinks.base import Sink

HELD = Limits(16_000, 8_000_000)
"""So much waits for a block that the database knows, where it knows few of them."""


class Replaced(NamedTuple):
    """`newest`: the last of them; `ours`: the points that the database keeps. When they were begun all were on the node's chain,
    which may leave them since, ahead of what it has sent. `share`: of a batch's usual size."""

    sink: Sink
    newest: Point
    ours: frozenset[Point]
    share: float = 1.0

    def may_follow(self, batch: OpenBatch, limits: Limits) -> bool:
        """Whether the database has the batch's last block, and so all of them: each follows from the one before it."""
        last = batch.blocks[-1].point
        most = (max(one, int(held * self.share)) for one, held in zip(limits, HELD, strict=True))
        if last in self.ours or batch.is_full(Limits(*most)):
            return True
        row = self.sink.block_within(Coverage(last.slot, last.slot), last=True)
        return row is not None and row.point == last
