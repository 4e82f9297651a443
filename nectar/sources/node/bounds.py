"""The range of a job on a node's chain, from a start and an end in any form that a plan has.

A node finds a block only by slot and hash together. Where a plan gives less, the search begins at the nearest earlier point
that is known: one of the database's points, the last block of an era, or the newest immutable block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nectar.cardano.landmarks import LANDMARKS, Landmark
from nectar.cardano.point import ORIGIN, Point
from nectar.cardano.position import LAST_SLOT
from nectar.config.plan.bounds import AtBlock, AtCheckpoint, AtEra, AtOrigin, AtPoint, Bound, FollowTip, TipMinus
from nectar.coverage import Coverage
from nectar.errors import NectarError
from nectar.sources.calendar import Calendar, equals, first_slot, last_slot
from nectar.sources.events import RollForward
from nectar.sources.node import faults
from nectar.sources.node.source import NodeSource

NO_END = LAST_SLOT
"""The last slot that ids have room for: later than every block."""


@dataclass(frozen=True, slots=True)
class NodeRange:
    """`first_slot` is -1 from the origin on. `after`: an earlier block that the node has. `first` and `last`: blocks that must
    stand at the range's ends. `last_hash`, `last_block_no`: the block that ends the job, wherever it stands. `last_slot` is
    NO_END unless the plan gives a slot. `how`: two lines to show to a person."""

    first_slot: int
    last_slot: int
    after: Point | None
    first: Point | None
    last: Point | None
    last_hash: bytes | None
    last_block_no: int | None
    follows: bool
    how: str


class Known(NamedTuple):
    """What the database has: its points, newest first, and the slots that it covers."""

    points: Sequence[Point] = ()
    filled: Sequence[Coverage] = ()


class _Start(NamedTuple):
    slot: int
    text: str
    point: Point | None = None
    after: Point | None = None


class _End(NamedTuple):
    text: str
    slot: int = NO_END
    point: Point | None = None
    hash: bytes | None = None
    block_no: int | None = None
    follows: bool = False


def resolve_range(source: NodeSource, start: Bound, end: Bound, calendar: Calendar, known: Known) -> NodeRange:
    """The range from `start` to `end` on the node's chain.

    Errors: SourceError NEC-W010; those of the source; GenesisError for an era or time the network never had.
    """
    source.meet([ORIGIN])
    last = _end(source, end, calendar, known)
    first = _start(source, start, calendar, known)
    how = f"start: {first.text}\nend: {last.text}"
    if first.slot > last.slot:
        raise faults.cannot_resolve(f"the start comes after the end ({how.replace(chr(10), '; ')})", "swap them")
    return NodeRange(first.slot, last.slot, first.after, first.point, last.point, last.hash, last.block_no, last.follows, how)


def landmarks_of(source: NodeSource) -> tuple[Landmark, ...]:
    """The landmarks of the source's network, oldest first."""
    return LANDMARKS.get(source.facts.magic, ())


def _start(source: NodeSource, bound: Bound, calendar: Calendar, known: Known) -> _Start:
    if isinstance(bound, AtOrigin):
        return _Start(-1, "origin")
    if isinstance(bound, AtCheckpoint):
        named = Point(bound.slot, bound.hash) if bound.slot >= 0 else _by_hash(source, bound.hash, known, "checkpoint")
        point = _on_chain(source, named)
        return _Start(point.slot + 1, f"after checkpoint {point}", after=point)
    if isinstance(bound, AtPoint | AtBlock):
        named = Point(bound.slot, bound.hash) if isinstance(bound, AtPoint) else _by_hash(source, bound.hash, known, "block")
        point = _on_chain(source, named)
        return _Start(point.slot, f"block {point}", point)
    if isinstance(bound, TipMinus):
        return _tip_minus(source, bound.blocks, known)
    if isinstance(bound, FollowTip):
        raise faults.cannot_resolve("a job cannot start beyond the tip", "`tip-0` starts with the last block")
    slot, asked = first_slot(bound, calendar)
    return _Start(slot, equals(asked, slot))


