"""The chain that is offered: blocks in memory. It may grow and switch to other forks while clients read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Point
from nectar.sources.node.chain_sync import Tip


class Offered(NamedTuple):
    raw: bytes
    point: Point
    block_no: int


@dataclass(slots=True)
class Chain:
    """`blocks` in order; `places` maps a point to its block's index."""

    blocks: list[Offered] = field(default_factory=list)
    places: dict[Point, int] = field(default_factory=dict)

    def extend(self, blocks: Iterable[Offered]) -> None:
        for block in blocks:
            self.places[block.point] = len(self.blocks)
            self.blocks.append(block)

    def cut(self, length: int) -> None:
        for block in self.blocks[length:]:
            del self.places[block.point]
        del self.blocks[length:]

    @property
    def tip(self) -> Tip:
        return self.tip_at(len(self.blocks))

    def tip_at(self, length: int) -> Tip:
        """The tip of the first `length` blocks."""
        if not length:
            return Tip(ORIGIN, 0)
        last = self.blocks[length - 1]
        return Tip(last.point, last.block_no)

    def after(self, point: Point) -> int | None:
        """The number of blocks up to `point`; None when it is not on the chain."""
        if point == ORIGIN:
            return 0
        place = self.places.get(point)
        return None if place is None else place + 1
