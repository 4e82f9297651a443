"""One job on a node's chain: what it is made of, how far it is, and what it does at the tip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nectar.cardano.block import TxOut
from nectar.cardano.point import Numbered, Point
from nectar.cardano.position import block_id
from nectar.coverage import Coverage, merged, slot_count, without_after
from nectar.errors import NectarError
from nectar.processors.epoch_param import epoch_param_rows
from nectar.processors.rows import RowBuffers
from nectar.runner.committing.committer import Committer, epochs_of
from nectar.runner.decoding.batch import BatchLimits, limits_of
from nectar.runner.decoding.worker import Job
from nectar.runner.follow.ledger_state import Ledger
from nectar.runner.follow.rollback import RollbackLimit
from nectar.runner.report import Report
from nectar.runner.signals import Stop
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Sink
from nectar.sinks.registry import stager
from nectar.sources.node.bounds import NodeRange, landmarks_of
from nectar.sources.node.source import NodeSource

TIMES = 4  # as many blocks in a batch as from chunk files: 4,000, or 2 MB


@dataclass(slots=True)
class FollowSession:
    """What the loop and a gap share. `filled`: slots that need not be done (again)."""

    job: Job
    source: NodeSource
    node_range: NodeRange
    sink: Sink
    committer: Committer
    workers: int  # 0: the machine's cores
    once: bool
    report: Report
    stop: Stop
    summary: RunSummary
    filled: list[Coverage]
    ledger: Ledger
    accepted_depth: int = 0  # blocks that a rollback may go back, where that is more than k
    live: bool = False  # derived columns are complete, and each commit keeps them so
    share: float = 1.0  # of a batch's usual size
    parameters_epoch: int = -1  # whose parameters the database has
    settled: bool = False  # at the tip, and everything that came is written
    told_tip: bool = False  # since the connection was made
    filled_before: tuple[Coverage, ...] = ()  # the job began

    def __post_init__(self) -> None:
        self.filled_before = tuple(self.filled)

    @property
    def asked(self) -> Coverage:
        return Coverage(self.node_range.first_slot, self.node_range.last_slot)

    @property
    def loads_again(self) -> bool:
        """Slots that are filled are loaded again."""
        return not self.job.compiled.plan.sync.skip_existing

    def share_done(self) -> float:
        """Share of the slots that were missing when the job began, up to the node's tip: 0 to 1."""
        tip = self.source.tip
        first, last = self.asked.first, self.asked.last if tip is None else min(self.asked.last, tip.point.slot)
        before = slot_count(self.filled_before, first, last)
        done = slot_count(self.filled, first, last) - before
        return min(max(done / max(last - first + 1 - before, 1), 0.0), 1.0)

    def batch_limits(self) -> BatchLimits:
        return limits_of(self.job.compiled, self.committer.target, self.share, TIMES)

    # -- intersection and rollback ---------------------------------------------------------------------------------

    def rollback_limit(self, ahead: int = -1) -> RollbackLimit:
        """`ahead`: the highest block number that is about to be committed."""
        return RollbackLimit(self.job.compiled.network, max(self.committer.highest, ahead), self.accepted_depth)

    def landmarks(self) -> list[Numbered]:
        """Blocks that the network's chain surely has: the eras' last ones, and the one that the plan names before its start."""
        marks = [Numbered(mark.point, mark.block_no) for mark in landmarks_of(self.source)]
        after = self.node_range.after
        return marks if after is None else [*marks, Numbered(after)]

    def roll_back(self, to: Numbered) -> None:
        """Deletes everything after `to` from the database, in one transaction."""
        point, filled = to.point, self.sink.coverage()
        if not filled or filled[-1].last <= point.slot:
            return
        last = filled[-1].last
        self.committer.roll_back(to, epochs_of(self.job.compiled.network.history, point.slot, last))
        self.filled = without_after(self.filled, point.slot)
        self.parameters_epoch = -1
        self.summary.rollbacks += 1
        text = f"the node switched to another fork: rolled back from slot {last:,} to {point}"
        self.report.say("rollback", text, slot=point.slot, hash=point.hash.hex())

    # -- at the tip ------------------------------------------------------------------------------------------------

    def unspent(self, after: Point, names: Sequence[tuple[bytes, int]]) -> Mapping[tuple[bytes, int], TxOut]:
        """Outputs that the plan's filter asks about and the database does not have, from the node's ledger."""
        try:
            return self.ledger.outputs(after, names)
        except NectarError as error:
            self.report.say("note", f"{len(names)} spent outputs stay unknown: {error}")
            return {}

    def learn_parameters(self, at: Point) -> None:
        """Writes the parameters of the epoch of the block `at`, the node's tip, once an epoch."""
        compiled = self.job.compiled
        if not any(processor.name == "blocks" and processor.options["epoch_param"] for processor in compiled.processors):
            return
        history = compiled.network.history
        epoch = history.epoch_of(max(at.slot, 0))
        if at.slot < max(self.node_range.first_slot, 0) or epoch == self.parameters_epoch:
            return
        try:
            parameters = self.ledger.parameters(at)
        except NectarError as error:
            self.report.say("note", f"epoch {epoch} has no row in epoch_param yet: {error}")
            return
        first_slot, block = history.first_slot_of_epoch(epoch), block_id(at.slot, is_boundary=False)
        row, costs = epoch_param_rows(epoch, first_slot, block, parameters)
        rows = RowBuffers(self.job.layout.tables)
        rows.facts["epoch_param"].append(row)
        if costs is not None and "cost_model" in rows.dimensions:
            rows.dimensions["cost_model"][costs[0]] = costs
        self.sink.write_once(stager(self.job.database, self.job.layout).stage(rows))
        self.parameters_epoch = epoch

    def tell_tip(self, at: Point) -> None:
        """Says once a connection that the job now waits for blocks and does not hang."""
        if not self.told_tip:
            self.told_tip = True
            until = "until told to stop" if self.node_range.follows else "until the plan's end"
            self.report.say("tip", f"at the tip, {at}: following {until}", slot=at.slot, hash=at.hash.hex())

    def finish(self) -> None:
        """Completes indexes and derived columns once; from then on each commit keeps them complete."""
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
        finished = self.sink.finish(epochs, self.stop.__bool__, live=True)
        self.summary.closing = finished.took or self.summary.closing
        return finished.whole
