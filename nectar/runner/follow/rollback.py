"""Where two chains part, how far back a fork may go (k blocks, or as many as a person accepts), and what it undoes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.coverage import Coverage, without_after
from nectar.runner.committing.committer import epochs_of
from nectar.sinks.base import Sink
from nectar.sources.events import RollBackward
from nectar.sources.node import faults
from nectar.sources.node.ladder import ladder
from nectar.sources.node.source import NodeSource

if TYPE_CHECKING:
    from nectar.runner.follow.session import Follow

STABLE = 60  # times k: slots after which no block is undone any more (3 k / f, f = 1/20)
ROUNDS = 8  # of questions to the node, each of which leaves a twentieth of the points


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


def nearest(sink: Sink, known: Sequence[Numbered], slots: Coverage, *, last: bool) -> Numbered | None:
    """The first or the last block of these slots that the database has: of the points it keeps, `known`, or of its rows."""
    row = sink.block_within(Coverage(max(slots.first, 0), slots.last), last=last)
    near = [one for one in (*known, *([] if row is None else [row])) if max(slots.first, 0) <= one.point.slot <= slots.last]
    return (max if last else min)(near, key=lambda one: one.point.slot, default=None)


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


def shared_at(follow: Follow, event: RollBackward, after: Point, ahead: int = -1) -> Numbered:
    """The block that the database goes back to when the node's chain goes back: the same, else the newest that is known before
    it. `after`: where the chains met; `ahead` as in `refuse_too_deep`.

    Errors: FatalError NEC-W009; SourceError NEC-W012.
    """
    point, first_slot = event.point, follow.found.first_slot
    known = [*follow.sink.known_blocks(), Numbered(ORIGIN)]
    row = follow.sink.block_within(Coverage(point.slot, point.slot), last=True)
    known += [row] if row is not None else []
    is_known = any(one.point == point for one in known)
    if point.slot < first_slot and not is_known:
        raise faults.before_start(point, first_slot)
    to = numbered(point, [Numbered(*event), *known])
    before = max((one for one in known if one.point.slot < point.slot), key=lambda one: one.point.slot, default=to)
    found = before if _may_be_boundary(follow, point) or not (is_known or to.block_no >= 0 or point == after) else to
    refuse_too_deep(follow, to if to.block_no >= 0 else found, ahead)
    return found


def _may_be_boundary(follow: Follow, point: Point) -> bool:
    """A boundary block shares its slot with the block after it: rows cannot be parted there by slot."""
    history = follow.job.compiled.network.history
    return 0 <= point.slot < history.first_shelley_slot and point.slot % history.byron_epoch_slots == 0


def undo(follow: Follow, to: Numbered) -> None:
    """Everything after `to`, in the database, in one transaction."""
    point, filled = to.point, follow.sink.coverage()
    if not filled or filled[-1].last <= point.slot:
        return
    last = filled[-1].last
    follow.keeper.roll_back(to, epochs_of(follow.job.compiled.network.history, point.slot, last))
    follow.filled = without_after(follow.filled, point.slot)
    follow.asked_epoch = -1
    follow.summary.rollbacks += 1
    told = f"the node went over to another fork: rolled back from slot {last:,} to {point}"
    follow.report.say("rollback", told, slot=point.slot, hash=point.hash.hex())


def _told(block: Numbered) -> str:
    return f"{block.point} (number {block.block_no:,})" if block.block_no >= 0 else f"{block.point}"
