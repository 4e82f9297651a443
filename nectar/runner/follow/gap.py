"""One gap on a node's chain: blocks are gathered into batches, forks are undone, the tip is kept up with."""

from __future__ import annotations

import time

from nectar.cardano.point import Numbered, Point
from nectar.coverage import Coverage, missing
from nectar.errors import TransientError
from nectar.runner.decoding.batch import OpenBatch, is_boundary
from nectar.runner.follow.intersect import Intersection, UnconfirmedTip, intersect
from nectar.runner.follow.pipeline import Pipeline
from nectar.runner.follow.read_ahead import ReadAheadQueue
from nectar.runner.follow.replaced_range import ReplacedRange
from nectar.runner.follow.rollback import refuse_too_deep, rollback_target
from nectar.runner.follow.session import FollowSession
from nectar.runner.retry import Backoff
from nectar.sources.events import Event, RollBackward, RollForward
from nectar.sources.node import faults

AGE = 0.5  # seconds that a block waits for others at most
LOOK = 0.005  # seconds between two looks at what is being decoded, while there is room for more
IDLE_LOOK = 0.25  # seconds between two looks at what else there is to do, while nothing is being decoded
FAR = 10_000  # slots from the tip from which decoding is worth processes of its own
NEAR = 400_000  # slots from the tip up to which a finished database is kept finished while it catches up


class Restart(Exception):
    """The stream must begin again, from what the database now has."""


