"""Where two chains part, and how far back a fork may go: k blocks, or as many as a person accepts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.sources.node import faults
from nectar.sources.node.ladder import ladder
from nectar.sources.node.source import NodeSource

if TYPE_CHECKING:
    from nectar.runner.follow import Follow

STABLE = 60          # times k: slots after which no block is undone any more (3 k / f, f = 1/20)
ROUNDS = 8           # of questions to the node, each of which leaves a twentieth of the points


def newest_common(source: NodeSource, ours: Sequence[Point], others: Iterable[Point]) -> Point:
    """The newest of `ours` and `others` that is on the node's chain; the origin when none is. Of `ours`, however many there are,
    it is exact: so no block is undone that both chains have."""
    offered = sorted({*ladder(ours), *others, ORIGIN}, key=lambda point: point.slot, reverse=True)
    found = source.meet(offered) or ORIGIN
    for _ in range(ROUNDS):
        above = min((point.slot for point in offered if point.slot > found.slot), default=-1)
        between = [point for point in ours if found.slot < point.slot < above]
        if not between:
            break
        offered = [*ladder(between), found, ORIGIN]
        found = source.meet(offered) or ORIGIN
    return found


def numbered(point: Point, blocks: Iterable[Numbered]) -> Numbered:
    """The point with its number, where one of `blocks` tells it."""
    return Numbered(point, max((block.block_no for block in blocks if block.point == point), default=-1))


def first_unsettled(tip_no: int, k: int) -> int:
    """The lowest number that a fork may still undo. The tip was read ahead: it may be of a chain that has left the one that is
    committed now, and be higher than that one ever was. Another k blocks are hours of such a lead."""
    return tip_no - 2 * k


def unsettled(blocks: Sequence[Numbered], tip_no: int, k: int) -> tuple[Numbered, ...]:
    """Those that a fork may begin after when the node's tip has that number: the newest immutable one, and those that follow."""
    return tuple(block for block in blocks[-k - 1 :] if block.block_no >= first_unsettled(tip_no, k))


def refuse_too_deep(follow: Follow, to: Numbered, ahead: int = -1) -> None:
    """Counted from the highest block that was ever committed, be it undone since: several forks together go no deeper than one.
    `ahead`: the highest number that is about to be committed. Where numbers are not known, slots tell.

    Errors: SourceError NEC-W012.
    """
    network = follow.job.compiled.network
    k, highest = network.security_parameter, max(follow.keeper.highest, ahead)
    most = max(k, follow.accepted)
    known = highest >= 0 and (to.block_no >= 0 or to.point == ORIGIN)
    if known and highest - to.block_no <= most:
        return
    newest = max(follow.sink.known_blocks(), key=lambda block: block.point.slot, default=Numbered(ORIGIN))
    slots = newest.point.slot - to.point.slot
    blocks = highest - to.block_no if known else -(-slots // STABLE)
    if blocks <= most:
        return
    tip = follow.source.tip
    depth = f"{blocks:,} blocks before number {highest:,}, the highest that was committed" if known else f"{slots:,} slots back"
    theirs = f"{tip.point} (number {tip.block_no:,})" if tip is not None else "not known"
    raise faults.too_deep(
        f"the newest block that the database and the node's chain surely share is {_told(to)}, {depth}: on "
        f"{network.name} a fork goes back at most k = {k:,} blocks. The database's last block is "
        f"{_told(newest)}, {slots:,} slots after that; the node's tip is {theirs}",
        blocks,
    )


def _told(block: Numbered) -> str:
    return f"{block.point} (number {block.block_no:,})" if block.block_no >= 0 else f"{block.point}"
