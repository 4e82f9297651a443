"""Chains of points alone, and what a database knows of one: enough to find where two of them part."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.coverage import Coverage
from nectar.sinks.base import Commit, Staged
from nectar.sinks.null import NullSink
from nectar.sources.node.chain_sync import Tip

Blocks = list[Numbered]


def blocks(count: int, *, fork: int = 0, parent: Blocks | None = None, step: int = 20) -> Blocks:
    """`count` blocks after those of `parent`, one each `step` slots. Blocks of another `fork` have other hashes."""
    before = parent or []
    numbers = range(len(before), len(before) + count)
    return [*before, *(Numbered(Point(number * step, bytes([fork]) + number.to_bytes(31, "big")), number) for number in numbers)]


class PointChain:
    """A node as far as an intersection asks it: it has these blocks, and counts what it is asked."""

    def __init__(self, chain: Blocks) -> None:
        self._points = {block.point for block in chain} | {ORIGIN}
        self._tip = Tip(*chain[-1]) if chain else Tip(ORIGIN, 0)
        self.asked: list[list[Point]] = []

    @property
    def tip(self) -> Tip | None:
        """A node tells its tip with its first answer."""
        return self._tip if self.asked else None

    def meet(self, points: Sequence[Point]) -> Point | None:
        self.asked.append(list(points))
        return next((point for point in points if point in self._points), None)


def filled(chain: Blocks, *, first_slot: int = -1, last_slot: int | None = None) -> NullSink:
    """A sink that has committed these blocks together."""
    sink = NullSink()
    last = chain[-1]
    covered = Coverage(first_slot, last.point.slot if last_slot is None else last_slot)
    sink.commit(Commit(Staged(b""), last.point, last.block_no, covered, earlier=tuple(chain[:-1]), highest=last.block_no))
    return sink
