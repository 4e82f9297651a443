"""One gap on a node's chain: batches of whatever is waiting, forks undone, the tip kept up with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nectar.cardano.point import Point
from nectar.coverage import Coverage, missing
from nectar.errors import TransientError
from nectar.runner.decoding.batch import Limits, OpenBatch, is_boundary, limits_of
from nectar.runner.follow.intersect import Doubt, meet
from nectar.runner.follow.pipeline import Pipeline
from nectar.runner.follow.read_ahead import Feed
from nectar.runner.follow.replaced_range import Replaced
from nectar.runner.follow.rollback import shared_at, undo
from nectar.runner.retry import Patience
from nectar.sources.events import Event, RollBackward, RollForward
from nectar.sources.node import faults

if TYPE_CHECKING:
    from nectar.runner.follow.session import Follow

AGE = 0.5  # seconds that a block waits for others at most
LOOK = 0.005  # seconds between two looks at what is being decoded, while there is room for more
TIMES = 4  # as many blocks in a batch as from chunk files: 4,000, or 2 MB
IDLE_LOOK = 0.25  # seconds between two looks at what else there is to do, while nothing is being decoded
FAR = 10_000  # slots from the tip from which decoding is worth processes of its own
NEAR = 400_000  # slots from the tip up to which a finished database is kept finished while it catches up


class Again(Exception):
    """The stream must be begun anew, from what the database now knows."""


class Stretch:
    """One gap, from where the chains meet to its end; a fork may move its beginning back."""

    def __init__(self, follow: Follow, gap: Coverage, patience: Patience) -> None:
        self.follow, self.gap, self.patience = follow, gap, patience
        self.compiled = follow.job.compiled
        self.limits: Limits = limits_of(self.compiled, follow.keeper.target, follow.share, TIMES)
        self.open = OpenBatch(gap.first)
        self.opened, self.first_no = 0.0, 0  # when the open batch got its first block, and that one's number
        self.at_tip = False
        self.after: Point  # where the chains met
        self.pipeline: Pipeline
        self.feed: Feed
        self.doubt: Doubt | None = None
        self.replaces: Replaced | None = None
        found = follow.found
        self.must_begin = found.first if gap.first == found.first_slot else None
        self.begins = True  # the point before the first block is still to be kept

    # -- beginning -------------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """True when the job is done; False when there are more gaps, or it was stopped."""
        met, self.doubt, ours = meet(self.follow, self.gap)
        if self.follow.loads_again and ours and ours[0].slot >= self.gap.first:
            self.replaces = Replaced(self.follow.sink, ours[0], frozenset(ours), self.follow.share)
        self.after = after = met.point
        self.open.before, self.open.before_no = met
        self.follow.live = self._keeps_finished(after)
        self.pipeline = Pipeline(self.follow, self.open.begins, far=self._is_far(after))
        try:
            self.feed = Feed(self.follow.source.events(*met), self.follow.source.close)
            try:
                with self.pipeline.writing():
                    return self._loop()
            finally:
                self.feed.close()
        finally:
            self.pipeline.close()

    def _is_far(self, after: Point) -> bool:
        tip = self.follow.source.tip
        return tip is not None and min(tip.point.slot, self.gap.last) - max(after.slot, self.gap.first) > FAR

    def _keeps_finished(self, after: Point) -> bool:
        """A database that was finished at the tip is kept so while it catches up, unless that is a long way, or rows that are
        there already wait for those that come: what follows from a commit is done for its own rows alone."""
        follow, tip = self.follow, self.follow.source.tip
        near = tip is not None and tip.point.slot - after.slot <= NEAR
        filled = follow.sink.coverage()
        last = not filled or filled[-1].last < self.gap.first
        return near and last and follow.sink.finished() and follow.finish_now()

    # -- the loop --------------------------------------------------------------------------------------------------

    def _loop(self) -> bool:
        try:
            return self._until_the_end()
        finally:
            self.follow.settled = self.at_tip and not self.open.raws and self.pipeline.is_empty

    def _until_the_end(self) -> bool:
        while not self.follow.stop:
            if self.pipeline.advance():
                continue
            if self._due():
                self._give()
            elif self._turn():
                return True
        return False

    def _turn(self) -> bool:
        """Wait for events, and see to them. What came whole is kept when the connection is lost. True at the job's end."""
        try:
            events = self.feed.get(self._patience())
        except TransientError:
            if self.doubt is None and self._can_end():
                self._give()
            self.pipeline.drain()
            raise
        if events is None:
            return False
        self.patience.rewarded()
        return any(self._on(event) for event in events)

    def _patience(self) -> float:
        """How long to wait for events before looking at what else there is to do."""
        if not self.pipeline.is_empty:
            return LOOK
        return max(min(self.opened + AGE - time.monotonic(), IDLE_LOOK), 0.0) if self.open.raws else IDLE_LOOK

    def _due(self) -> bool:
        """Whether to cut the open batch: it is full, or nothing more is waiting and it is old, or at the tip."""
        waiting = self.open
        if not waiting.raws:
            return False
        old = not self.feed.waits and (self.at_tip or time.monotonic() - self.opened >= AGE)
        return (old or waiting.is_full(self.limits)) and self._can_end()

    def _can_end(self) -> bool:
        """Whether the open batch may be cut after its last block."""
        return self.open.can_end() and (self.replaces is None or self.replaces.may_follow(self.open, self.limits))

    def _on(self, event: Event) -> bool:
        """True at the job's end."""
        if isinstance(event, RollForward):
            if self.doubt is not None:
                self._doubtful(event, self.doubt)
                return False
            return self._forward(event)
        if isinstance(event, RollBackward):
            self._backward(event)
            return False
        return self._caught_up()

    def _forward(self, event: RollForward) -> bool:
        self.at_tip = False
        found, slot = self.follow.found, event.point.slot
        if slot < self.gap.first or not self._may_begin(event.point):
            self.open.pass_over(event)
            return False
        if self.replaces is not None and slot >= self.replaces.newest.slot and not is_boundary(event.raw):
            if event.point != self.replaces.newest:
                raise Again
            self.replaces = None
        if slot > self.gap.last:
            return self._end(self.gap.last)
        if found.last_block_no is not None and event.block_no > found.last_block_no:
            return self._end(None)
        if self.open.is_full(self.limits) and self._can_end():
            self._give()
        if not self.open.raws:
            self.opened, self.first_no = time.monotonic(), event.block_no
            if self.begins:
                self.begins = False
                self._give(max(self.open.before.slot if self.open.before else -1, self.gap.first - 1))
        self.open.add(event)
        if event.point == found.last or event.point.hash == found.last_hash:
            return self._end(slot, whole=True)
        if slot == self.gap.last and self.open.can_end():
            return self._end(slot)
        if found.last is not None and slot >= found.last.slot and event.raw[1]:
            raise faults.cannot_resolve(f"the plan's last block {found.last} is not on the node's chain any more", "check `end`")
        return False

    def _may_begin(self, point: Point) -> bool:
        """Whether the stretch's first block may be this one: where the plan names a block, no other may."""
        first = self.must_begin
        if first is None or point == first:
            self.must_begin = None
            return True
        if point.slot > first.slot:
            raise faults.cannot_resolve(f"the plan's first block {first} is not on the node's chain any more", "check `start`")
        return False

    def _caught_up(self) -> bool:
        follow = self.follow
        if self.doubt is not None:
            then = "there is nothing to do yet" if follow.once else "waiting for it"
            both = f"the newest of its blocks that the node surely has is {self.doubt.back_to.point}"
            follow.report.say("note", f"the node is behind the database, which has block {self.doubt.newest}; {both}: {then}")
            return follow.once
        self.at_tip = True
        if follow.found.last_hash is not None:
            what = f"no block up to the tip has the hash {follow.found.last_hash.hex()}"
            raise faults.cannot_resolve(what, "check `end`; everything up to the tip is there")
        if follow.once:
            return self._end(None)
        if not self.feed.waits:
            self._settle()
        return False

    def _settle(self) -> None:
        """At the tip: everything is committed and completed, and no process is kept that has nothing to do."""
        if self._can_end():
            self._give()
        self.pipeline.drain()
        self.pipeline.rest(self.open.begins)
        self.follow.finish()
        if self.open.before is not None:
            self.follow.learn_parameters(self.open.before)
            self.follow.tell_tip(self.open.before)

    def _end(self, last_slot: int | None, *, whole: bool = False) -> bool:
        """The gap is filled up to `last_slot`, or up to the last block that came. True when the job is done: `whole`, or no
        other gap is left."""
        if last_slot is not None or self._can_end():
            self._give(last_slot)
        self.pipeline.drain()
        if last_slot is None and self.at_tip and self.open.before is not None:
            self.follow.learn_parameters(self.open.before)
        if last_slot is not None and not whole and missing(self.follow.asked, self.follow.filled):
            raise Again
        return True

    def _give(self, last_slot: int | None = None) -> None:
        earlier = self.open.earlier()
        self.pipeline.give(self.open.cut(last_slot, may_ask=self.at_tip or self._is_recent()), earlier)

    def _is_recent(self) -> bool:
        """The node's ledger still has the state before the open batch."""
        tip = self.follow.source.tip
        return tip is not None and 0 < tip.block_no < self.first_no + self.compiled.network.security_parameter

    # -- forks -----------------------------------------------------------------------------------------------------

    def _doubtful(self, event: RollForward, doubt: Doubt) -> None:
        """Only when the node's chain goes on beyond it without it was the database's newest block on a fork."""
        if not doubt.is_over(self.follow, event):
            return
        if event.point != doubt.newest or self.follow.loads_again:
            raise Again
        self.doubt = None
        self.open.pass_over(event)

    def _backward(self, event: RollBackward) -> None:
        """Everything after its point never happened: dropped where it waits, undone where it is written.

        Errors: FatalError NEC-W009; SourceError NEC-W012, before what waits is written.
        """
        self.at_tip = False
        follow, point = self.follow, event.point
        if self.doubt is not None:
            if point.slot < self.doubt.back_to.point.slot:
                raise Again
            return
        if self.replaces is not None:
            raise Again  # rows that are still to be replaced may be of the fork that is left
        if self.open.drop_after(point):
            return
        if not self.pipeline.is_empty and point.slot >= follow.found.first_slot:
            shared_at(follow, event, self.after, self.pipeline.ahead)
        self.pipeline.drain()
        to = shared_at(follow, event, self.after)
        undo(follow, to)
        if to.point != point:
            raise Again
        self.pipeline.undone()
        self.gap = Coverage(min(self.gap.first, point.slot + 1), self.gap.last)
        self.open = OpenBatch(max(point.slot + 1, self.gap.first), self.open.number, *to)
        first = follow.found.first
        self.must_begin = first if first is not None and point.slot < first.slot else None
        if self.compiled.filters.ordered:
            self.pipeline.begin_again(self.open.begins)
