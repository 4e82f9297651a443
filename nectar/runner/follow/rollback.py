"""Where two chains part, how deep a rollback may be, and the block that the database rolls back to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.coverage import Coverage
from nectar.sinks.base import Sink
from nectar.sources.events import RollBackward
from nectar.sources.node import faults
from nectar.sources.node.chain_sync import Tip
from nectar.sources.node.intersect_points import intersect_points

STABLE = 60  # times k: slots after which no block is rolled back any more (3 k / f, f = 1/20)
ROUNDS = 8  # of questions to the node, each of which leaves a twentieth of the points


class NodeChain(Protocol):
    """What an intersection is asked of: a `NodeSource`, or any other chain."""

    @property
    def tip(self) -> Tip | None: ...

    def meet(self, points: Sequence[Point]) -> Point | None: ...


class RollbackLimit(NamedTuple):
    """How deep a rollback may be: k blocks, or `accepted` blocks where a person allows more. It is counted from `highest`, the
    highest block number that was ever committed or is about to be; -1 where that is not known."""

    network: Network
    highest: int
    accepted: int = 0

    @property
    def most(self) -> int:
        return max(self.network.security_parameter, self.accepted)


def newest_common(chain: NodeChain, ours: Sequence[Point], others: Iterable[Point]) -> Point:
    """The newest of `ours` and `others` that is on the node's chain; the origin when none is.

    Among `ours` the answer is exact, however many there are, so no block that both chains have is rolled back.
    """
    offered = sorted({*intersect_points(ours), *others, ORIGIN}, key=lambda point: point.slot, reverse=True)
    common = chain.meet(offered) or ORIGIN
    for _ in range(ROUNDS):
        above = min((point.slot for point in offered if point.slot > common.slot), default=-1)
        between = [point for point in ours if common.slot < point.slot < above]
        if not between:
            break
        offered = [*intersect_points(between), common, ORIGIN]
        common = chain.meet(offered) or ORIGIN
    return common


def numbered(point: Point, blocks: Iterable[Numbered]) -> Numbered:
    """The point with its number, where one of `blocks` has it."""
    return Numbered(point, max((block.block_no for block in blocks if block.point == point), default=-1))


def nearest(sink: Sink, known: Sequence[Numbered], slots: Coverage, *, last: bool) -> Numbered | None:
    """The first or the last block of these slots that the database has: among the points that it keeps (`known`) or its rows."""
    row = sink.block_within(Coverage(max(slots.first, 0), slots.last), last=last)
    blocks = (*known, *([] if row is None else [row]))
    within = [block for block in blocks if max(slots.first, 0) <= block.point.slot <= slots.last]
    return (max if last else min)(within, key=lambda block: block.point.slot, default=None)


def first_unsettled(tip_no: int, k: int) -> int:
    """The lowest block number that a fork may still roll back.

    The tip was read ahead. It may be of a chain that has left the one that is committed now, and be higher than that one ever
    was. Another k blocks are hours of such a lead.
    """
    return tip_no - 2 * k


def unsettled(blocks: Sequence[Numbered], tip_no: int, k: int) -> tuple[Numbered, ...]:
    """The blocks that a fork may begin after while the tip has number `tip_no`: the newest immutable one and later ones."""
    return tuple(block for block in blocks[-k - 1 :] if block.block_no >= first_unsettled(tip_no, k))


def refuse_too_deep(to: Numbered, sink: Sink, tip: Tip | None, limit: RollbackLimit) -> None:
    """Refuses a rollback to `to` that is deeper than the limit.

    The depth counts from the highest block that was ever committed, even if it was rolled back since: several forks together
    go no deeper than one. Where block numbers are not known, slots tell. Errors: SourceError NEC-W012.
    """
    highest = limit.highest
    known = highest >= 0 and (to.block_no >= 0 or to.point == ORIGIN)
    if known and highest - to.block_no <= limit.most:
        return
    newest = max(sink.known_blocks(), key=lambda block: block.point.slot, default=Numbered(ORIGIN))
    slots = newest.point.slot - to.point.slot
    blocks = highest - to.block_no if known else -(-slots // STABLE)
    if blocks <= limit.most:
        return
    depth = f"{blocks:,} blocks before number {highest:,}, the highest that was committed" if known else f"{slots:,} slots back"
    theirs = f"{tip.point} (number {tip.block_no:,})" if tip is not None else "not known"
    raise faults.too_deep(
        f"the newest block that the database and the node's chain surely share is {_named(to)}, {depth}: on "
        f"{limit.network.name} a fork goes back at most k = {limit.network.security_parameter:,} blocks. The database's last "
        f"block is {_named(newest)}, {slots:,} slots after that; the node's tip is {theirs}",
        blocks,
    )


def rollback_target(
    event: RollBackward, sink: Sink, tip: Tip | None, limit: RollbackLimit, *, first_slot: int, met: Point
) -> Numbered:
    """The block that the database rolls back to: the node's own point, else the newest known block before it.

    `first_slot`: the job's; `met`: where the two chains met when the connection was made.
    Errors: FatalError NEC-W009; SourceError NEC-W012.
    """
    point = event.point
    known = [*sink.known_blocks(), Numbered(ORIGIN)]
    row = sink.block_within(Coverage(point.slot, point.slot), last=True)
    known += [row] if row is not None else []
    is_known = any(block.point == point for block in known)
    if point.slot < first_slot and not is_known:
        raise faults.before_start(point, first_slot)
    to = numbered(point, [Numbered(*event), *known])
    before = max((block for block in known if block.point.slot < point.slot), key=lambda block: block.point.slot, default=to)
    can_stop_there = is_known or to.block_no >= 0 or point == met
    target = to if can_stop_there and not _may_be_boundary(limit.network, point) else before
    refuse_too_deep(to if to.block_no >= 0 else target, sink, tip, limit)
    return target


def _may_be_boundary(network: Network, point: Point) -> bool:
    """A boundary block shares its slot with the block after it, so rows cannot be told apart there by slot."""
    history = network.history
    return 0 <= point.slot < history.first_shelley_slot and point.slot % history.byron_epoch_slots == 0


def _named(block: Numbered) -> str:
    return f"{block.point} (number {block.block_no:,})" if block.block_no >= 0 else f"{block.point}"
