"""What a run keeps of its batches: commits them in the chain's order, counts, and tells how far it is."""

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
from nectar.runner.decoding.worker import Done
from nectar.runner.report import Progress, Report
from nectar.runner.summary import Summary
from nectar.sinks.base import Commit, Epochs, Sink
from nectar.sinks.seen_dimensions import SeenDimensions
from nectar.whole_file import write_whole


@dataclass(slots=True)
class Keeper:
    """Without a `sink` everything is counted and nothing written. `highest`: the highest block number that was ever committed."""

    compiled: CompiledPlan
    sink: Sink | None
    target: Target
    report: Report
    summary: Summary
    began: float
    highest: int = -1
    things: SeenDimensions = field(default_factory=SeenDimensions)

    def __post_init__(self) -> None:
        if self.sink is not None:
            self.highest = max([self.sink.highest_block_no(), *(one.block_no for one in self.sink.known_blocks())])

    def take(self, covered: Coverage, done: Done, *, live: bool = False) -> None:
        """Errors: the batch's own failure, after what came before that block is committed."""
        if done.failure is not None and done.last is not None:
            covered = Coverage(covered.first, done.last.slot)
        if done.failure is None or done.last is not None:
            self.count(done, self.commit(covered, done, live))
        if done.failure is not None:
            raise self._kept(done.failure) if isinstance(done.failure, DecodeError) else done.failure

    def commit(self, covered: Coverage, done: Done, live: bool = False) -> dict[str, int]:
        """Rows that came, by table. May be called by several threads. Errors: the sink's; TooBigError, before anything is
        written, when it is more than the profile wants in one transaction."""
        sink, compiled = self.sink, self.compiled
        if sink is None:
            return self.things.count(done.staged)
        self._refuse_too_much(done)
        epochs = epochs_of(compiled.network.history, covered.first, covered.last)
        replace = not compiled.plan.sync.skip_existing
        point = done.last or ORIGIN
        earlier = tuple(one for one in done.earlier if one.point.slot < point.slot)
        highest = max(self.highest, done.block_no)
        commit = Commit(done.staged, point, done.block_no, covered, epochs, done.quarantined, replace, live, earlier, highest)
        came = sink.commit(commit)
        self.highest = max(self.highest, highest)
        return came

    def roll_back(self, to: Numbered, epochs: Epochs) -> None:
        """In the database, in one transaction. Further back than `to` no later fork may go than from k blocks after it."""
        assert self.sink is not None
        if to.block_no >= 0 or to.point == ORIGIN:
            self.highest = min(self.highest, to.block_no + self.compiled.network.security_parameter)
        self.sink.roll_back(to, epochs, self.highest)

    def _refuse_too_much(self, done: Done) -> None:
        if not isinstance(self.target, Server) or done.counts.blocks <= 1:
            return
        rows, size = sum(done.staged.rows.values()), len(done.staged.load_form)
        over = max(rows / self.target.batch_rows, size / self.target.batch_bytes)
        if over > 1:
            what = f"a batch of {rows:,} rows and {size:,} bytes is more than [limits] batch_rows and batch_bytes allow"
            raise TooBigError(what, where=str(self.target), code="NEC-R010", over=over)

    def count(self, done: Done, came: dict[str, int]) -> None:
        """Into the summary."""
        summary, counts = self.summary, done.counts
        summary.blocks += counts.blocks
        summary.transactions += counts.seen
        summary.kept += counts.kept
        summary.bytes += counts.bytes
        summary.quarantined += len(done.quarantined)
        for name, count in came.items():
            summary.rows[name] += count
        for name, tally in counts.filters:
            summary.filters.setdefault(name, Tally()).add(tally)

    def tell(self, slot: int, share: float) -> None:
        """How far it is: everything up to `slot`, and that is `share` of the job."""
        summary = self.summary
        era = self.compiled.network.history.era_at(max(slot, 0))
        seconds = time.monotonic() - self.began
        told = {name: asdict(tally) for name, tally in summary.filters.items()}
        self.report.progress(Progress(summary.blocks, summary.transactions, slot, era, share, seconds, told))

    def _kept(self, error: DecodeError) -> DecodeError:
        """The same error, with the file that now holds the block's bytes."""
        if self.sink is None or self.summary.dry_run:
            return error
        kept = kept_apart(quarantine_folder(self.target), error)
        hint = f'{kept}; everything before it is committed. To go on without it set on_decode_error = "quarantine" in [sync]'
        return type(error)(
            error.what, slot=error.slot, block_hash=error.block_hash, path=error.path, raw=error.raw, hint=hint, code=error.code
        )


def kept_apart(folder: Path, error: DecodeError) -> str:
    """Writes the block's bytes into a file of its own, and says where; what is there already stays as it is."""
    name = f"{error.slot}-{(error.block_hash or b'').hex()[:16] or blake2b(error.raw, digest_size=8).hexdigest()}.block"
    file = folder / name
    try:
        folder.mkdir(exist_ok=True)
        if not file.is_symlink() and file.is_file() and file.read_bytes() == error.raw:
            return f"its bytes are in {file}"
        return f"its bytes are in {write_whole(file, error.raw)}"
    except OSError as trouble:
        return f"its bytes could not be kept in {file}: {(trouble.strerror or str(trouble)).lower()}"


def quarantine_folder(target: Target) -> Path:
    """Where blocks that cannot be decoded are kept: beside a file, else in the working folder."""
    if isinstance(target, Server):
        return Path(f"{target.host}-{target.database}.quarantine")
    return target.path.with_name(target.path.name + ".quarantine")


def epochs_of(history: EraHistory, first_slot: int, last_slot: int) -> Epochs:
    """Epochs that slots `first_slot` to `last_slot` belong to, and the ids of all blocks those epochs can have."""
    first, last = history.epoch_of(max(first_slot, 0)), history.epoch_of(max(last_slot, 0))
    return Epochs(first, last, history.first_slot_of_epoch(first) * 2, history.last_slot_of_epoch(last) * 2 + 1)
