"""Where a node's chain and the database's meet before a gap is filled, and whether the database's newest block is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.cardano.position import LAST_SLOT
from nectar.coverage import Coverage
from nectar.runner.follow.rollback import STABLE, nearest, newest_common, numbered, refuse_too_deep, undo
from nectar.sources.events import RollForward
from nectar.sources.node import faults
from nectar.sources.node.bounds import landmarks_of

if TYPE_CHECKING:
    from nectar.runner.follow.session import Follow


@dataclass(slots=True)
class Doubt:
    """The database's newest block is not on the node's chain so far: it was on a fork, or the node is not there yet. `back_to`:
    the newest block so far that both have; `is_ours`: the database knows it."""

    newest: Point
    ours: frozenset[Point]
    back_to: Numbered
    is_ours: bool

    def is_over(self, follow: Follow, event: RollForward) -> bool:
        """Whether the database's newest block, or what takes its place, has come: then that is undone which was on a fork. A node
        behind it may come by more of the database's blocks before that.

        Errors: FatalError NEC-W009, SourceError NEC-W012, before anything is undone.
        """
        if event.point in self.ours:
            self.back_to, self.is_ours = Numbered(event.point, event.block_no), True
        if event.point != self.newest and event.point.slot >= self.newest.slot:
            if not self.is_ours:
                raise faults.before_start(self.back_to.point, follow.found.first_slot)
            refuse_too_deep(follow, self.back_to)
            undo(follow, self.back_to)
            return True
        return event.point == self.newest


class Intersection(NamedTuple):
    """`at`: the newest block that both have before the gap; with a `doubt`, of all. `ours`: the database's, newest first: those
    before the gap, or before the gap's end where slots are loaded again."""

    at: Numbered
    doubt: Doubt | None = None
    ours: Sequence[Point] = ()


def meet(follow: Follow, gap: Coverage) -> Intersection:
    """Where slots are loaded again, what is there already must be the node's too, before any of it is taken away.

    Errors: SourceError NEC-W008, NEC-W012.
    """
    _refuse_other_chain(follow, gap)
    there = _meet_before(follow, gap.last + 1) if follow.loads_again else None
    if there is not None and there.doubt is not None:
        return there
    if gap.first < 0:
        follow.source.meet([ORIGIN])
        met = Intersection(Numbered(ORIGIN))
    else:
        met = _meet_before(follow, gap.first)
        found = met.at.point
        if met.doubt is None:
            skipped = f"; blocks before slot {gap.first:,} are passed over" if found.slot < gap.first - 1 else ""
            follow.report.say("start", f"going on after {found}{skipped}", slot=found.slot, hash=found.hash.hex())
    return met if there is None else met._replace(ours=there.ours)


def _meet_before(follow: Follow, slot: int) -> Intersection:
    """The newest block before `slot` that both have: the database's first, then those that everybody knows."""
    blocks = [block for block in follow.sink.known_blocks() if 0 <= block.point.slot < slot]
    last = follow.sink.block_within(Coverage(0, slot - 1), last=True)
    blocks += [last] if last is not None else []
    ours = sorted({block.point for block in blocks}, key=lambda point: point.slot, reverse=True)
    marks = [Numbered(mark.point, mark.block_no) for mark in landmarks_of(follow.source)]
    named = follow.found.after
    marks = [mark for mark in (*marks, *([] if named is None else [Numbered(named)])) if mark.point.slot < slot]
    newest = ours[0] if ours else ORIGIN
    older, newer = ([mark.point for mark in marks if (mark.point.slot > newest.slot) == is_newer] for is_newer in (False, True))
    met = numbered(newest_common(follow.source, ours, older), [*blocks, *marks])
    if ours and met.point != newest:
        return Intersection(met, _doubted(follow, ours, met), ours)
    if newer:
        met = numbered(newest_common(follow.source, ours[:1], newer), [*blocks, *marks])
    return Intersection(met, None, ours)


def _doubted(follow: Follow, ours: Sequence[Point], met: Numbered) -> Doubt:
    """Errors: SourceError NEC-W012, where the node has come by the newest of `ours` without it; NEC-W008."""
    filled, tip = follow.sink.coverage(), follow.source.tip
    is_ours = met.point in ours or (met.point == ORIGIN and bool(filled) and filled[0].first < 0)
    window = STABLE * follow.job.compiled.network.security_parameter
    if not is_ours and ours[0].slot - ours[-1].slot > window:
        raise faults.no_intersection(len(ours), tip.point if tip else ORIGIN)
    if is_ours and tip is not None and tip.point.slot >= ours[0].slot:
        refuse_too_deep(follow, met)
    return Doubt(ours[0], frozenset(ours), met, is_ours)


def _refuse_other_chain(follow: Follow, gap: Coverage) -> None:
    """Blocks after the gap that no fork can undo must be the node's: it might have left their chain within the gap.

    Errors: SourceError NEC-W012.
    """
    source, sink = follow.source, follow.sink
    first = nearest(sink, sink.known_blocks(), Coverage(gap.last + 1, LAST_SLOT), last=False)
    if first is None or source.meet([first.point]) is not None:
        return
    if source.tip is not None and source.tip.point.slot >= first.point.slot:
        before = Numbered(ORIGIN) if first.block_no == 0 else Numbered(Point(gap.last, b""), max(first.block_no - 1, -1))
        refuse_too_deep(follow, before)
