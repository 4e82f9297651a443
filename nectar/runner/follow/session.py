"""A node's chain, followed: gap by gap, at the tip for ever, lost connections made anew."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nectar.cardano.block import TxOut
from nectar.cardano.point import Point
from nectar.cardano.position import block_id
from nectar.coverage import Coverage, merged, missing, slot_count
from nectar.errors import NectarError, TooBigError, TransientError
from nectar.processors.epoch_param import epoch_param_rows
from nectar.processors.rows import RowBuffers
from nectar.runner.backfill import smaller
from nectar.runner.committing.committer import Keeper, epochs_of
from nectar.runner.decoding.batch import limits_of
from nectar.runner.decoding.worker import Job
from nectar.runner.follow.gap import TIMES, Again, Stretch
from nectar.runner.follow.ledger_state import Ledger
from nectar.runner.report import Report
from nectar.runner.retry import Patience
from nectar.runner.signals import Halted, Stop
from nectar.runner.summary import Summary
from nectar.sinks.base import Sink
from nectar.sinks.registry import stager
from nectar.sources.node.bounds import NodeRange
from nectar.sources.node.source import NodeSource


@dataclass(slots=True)
class Follow:
    """One job on a node's chain. `filled`: slots that are not to be done (again)."""

    job: Job
    source: NodeSource
    found: NodeRange
    sink: Sink
    keeper: Keeper
    workers: int  # 0: the machine's cores
    once: bool
    report: Report
    stop: Stop
    summary: Summary
    filled: list[Coverage]
    ledger: Ledger
    accepted: int = 0  # blocks that a fork may go back, where that is more than k
    live: bool = False  # everything that follows from rows is done, and is kept so
    share: float = 1.0  # of a batch's usual size
    asked_epoch: int = -1  # whose parameters the database has
    settled: bool = False  # at the tip, and everything that came is written
    told_tip: bool = False  # since the connection was made
    began: float = field(default_factory=time.monotonic)
    there: tuple[Coverage, ...] = ()  # filled before the job began

    def __post_init__(self) -> None:
        self.there = tuple(self.filled)

    def share_done(self) -> float:
        """Of the slots that were missing when the job began, up to the node's tip."""
        tip = self.source.tip
        first, last = self.asked.first, self.asked.last if tip is None else min(self.asked.last, tip.point.slot)
        before = slot_count(self.there, first, last)
        done = slot_count(self.filled, first, last) - before
        return min(max(done / max(last - first + 1 - before, 1), 0.0), 1.0)

    @property
    def asked(self) -> Coverage:
        return Coverage(self.found.first_slot, self.found.last_slot)

    @property
    def loads_again(self) -> bool:
        """Slots that are filled are loaded anew."""
        return not self.job.compiled.plan.sync.skip_existing

    def run(self) -> None:
        """Until the plan's end, or `stop`. Errors: NectarError; what was committed before one stays."""
        patience = Patience()
        while not self.stop:
            try:
                gaps = missing(self.asked, self.filled)
                if not gaps or Stretch(self, gaps[0], patience).run():
                    return
            except Again:
                continue
            except Halted:
                return
            except TooBigError as error:
                limits = limits_of(self.job.compiled, self.keeper.target, self.share, TIMES)
                self.share = smaller(self.share, limits, error, self.report)
            except TransientError as error:
                self.source.close()
                self.settled = self.settled and bool(self.stop)
                if self.stop:
                    return
                patience.wait(error, self.report, self.stop)
            finally:
                self.told_tip = False
                self.source.close()
                self.ledger.close()
                self.summary.seconds = time.monotonic() - self.began

    def unspent(self, after: Point, names: Sequence[tuple[bytes, int]]) -> Mapping[tuple[bytes, int], TxOut]:
        """Outputs that the plan's filter asks about and the database does not know, from the node's ledger."""
        try:
            return self.ledger.outputs(after, names)
        except NectarError as error:
            self.report.say("note", f"{len(names)} spent outputs stay unknown: {error}")
            return {}

    def learn_parameters(self, at: Point) -> None:
        """At the tip: the parameters of the epoch of the block `at`, once."""
        compiled = self.job.compiled
        if not any(one.name == "blocks" and one.options["epoch_param"] for one in compiled.processors):
            return
        history = compiled.network.history
        epoch = history.epoch_of(max(at.slot, 0))
        if at.slot < max(self.found.first_slot, 0) or epoch == self.asked_epoch:
            return
        try:
            found = self.ledger.parameters(at)
        except NectarError as error:
            self.report.say("note", f"epoch {epoch} has no row in epoch_param yet: {error}")
            return
        row, costs = epoch_param_rows(epoch, history.first_slot_of_epoch(epoch), block_id(at.slot, is_boundary=False), found)
        rows = RowBuffers(self.job.layout.tables)
        rows.facts["epoch_param"].append(row)
        if costs is not None and "cost_model" in rows.dimensions:
            rows.dimensions["cost_model"][costs[0]] = costs
        staged = stager(self.job.database, self.job.layout).stage(rows)
        self.sink.write_once(staged)
        self.asked_epoch = epoch

    def tell_tip(self, at: Point) -> None:
        """Once a connection: from here on it is waiting for blocks that a person sees, not hanging."""
        if not self.told_tip:
            self.told_tip = True
            until = "until told to stop" if self.found.follows else "until the plan's end"
            self.report.say("tip", f"at the tip, {at}: following {until}", slot=at.slot, hash=at.hash.hex())

    def finish(self) -> None:
        """At the tip: what follows from the rows is completed once, and from then on with every commit."""
        if not self.live and self.sink.coverage():
            if not self.job.dry:
                self.report.say("closing", "building indexes and resolving inputs")
            self.live = self.finish_now()

    def finish_now(self) -> bool:
        """False when stopped before the end."""
        covered = merged(self.sink.coverage())
        if not covered:
            return False
        epochs = epochs_of(self.job.compiled.network.history, covered[0].first, covered[-1].last)
        done = self.sink.finish(epochs, self.stop.__bool__, live=True)
        self.summary.closing = done.took or self.summary.closing
        return done.whole