class GapFollower:
    """Follows the node's chain through one gap, from where the chains meet to its end; a fork may move its beginning back."""

    def __init__(self, session: FollowSession, gap: Coverage, backoff: Backoff) -> None:
        self.session, self.gap, self.backoff = session, gap, backoff
        self.compiled = session.job.compiled
        self.limits = session.batch_limits()
        self.open = OpenBatch(gap.first)
        self.opened, self.first_no = 0.0, 0  # when the open batch got its first block, and that block's number
        self.at_tip = False
        self.met: Point  # where the chains met
        self.pipeline: Pipeline
        self.queue: ReadAheadQueue
        self.unconfirmed: UnconfirmedTip | None = None
        self.replaced: ReplacedRange | None = None
        node_range = session.node_range
        self.must_begin = node_range.first if gap.first == node_range.first_slot else None
        self.begins = True  # the point before the first block is still to be committed

    # -- beginning -------------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """True when the job is done; False when there are more gaps, or it was stopped."""
        session = self.session
        intersection = self._intersect()
        self.unconfirmed, ours = intersection.unconfirmed, intersection.ours
        if session.loads_again and ours and ours[0].slot >= self.gap.first:
            self.replaced = ReplacedRange(session.sink, ours[0], frozenset(ours), session.share)
        self.met = intersection.at.point
        self.open.before, self.open.before_no = intersection.at
        session.live = self._keeps_finished()
        self.pipeline = Pipeline(session, self.open.begins, far=self._is_far())
        try:
            self.queue = ReadAheadQueue(session.source.events(*intersection.at), session.source.close)
            try:
                with self.pipeline.writing():
                    return self._loop()
            finally:
                self.queue.close()
        finally:
            self.pipeline.close()

    def _intersect(self) -> Intersection:
        session, gap = self.session, self.gap
        limit, loads_again = session.rollback_limit(), session.loads_again
        intersection = intersect(session.source, session.sink, gap, limit, session.landmarks(), loads_again=loads_again)
        if intersection.unconfirmed is None and gap.first >= 0:
            point = intersection.at.point
            skipped = f"; blocks before slot {gap.first:,} are passed over" if point.slot < gap.first - 1 else ""
            session.report.say("start", f"continuing after {point}{skipped}", slot=point.slot, hash=point.hash.hex())
        return intersection

    def _is_far(self) -> bool:
        tip = self.session.source.tip
        return tip is not None and min(tip.point.slot, self.gap.last) - max(self.met.slot, self.gap.first) > FAR

    def _keeps_finished(self) -> bool:
        """Whether a database that was finished at the tip is kept finished while it catches up.

        It is not when that is a long way, or when the gap has filled slots after it: a commit completes its own rows alone, and
        rows that exist already may wait for those that come.
        """
        session, tip = self.session, self.session.source.tip
        near = tip is not None and tip.point.slot - self.met.slot <= NEAR
        filled = session.sink.coverage()
        last = not filled or filled[-1].last < self.gap.first
        return near and last and session.sink.finished() and session.finish_now()

    # -- the loop --------------------------------------------------------------------------------------------------

    def _loop(self) -> bool:
        try:
            return self._until_the_end()
        finally:
            self.session.settled = self.at_tip and not self.open.raws and self.pipeline.is_empty

    def _until_the_end(self) -> bool:
        while not self.session.stop:
            if self.pipeline.advance():
                continue
            if self._due():
                self._give()
            elif self._take_events():
                return True
        return False

    def _take_events(self) -> bool:
        """Waits for events and handles them. Whole blocks are committed when the connection is lost. True at the job's end."""
        try:
            events = self.queue.get(self._wait_seconds())
        except TransientError:
            if self.unconfirmed is None and self._can_end():
                self._give()
            self.pipeline.drain()
            raise
        if events is None:
            return False
        self.backoff.progress()
        return any(self._on(event) for event in events)

    def _wait_seconds(self) -> float:
        """How long to wait for events before looking at what else there is to do."""
        if not self.pipeline.is_empty:
            return LOOK
        return max(min(self.opened + AGE - time.monotonic(), IDLE_LOOK), 0.0) if self.open.raws else IDLE_LOOK

    def _due(self) -> bool:
        """Whether to cut the open batch: it is full, or it is old (or at the tip) and no more blocks are waiting."""
        if not self.open.raws:
            return False
        old = not self.queue.has_events and (self.at_tip or time.monotonic() - self.opened >= AGE)
        return (old or self.open.is_full(self.limits)) and self._can_end()

    def _can_end(self) -> bool:
        """Whether the open batch may be cut after its last block."""
        return self.open.can_end() and (self.replaced is None or self.replaced.may_follow(self.open, self.limits))

    def _on(self, event: Event) -> bool:
        """True at the job's end."""
        if isinstance(event, RollForward):
            if self.unconfirmed is not None:
                self._confirm(event, self.unconfirmed)
                return False
            return self._forward(event)
        if isinstance(event, RollBackward):
            self._backward(event)
            return False
        return self._caught_up()

    def _forward(self, event: RollForward) -> bool:
        self.at_tip = False
        last_no, slot = self.session.node_range.last_block_no, event.point.slot
        if slot < self.gap.first or not self._may_begin(event.point):
            self.open.pass_over(event)
            return False
        if self.replaced is not None and slot >= self.replaced.newest.slot and not is_boundary(event.raw):
            if event.point != self.replaced.newest:
                raise Restart
            self.replaced = None
        if slot > self.gap.last:
            return self._end(self.gap.last)
        if last_no is not None and event.block_no > last_no:
            return self._end(None)
        self._add(event)
        return self._ends_with(event)

    def _add(self, event: RollForward) -> None:
        """The point before the first block is committed by itself, in a batch without blocks."""
        if self.open.is_full(self.limits) and self._can_end():
            self._give()
        if not self.open.raws:
            self.opened, self.first_no = time.monotonic(), event.block_no
            if self.begins:
                self.begins = False
                self._give(max(self.open.before.slot if self.open.before else -1, self.gap.first - 1))
        self.open.add(event)

    def _ends_with(self, event: RollForward) -> bool:
        """Whether the block that was just added is the job's last. Errors: SourceError NEC-W010."""
        node_range, slot = self.session.node_range, event.point.slot
        if event.point == node_range.last or event.point.hash == node_range.last_hash:
            return self._end(slot, whole=True)
        if slot == self.gap.last and self.open.can_end():
            return self._end(slot)
        if node_range.last is not None and slot >= node_range.last.slot and not is_boundary(event.raw):
            what = f"the plan's last block {node_range.last} is no longer on the node's chain"
            raise faults.cannot_resolve(what, "check `end`")
        return False

    def _may_begin(self, point: Point) -> bool:
        """Whether the gap's first block may be this one: where the plan names a block, no other may."""
        first = self.must_begin
        if first is None or point == first:
            self.must_begin = None
            return True
        if point.slot > first.slot:
            raise faults.cannot_resolve(f"the plan's first block {first} is no longer on the node's chain", "check `start`")
        return False

    def _caught_up(self) -> bool:
        session, last_hash = self.session, self.session.node_range.last_hash
        if self.unconfirmed is not None:
            then = "there is nothing to do yet" if session.once else "waiting for it"
            both = f"the newest of its blocks that the node surely has is {self.unconfirmed.common.point}"
            text = f"the node is behind the database, which has block {self.unconfirmed.newest}; {both}: {then}"
            session.report.say("note", text)
            return session.once
        self.at_tip = True
        if last_hash is not None:
            what = f"no block up to the tip has the hash {last_hash.hex()}"
            raise faults.cannot_resolve(what, "check `end`; everything up to the tip is in the database")
        if session.once:
            return self._end(None)
        if not self.queue.has_events:
            self._settle()
        return False

    def _settle(self) -> None:
        """At the tip: commits and completes everything, and keeps no process that has nothing to do."""
        if self._can_end():
            self._give()
        self.pipeline.drain()
        self.pipeline.rest(self.open.begins)
        self.session.finish()
        if self.open.before is not None:
            self.session.learn_parameters(self.open.before)
            self.session.tell_tip(self.open.before)

    def _end(self, last_slot: int | None, *, whole: bool = False) -> bool:
        """Fills the gap up to `last_slot`, or up to the last block that came.

        True when the job is done: it is `whole`, or no other gap is left.
        """
        if last_slot is not None or self._can_end():
            self._give(last_slot)
        self.pipeline.drain()
        if last_slot is None and self.at_tip and self.open.before is not None:
            self.session.learn_parameters(self.open.before)
        if last_slot is not None and not whole and missing(self.session.asked, self.session.filled):
            raise Restart
        return True

    def _give(self, last_slot: int | None = None) -> None:
        earlier = self.open.earlier()
        self.pipeline.give(self.open.cut(last_slot, may_ask=self.at_tip or self._is_recent()), earlier)

    def _is_recent(self) -> bool:
        """Whether the node's ledger still has the state before the open batch."""
        tip = self.session.source.tip
        return tip is not None and 0 < tip.block_no < self.first_no + self.compiled.network.security_parameter

    # -- forks -----------------------------------------------------------------------------------------------------

    def _confirm(self, event: RollForward, unconfirmed: UnconfirmedTip) -> None:
        """Waits for the database's newest block, or for the block that takes its place; then rolls back what was on a fork.

        Errors: FatalError NEC-W009, SourceError NEC-W012, before anything is rolled back.
        """
        session = self.session
        unconfirmed = self.unconfirmed = unconfirmed.after(event)
        if unconfirmed.was_on_a_fork(event.point):
            if not unconfirmed.common_is_ours:
                raise faults.before_start(unconfirmed.common.point, session.node_range.first_slot)
            refuse_too_deep(unconfirmed.common, session.sink, session.source.tip, session.rollback_limit())
            session.roll_back(unconfirmed.common)
            raise Restart
        if event.point != unconfirmed.newest:
            return
        if session.loads_again:
            raise Restart
        self.unconfirmed = None
        self.open.pass_over(event)

    def _backward(self, event: RollBackward) -> None:
        """Blocks after the event's point never happened: those that wait are dropped, those in the database are rolled back.

        Errors: FatalError NEC-W009; SourceError NEC-W012, before blocks that wait are written.
        """
        self.at_tip = False
        session, point = self.session, event.point
        if self.unconfirmed is not None:
            if point.slot < self.unconfirmed.common.point.slot:
                raise Restart
            return
        if self.replaced is not None:
            raise Restart  # rows that are still to be replaced may be of the fork that the node has left
        if self.open.drop_after(point):
            return
        if not self.pipeline.is_empty and point.slot >= session.node_range.first_slot:
            self._rollback_target(event, self.pipeline.ahead)
        self.pipeline.drain()
        target = self._rollback_target(event)
        session.roll_back(target)
        if target.point != point:
            raise Restart
        self.pipeline.forget_ahead()
        self.gap = Coverage(min(self.gap.first, point.slot + 1), self.gap.last)
        self.open = OpenBatch(max(point.slot + 1, self.gap.first), self.open.number, *target)
        first = session.node_range.first
        self.must_begin = first if first is not None and point.slot < first.slot else None
        if self.compiled.filters.ordered:
            self.pipeline.begin_again(self.open.begins)

    def _rollback_target(self, event: RollBackward, ahead: int = -1) -> Numbered:
        """Errors: those of `rollback_target`."""
        session = self.session
        limit, first_slot = session.rollback_limit(ahead), session.node_range.first_slot
        return rollback_target(event, session.sink, session.source.tip, limit, first_slot=first_slot, met=self.met)
