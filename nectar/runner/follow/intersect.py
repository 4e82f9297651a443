"""Where a node's chain and the database's meet before a gap is filled, and whether the database's newest block is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.cardano.position import LAST_SLOT
from nectar.coverage import Coverage
from nectar.runner.follow.rollback import (
    STABLE,
    NodeChain,
    RollbackLimit,
    nearest,
    newest_common,
    numbered,
    refuse_too_deep,
)
from nectar.sinks.base import Sink
from nectar.sources.events import RollForward
from nectar.sources.node import faults


@dataclass(frozen=True, slots=True)
class UnconfirmedTip:
    """The database's newest block is not on the node's chain so far: it was on a fork, or the node is behind the database.

    `newest`: that block; `ours`: the points that the database knows; `common`: the newest block so far that both have;
    `common_is_ours`: the database knows it.
    """

    newest: Point
    ours: frozenset[Point]
    common: Numbered
    common_is_ours: bool

    def after(self, event: RollForward) -> UnconfirmedTip:
        """The same question after one more of the node's blocks, which the database may have too."""
        if event.point not in self.ours:
            return self
        return UnconfirmedTip(self.newest, self.ours, Numbered(event.point, event.block_no), True)

    def was_on_a_fork(self, point: Point) -> bool:
        """Whether the node's block at `point` takes the place of the database's newest block."""
        return point != self.newest and point.slot >= self.newest.slot


class Intersection(NamedTuple):
    """`at`: the newest block that both have before the gap; with an `unconfirmed` tip, the newest of all. `ours`: the database's
    points, newest first: those before the gap, or before the gap's end where slots are loaded again."""

    at: Numbered
    unconfirmed: UnconfirmedTip | None = None
    ours: Sequence[Point] = ()


def intersect(
    chain: NodeChain, sink: Sink, gap: Coverage, limit: RollbackLimit, landmarks: Sequence[Numbered], *, loads_again: bool
) -> Intersection:
    """Finds where the two chains meet before `gap`. `landmarks`: blocks of the network that everybody knows.

    Where slots are loaded again, the rows that they replace must be of the node's chain too, before any is deleted.
    Errors: SourceError NEC-W008, NEC-W012.
    """
    _refuse_other_chain(chain, sink, gap, limit)
    replaced = _before(chain, sink, gap.last + 1, limit, landmarks) if loads_again else None
    if replaced is not None and replaced.unconfirmed is not None:
        return replaced
    if gap.first < 0:
        chain.meet([ORIGIN])
        intersection = Intersection(Numbered(ORIGIN))
    else:
        intersection = _before(chain, sink, gap.first, limit, landmarks)
    return intersection if replaced is None else intersection._replace(ours=replaced.ours)


def _before(chain: NodeChain, sink: Sink, slot: int, limit: RollbackLimit, landmarks: Sequence[Numbered]) -> Intersection:
    """The newest block before `slot` that both have: the database's blocks are offered first, then the landmarks."""
    blocks = [block for block in sink.known_blocks() if 0 <= block.point.slot < slot]
    last = sink.block_within(Coverage(0, slot - 1), last=True)
    blocks += [last] if last is not None else []
    ours = sorted({block.point for block in blocks}, key=lambda point: point.slot, reverse=True)
    marks = [mark for mark in landmarks if mark.point.slot < slot]
    newest = ours[0] if ours else ORIGIN
    older, newer = ([mark.point for mark in marks if (mark.point.slot > newest.slot) == is_newer] for is_newer in (False, True))
    common = numbered(newest_common(chain, ours, older), [*blocks, *marks])
    if ours and common.point != newest:
        return Intersection(common, _unconfirmed(chain, sink, ours, common, limit), ours)
    if newer:
        common = numbered(newest_common(chain, ours[:1], newer), [*blocks, *marks])
    return Intersection(common, None, ours)


def _unconfirmed(chain: NodeChain, sink: Sink, ours: Sequence[Point], common: Numbered, limit: RollbackLimit) -> UnconfirmedTip:
    """Errors: SourceError NEC-W012, where the node's chain has passed the newest of `ours` without it; NEC-W008."""
    filled, tip = sink.coverage(), chain.tip
    is_ours = common.point in ours or (common.point == ORIGIN and bool(filled) and filled[0].first < 0)
    window = STABLE * limit.network.security_parameter
    if not is_ours and ours[0].slot - ours[-1].slot > window:
        raise faults.no_intersection(len(ours), tip.point if tip else ORIGIN)
    if is_ours and tip is not None and tip.point.slot >= ours[0].slot:
        refuse_too_deep(common, sink, tip, limit)
    return UnconfirmedTip(ours[0], frozenset(ours), common, is_ours)


def _refuse_other_chain(chain: NodeChain, sink: Sink, gap: Coverage, limit: RollbackLimit) -> None:
    """The database's first block after the gap must be the node's, unless a fork may have left its chain within the gap.

    Errors: SourceError NEC-W012.
    """
    first = nearest(sink, sink.known_blocks(), Coverage(gap.last + 1, LAST_SLOT), last=False)
    if first is None or chain.meet([first.point]) is not None:
        return
    tip = chain.tip
    if tip is not None and tip.point.slot >= first.point.slot:
        before = Numbered(ORIGIN) if first.block_no == 0 else Numbered(Point(gap.last, b""), max(first.block_no - 1, -1))
        refuse_too_deep(before, sink, tip, limit)