def _end(source: NodeSource, bound: Bound, calendar: Calendar, known: Known) -> _End:
    tip = source.tip
    assert tip is not None
    if isinstance(bound, FollowTip):
        return _End(f"none: follow the tip, now {tip.point} (block {tip.block_no})", follows=True)
    if isinstance(bound, AtEra) and calendar.last_slot_of_era(bound.era) is None:
        return _End(f"{bound.era}, which has not ended: follow the tip, now {tip.point}", follows=True)
    if isinstance(bound, AtPoint):
        point = _on_chain(source, Point(bound.slot, bound.hash))
        return _End(f"block {point}", point.slot, point)
    if isinstance(bound, AtBlock):
        named = _find(source, bound.hash, known)
        if named is not None:
            point = _on_chain(source, named)
            return _End(f"block {point}", point.slot, point)
        return _End(f"the block of hash {bound.hash.hex()}, wherever it is", hash=bound.hash)
    if isinstance(bound, TipMinus):
        _need_number(source)
        return _End(f"tip-{bound.blocks}, block {tip.block_no - bound.blocks}", block_no=max(tip.block_no - bound.blocks, 0))
    if isinstance(bound, AtOrigin | AtCheckpoint):
        raise faults.cannot_resolve("a job cannot end at the origin or after a checkpoint", "name a block or slot")
    slot, asked = last_slot(bound, calendar)
    ahead = f", {slot - tip.point.slot:,} slots after the tip" if slot > tip.point.slot else ""
    return _End(equals(asked, slot) + ahead, slot)


def _on_chain(source: NodeSource, point: Point) -> Point:
    if source.meet([point]) is None:
        tip = source.tip.point if source.tip else ORIGIN
        what = f"block {point} is not on the node's chain, whose tip is {tip}"
        raise faults.cannot_resolve(what, "check slot and hash, the plan's network, and that the node has come that far")
    return point


def _by_hash(source: NodeSource, digest: bytes, known: Known, kind: str) -> Point:
    point = _find(source, digest, known)
    if point is None:
        raise faults.cannot_resolve(
            f"a node finds no block by its hash alone, and neither the database nor the list of eras' ends has {digest.hex()}",
            'say its slot too: { slot = .., hash = ".." }' if kind == "block" else 'say its slot too: checkpoint = "SLOT.HASH"',
        )
    return point


def _find(source: NodeSource, digest: bytes, known: Known) -> Point | None:
    points = (*known.points, *(landmark.point for landmark in landmarks_of(source)))
    return next((point for point in points if point.hash == digest), None)


def _need_number(source: NodeSource) -> int:
    tip = source.tip
    if tip is None or tip.block_no <= 0:
        raise faults.cannot_resolve("the node does not say its tip's block number", "start and end at slots instead")
    return tip.block_no


def _tip_minus(source: NodeSource, blocks: int, known: Known) -> _Start:
    """The start that the job's first run took, so that a job that is run again leaves no hole; else counted from the tip."""
    if known.filled:
        slot = known.filled[-1].first
        return _Start(slot, f"tip-{blocks} when the database was begun, slot {slot}")
    block_no = max(_need_number(source) - blocks, 0)
    block = _numbered(source, block_no)
    return _Start(block.point.slot, f"tip-{blocks}, first block {block.point} (block {block.block_no})", block.point)


def _numbered(source: NodeSource, block_no: int) -> RollForward:
    """The first block with at least this number."""
    below = [landmark.point for landmark in landmarks_of(source) if landmark.block_no < block_no]
    newest = _immutable(source)
    if newest is not None and newest[1] < block_no:
        below.append(newest[0])
    after = source.meet([*reversed(below), ORIGIN])
    assert after is not None
    try:
        for events in source.events(after):
            for event in events:
                if isinstance(event, RollForward) and event.block_no >= block_no:
                    return event
    finally:
        source.close()
    raise AssertionError


def _immutable(source: NodeSource) -> tuple[Point, int] | None:
    """The newest immutable block; None where the node, or a proxy of it, cannot tell. The connection may be lost then."""
    try:
        return source.immutable_tip()
    except NectarError:
        source.close()
        return None
