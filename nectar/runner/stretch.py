"""One gap on a node's chain: batches of whatever is waiting, forks undone, the tip kept up with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.checkpoint.coverage import Coverage, merged, missing, without_after
from nectar.errors import TransientError
from nectar.runner.batch import Limits, OpenBatch, limits_of
from nectar.runner.feed import Feed
from nectar.runner.forks import STABLE, first_unsettled, newest_common, numbered, refuse_too_deep, unsettled
from nectar.runner.keep import epochs_of
from nectar.runner.load import cores
from nectar.runner.patience import Patience
from nectar.runner.pool import Inline, Pool, Processes
from nectar.runner.steps import watch_state
from nectar.runner.work import Done
from nectar.runner.writers import Writers, writers_of
from nectar.sources.events import Event, RollBackward, RollForward
from nectar.sources.node import faults
from nectar.sources.node.bounds import landmarks_of

if TYPE_CHECKING:
    from nectar.runner.follow import Follow

AGE = 0.5            # seconds that a block waits for others at most
LOOK = 0.005         # seconds between two looks at what is being decoded, while there is room for more
TIMES = 4            # as many blocks in a batch as from chunk files: 4,000, or 2 MB
IDLE_LOOK = 0.25     # seconds between two looks at what else there is to do, while nothing is being decoded
FAR = 10_000         # slots from the tip from which decoding is worth processes of its own
NEAR = 400_000       # slots from the tip up to which a finished database is kept finished while it catches up


class Again(Exception):
    """The stream must be begun anew, from what the database now knows."""


class Stretch:
    """One gap, from where the chains meet to its end; a fork may move its beginning back."""

    def __init__(self, follow: Follow, gap: Coverage, patience: Patience) -> None:
        self.follow, self.gap, self.patience = follow, gap, patience
        self.compiled = follow.job.compiled
        self.limits: Limits = limits_of(self.compiled, follow.keeper.target, follow.share, TIMES)
        self.open = OpenBatch(gap.first)
        self.given: dict[int, tuple[Coverage, list[Numbered]]] = {}
        self.ahead = -1                        # the highest number that was given
        self.ready: dict[int, Done] = {}
        self.next = 0
        self.opened, self.first_no = 0.0, 0    # when the open batch got its first block, and that one's number
        self.at_tip = False
        self.after: Point                      # where the chains met
        self.pool: Pool
        self.feed: Feed
        self.writers: Writers
        self.doubted: Point | None = None      # the database's newest point, not on the node's chain so far
        self.ours: frozenset[Point] = frozenset()
        self.back_to = Numbered(ORIGIN)        # the newest block so far that both have
        self.is_ours = True                    # the database knows `back_to`
        found = follow.found
        self.must_begin = found.first if gap.first == found.first_slot else None
        self.begins = True                     # the point before the first block is still to be kept

    # -- beginning -------------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """True when the job is done; False when there are more gaps, or it was stopped."""
        met = self._meet()
        self.after = after = met.point
        self.open.before, self.open.before_no = met
        self.follow.live = self._keeps_finished(after)
        self.pool = self._pool(self._is_far(after))
        try:
            self.feed = Feed(self.follow.source.events(*met), self.follow.source.close)
            try:
                with Writers(self.follow.keeper, self._committing(), self._kept) as self.writers:
                    return self._loop()
            finally:
                self.feed.close()
        finally:
            self.pool.close()

    def _meet(self) -> Numbered:
        """Where the node's chain and what is before the gap have a point in common, the newest there is."""
        follow, source, first = self.follow, self.follow.source, self.gap.first
        if first < 0:
            source.meet([ORIGIN])
            return Numbered(ORIGIN)
        blocks = [block for block in follow.sink.known_blocks() if 0 <= block.point.slot < first]
        ours = sorted({block.point for block in blocks}, key=lambda point: point.slot, reverse=True)
        marks = [Numbered(mark.point, mark.block_no) for mark in landmarks_of(source) if mark.point.slot < first]
        self._refuse_other_chain()
        named = follow.found.after
        if named is not None and named.slot < first:
            marks.append(Numbered(named))
        met = numbered(newest_common(source, ours, (mark.point for mark in marks)), [*blocks, *marks])
        found = met.point
        if ours and found != ours[0] and found.slot <= ours[0].slot:
            self._doubt_newest(ours, met)
        else:
            skipped = f"; blocks before slot {first:,} are passed over" if found.slot < first - 1 else ""
            follow.report.say("start", f"going on after {found}{skipped}", slot=found.slot, hash=found.hash.hex())
        return met

    def _refuse_other_chain(self) -> None:
        """Blocks after the gap that no fork can undo must be the node's: it might have left their chain within the gap.

        Errors: SourceError NEC-W012.
        """
        source, later = self.follow.source, [one for one in self.follow.sink.known_blocks() if one.point.slot > self.gap.last]
        first = min(later, key=lambda one: one.point.slot, default=None)
        tip = source.tip
        if first is None or first.block_no < 1 or tip is None or tip.point.slot < first.point.slot:
            return
        if source.meet([first.point]) is None:
            refuse_too_deep(self.follow, Numbered(Point(self.gap.last, b""), first.block_no - 1))

    def _doubt_newest(self, ours: list[Point], met: Numbered) -> None:
        """The newest of our points is not on the node's chain: it is on a fork, or the node is not there yet."""
        filled, tip = self.follow.sink.coverage(), self.follow.source.tip
        is_ours = met.point in ours or (met.point == ORIGIN and bool(filled) and filled[0].first < 0)
        window = STABLE * self.compiled.network.security_parameter
        if not is_ours and ours[0].slot - ours[-1].slot > window:
            raise faults.no_intersection(len(ours), tip.point if tip else ORIGIN)
        self.doubted, self.back_to, self.is_ours, self.ours = ours[0], met, is_ours, frozenset(ours)
        if is_ours and tip is not None and tip.point.slot >= ours[0].slot:
            refuse_too_deep(self.follow, met)

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

    def _pool(self, far: bool) -> Pool:
        follow = self.follow
        count = (follow.workers or cores()) if far and not self.compiled.filters.ordered else 1
        follow.summary.workers = max(count, follow.summary.workers)
        if count > 1:
            return Processes(follow.job, count, halted=follow.stop.__bool__)
        return self._inline()

    def _committing(self) -> int:
        """How many commits may be under way: a long way from the tip several, which are made ready."""
        follow = self.follow
        if not isinstance(self.pool, Processes) or follow.live:
            return 0
        count = writers_of(self.compiled, follow.job.layout, follow.sink)
        follow.sink.expect(count)
        return count

    def _inline(self) -> Inline:
        follow = self.follow
        state = watch_state(self.compiled, follow.sink, self.open.begins, follow.keeper.target)
        return Inline(follow.job, state, follow.unspent, halted=follow.stop.__bool__)

    # -- the loop --------------------------------------------------------------------------------------------------

    def _loop(self) -> bool:
        try:
            return self._until_the_end()
        finally:
            self.follow.settled = self.at_tip and not self.open.raws and not self.given

    def _until_the_end(self) -> bool:
        while not self.follow.stop:
            while self.given and self.pool.ready():
                self._take(self.pool.result())
            if self.given and not self.pool.room():
                self._take(self.pool.result())
            elif self._due():
                self._give()
            elif self._turn():
                return True
        return False

    def _turn(self) -> bool:
        """Wait for events, and see to them. What came whole is kept when the connection is lost. True at the job's end."""
        try:
            events = self.feed.get(self._patience())
        except TransientError:
            if self.doubted is None and self.open.can_end():
                self._give()
            self._drain()
            raise
        if events is None:
            return False
        self.patience.rewarded()
        return any(self._on(event) for event in events)

    def _patience(self) -> float:
        """How long to wait for events before looking at what else there is to do."""
        if self.given:
            return LOOK
        return max(min(self.opened + AGE - time.monotonic(), IDLE_LOOK), 0.0) if self.open.raws else IDLE_LOOK

    def _due(self) -> bool:
        """Whether to cut the open batch: it is full, or nothing more is waiting and it is old, or at the tip."""
        waiting = self.open
        if not waiting.can_end():
            return False
        if waiting.is_full(self.limits):
            return True
        return not self.feed.waits and (self.at_tip or time.monotonic() - self.opened >= AGE)

    def _on(self, event: Event) -> bool:
        """True at the job's end."""
        if isinstance(event, RollForward):
            if self.doubted is not None:
                self._doubt(event)
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
        if slot > self.gap.last:
            return self._end(self.gap.last)
        if found.last_block_no is not None and event.block_no > found.last_block_no:
            return self._end(None)
        if self.open.is_full(self.limits) and self.open.can_end():
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
        if self.doubted is not None:
            follow.report.say("note", f"the node is behind the database, which has block {self.doubted}: waiting for it")
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
        if self.open.can_end():
            self._give()
        self._drain()
        if isinstance(self.pool, Processes):
            self.pool.close()
            self.pool = self._inline()
        self.follow.finish()
        if self.open.before is not None:
            self.follow.learn_parameters(self.open.before)
            self.follow.tell_tip(self.open.before)

    def _end(self, last_slot: int | None, *, whole: bool = False) -> bool:
        """The gap is filled up to `last_slot`, or up to the last block that came. True when the job is done: `whole`, or no
        other gap is left."""
        if last_slot is not None or self.open.can_end():
            self._give(last_slot)
        self._drain()
        if last_slot is None and self.at_tip and self.open.before is not None:
            self.follow.learn_parameters(self.open.before)
        if last_slot is not None and not whole and missing(self.follow.asked, self.follow.filled):
            raise Again
        return True

    # -- batches ---------------------------------------------------------------------------------------------------

    def _give(self, last_slot: int | None = None) -> None:
        while not self.pool.room():
            self._take(self.pool.result())
        earlier = self.open.earlier()
        batch = self.open.cut(last_slot, may_ask=self.at_tip or self._is_recent())
        self.given[batch.number] = batch.covered, earlier
        self.ahead = max(self.ahead, batch.last_no)
        self.pool.give(batch)

    def _is_recent(self) -> bool:
        """The node's ledger still has the state before the open batch."""
        tip = self.follow.source.tip
        return tip is not None and 0 < tip.block_no < self.first_no + self.compiled.network.security_parameter

    def _take(self, done: Done) -> None:
        """Commits, in the chain's order unless no fork can undo it: what a job that breaks off leaves has no gaps there."""
        self.ready[done.number] = done
        while self.next in self.ready:
            covered, earlier = self.given.pop(self.next)
            tip, k = self.follow.source.tip, self.compiled.network.security_parameter
            taken = self.ready.pop(self.next)._replace(earlier=unsettled(earlier, tip.block_no if tip else 0, k))
            self.next += 1
            self.writers.give(covered, taken, in_order=not self._is_settled(taken), live=self.follow.live)

    def _kept(self, covered: Coverage, taken: Done) -> None:
        follow = self.follow
        follow.filled = merged([*follow.filled, covered])
        if taken.counts.blocks:
            follow.keeper.tell(covered.last, follow.share_done())

    def _is_settled(self, done: Done) -> bool:
        tip = self.follow.source.tip
        return tip is not None and 0 <= done.block_no < first_unsettled(tip.block_no, self.compiled.network.security_parameter)

    def _drain(self) -> None:
        while self.given:
            self._take(self.pool.result())
        self.writers.settle()

    # -- forks -----------------------------------------------------------------------------------------------------

    def _doubt(self, event: RollForward) -> None:
        """Only when the node's chain goes on beyond it without it was the database's newest block on a fork. A node behind it
        may come by more of the database's blocks before that."""
        assert self.doubted is not None
        if event.point in self.ours:
            self.back_to, self.is_ours = Numbered(event.point, event.block_no), True
        if event.point == self.doubted:
            self.doubted = None
            self.open.pass_over(event)
        elif event.point.slot >= self.doubted.slot:
            if not self.is_ours:
                raise faults.before_start(self.back_to.point, self.follow.found.first_slot)
            refuse_too_deep(self.follow, self.back_to)
            self._undo(self.back_to)
            raise Again

    def _backward(self, event: RollBackward) -> None:
        """Everything after its point never happened: dropped where it waits, undone where it is written.

        Errors: FatalError NEC-W009; SourceError NEC-W012, before what waits is written.
        """
        self.at_tip = False
        point, first_slot = event.point, self.follow.found.first_slot
        if self.doubted is not None:
            if point.slot < self.back_to.point.slot:
                raise Again
            return
        if self.open.drop_after(point):
            return
        if point.slot >= first_slot:
            refuse_too_deep(self.follow, self._numbered(event), self.ahead)
        self._drain()
        known = [*self.follow.sink.known_blocks(), Numbered(ORIGIN)]
        is_known = any(one.point == point for one in known)
        if point.slot < first_slot and not is_known:
            raise faults.before_start(point, first_slot)
        to = self._numbered(event)
        refuse_too_deep(self.follow, to)
        if self._may_be_boundary(point) or (point.slot < self.after.slot and not is_known):
            self._undo(max((one for one in known if one.point.slot < point.slot), key=lambda one: one.point.slot))
            raise Again
        self._undo(to)
        self.gap = Coverage(min(self.gap.first, point.slot + 1), self.gap.last)
        self.open = OpenBatch(max(point.slot + 1, self.gap.first), self.open.number, *to)
        first = self.follow.found.first
        self.must_begin = first if first is not None and point.slot < first.slot else None
        if self.compiled.filters.ordered:
            self.pool.close()
            self.pool = self._inline()

    def _numbered(self, event: RollBackward) -> Numbered:
        return numbered(event.point, [Numbered(*event), *self.follow.sink.known_blocks()])

    def _may_be_boundary(self, point: Point) -> bool:
        """A boundary block shares its slot with the block after it: rows cannot be parted there by slot."""
        history = self.compiled.network.history
        return 0 <= point.slot < history.first_shelley_slot and point.slot % history.byron_epoch_slots == 0

    def _undo(self, to: Numbered) -> None:
        """In the database, in one transaction."""
        follow, point = self.follow, to.point
        filled = follow.sink.coverage()
        if not filled or filled[-1].last <= point.slot:
            return
        last = filled[-1].last
        epochs = epochs_of(self.compiled.network.history, point.slot, last)
        follow.keeper.roll_back(to, epochs)
        self.ahead = -1
        follow.filled = without_after(follow.filled, point.slot)
        follow.asked_epoch = -1
        follow.summary.rollbacks += 1
        told = f"the node went over to another fork: rolled back from slot {last:,} to {point}"
        follow.report.say("rollback", told, slot=point.slot, hash=point.hash.hex())
