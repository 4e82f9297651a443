"""Commits decoded batches, counts them into the summary, and reports progress."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path

from nectar.cardano.era_history import EraHistory
from nectar.cardano.point import ORIGIN, Numbered
from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Server, Target
from nectar.coverage import Coverage
from nectar.errors import DecodeError, TooBigError
from nectar.runner.decoding.filtering import Tally
from nectar.runner.decoding.worker import DecodedBatch
from nectar.runner.report import Progress, Report
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Commit, Epochs, Sink
from nectar.sinks.seen_dimensions import SeenDimensions
from nectar.whole_file import write_whole


@dataclass(slots=True)
class Committer:
    """Without a `sink` it counts everything and writes nothing. `highest`: the highest block number that was ever committed."""

    compiled: CompiledPlan
    sink: Sink | None
    target: Target
    report: Report
    summary: RunSummary
    began: float
    highest: int = -1
    dimensions: SeenDimensions = field(default_factory=SeenDimensions)

    def __post_init__(self) -> None:
        if self.sink is not None:
            self.highest = max([self.sink.highest_block_no(), *(block.block_no for block in self.sink.known_blocks())])

    def take(self, covered: Coverage, batch: DecodedBatch, *, live: bool = False) -> None:
        """Commits and counts a batch. Errors: the batch's own failure, after the blocks before it are committed."""
        failure = batch.failure
        if failure is not None and batch.last is not None:
            covered = Coverage(covered.first, batch.last.slot)
        if failure is None or batch.last is not None:
            self.count(batch, self.commit(covered, batch, live))
        if failure is not None:
            raise self._with_file(failure) if isinstance(failure, DecodeError) else failure

    def commit(self, covered: Coverage, batch: DecodedBatch, live: bool = False) -> dict[str, int]:
        """Rows inserted or changed, by table. Several threads may call it.

        Errors: the sink's; TooBigError, before anything is written, when the batch is above the profile's limits.
        """
        sink, compiled = self.sink, self.compiled
        if sink is None:
            return self.dimensions.count(batch.staged)
        self._refuse_too_big(batch)
        epochs = epochs_of(compiled.network.history, covered.first, covered.last)
        replace = not compiled.plan.sync.skip_existing
        point, number = batch.last or ORIGIN, batch.block_no
        earlier = tuple(block for block in batch.earlier if block.point.slot < point.slot)
        highest = max(self.highest, number)
        commit = Commit(batch.staged, point, number, covered, epochs, batch.quarantined, replace, live, earlier, highest)
        rows = sink.commit(commit)
        self.highest = max(self.highest, highest)
        return rows

    def roll_back(self, to: Numbered, epochs: Epochs) -> None:
        """Rolls the database back in one transaction. A later fork counts its depth from k blocks after `to`, at most."""
        assert self.sink is not None
        if to.block_no >= 0 or to.point == ORIGIN:
            self.highest = min(self.highest, to.block_no + self.compiled.network.security_parameter)
        self.sink.roll_back(to, epochs, self.highest)

    def _refuse_too_big(self, batch: DecodedBatch) -> None:
        if not isinstance(self.target, Server) or batch.counts.blocks <= 1:
            return
        rows, size = sum(batch.staged.rows.values()), len(batch.staged.load_form)
        over = max(rows / self.target.batch_rows, size / self.target.batch_bytes)
        if over > 1:
            what = f"a batch of {rows:,} rows and {size:,} bytes is more than [limits] batch_rows and batch_bytes allow"
            raise TooBigError(what, where=str(self.target), code="NEC-R010", over=over)

    def count(self, batch: DecodedBatch, rows: dict[str, int]) -> None:
        """Adds a committed batch to the summary; `rows` as `commit` gave them."""
        summary, counts = self.summary, batch.counts
        summary.blocks += counts.blocks
        summary.transactions += counts.seen
        summary.kept += counts.kept
        summary.bytes += counts.bytes
        summary.quarantined += len(batch.quarantined)
        for name, count in rows.items():
            summary.rows[name] += count
        for name, tally in counts.filters:
            summary.filters.setdefault(name, Tally()).add(tally)

    def tell(self, slot: int, share: float) -> None:
        """Reports progress: everything up to `slot` is committed, which is `share` of the job."""
        summary = self.summary
        era = self.compiled.network.history.era_at(max(slot, 0))
        seconds = time.monotonic() - self.began
        filters = {name: asdict(tally) for name, tally in summary.filters.items()}
        self.report.progress(Progress(summary.blocks, summary.transactions, slot, era, share, seconds, filters))

    def _with_file(self, error: DecodeError) -> DecodeError:
        """The error with the name of the file that now holds the block's bytes."""
        if self.sink is None or self.summary.dry_run:
            return error
        where = write_block(quarantine_folder(self.target), error)
        hint = f'{where}; everything before it is committed. To go on without it set on_decode_error = "quarantine" in [sync]'
        return type(error)(
            error.what, slot=error.slot, block_hash=error.block_hash, path=error.path, raw=error.raw, hint=hint, code=error.code
        )


def write_block(folder: Path, error: DecodeError) -> str:
    """Writes the block's bytes into a file, and says where. An existing file stays as it is."""
    name = f"{error.slot}-{(error.block_hash or b'').hex()[:16] or blake2b(error.raw, digest_size=8).hexdigest()}.block"
    file = folder / name
    try:
        folder.mkdir(exist_ok=True)
        if not file.is_symlink() and file.is_file() and file.read_bytes() == error.raw:
            return f"its bytes are in {file}"
        return f"its bytes are in {write_whole(file, error.raw)}"
    except OSError as os_error:
        return f"its bytes could not be kept in {file}: {(os_error.strerror or str(os_error)).lower()}"


def quarantine_folder(target: Target) -> Path:
    """The folder for blocks that cannot be decoded: beside a SQLite file, else in the working folder."""
    if isinstance(target, Server):
        return Path(f"{target.host}-{target.database}.quarantine")
    return target.path.with_name(target.path.name + ".quarantine")


def epochs_of(history: EraHistory, first_slot: int, last_slot: int) -> Epochs:
    """The epochs of slots `first_slot` to `last_slot`, and the ids of all blocks that those epochs can have."""
    first, last = history.epoch_of(max(first_slot, 0)), history.epoch_of(max(last_slot, 0))
    return Epochs(first, last, history.first_slot_of_epoch(first) * 2, history.last_slot_of_epoch(last) * 2 + 1)
