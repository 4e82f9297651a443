"""What is done with a batch, in whichever process: decode, filter, make rows, stage."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import NamedTuple

from nectar.cardano.block import Block
from nectar.cardano.point import Era, Point
from nectar.cardano.position import block_id
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.predicate import predicate
from nectar.config.genesis_files import genesis_of
from nectar.decode.block import decode_block
from nectar.decode.envelope import envelope
from nectar.errors import DecodeError
from nectar.processors.genesis import genesis_rows
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, RowBuffers
from nectar.runner.batch import Batch
from nectar.sinks.registry import stager
from nectar.sinks.seam import Layout, Quarantined, Staged

COLLECT_EVERY = 64             # batches between two runs of the garbage collector


class Counts(NamedTuple):
    """Of a batch: blocks, transactions seen, transactions that the filters kept, bytes of blocks."""

    blocks: int
    seen: int
    kept: int
    bytes: int


class Failure(NamedTuple):
    """A DecodeError in a form that travels between processes."""

    what: str
    slot: int | None
    block_hash: bytes | None
    path: str
    raw: bytes
    hint: str
    code: str

    def error(self) -> DecodeError:
        return DecodeError(
            self.what,
            slot=self.slot,
            block_hash=self.block_hash,
            path=self.path,
            raw=self.raw,
            hint=self.hint,
            code=self.code,
        )


class Done(NamedTuple):
    """A batch in load form. With a `failure` the rows are those of the blocks before it, up to `last`."""

    number: int
    staged: Staged
    counts: Counts
    last: Point
    block_no: int
    quarantined: tuple[Quarantined, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a decoding process is told, once."""

    compiled: CompiledPlan
    layout: Layout
    database: str                          # the sink's name in the registry


class Worker:
    """Built once in each process; `do` is called for every batch."""

    def __init__(self, job: Job) -> None:
        compiled = job.compiled
        self._network, self._want = compiled.network, compiled.want
        self._epoch_slots = compiled.network.byron_epoch_slots
        self._tables = compiled.tables
        self._keep = predicate(compiled.filters)
        self._quarantines = compiled.plan.sync.on_decode_error == "quarantine"
        self._processors = [(PROCESSORS[one.name], Context(compiled.network, one.options)) for one in compiled.processors]
        self._names = tuple(one.name for one in compiled.processors)
        self._stager = stager(job.database, job.layout)
        self._batches = 0

    def do(self, batch: Batch) -> Done:
        out = RowBuffers(self._tables)
        if batch.previous is not None:
            point, boundary = batch.previous
            out.previous = (point.hash, block_id(point.slot, boundary))
        if batch.genesis:
            genesis_rows(self._names, out, self._network, genesis_of(self._network), self._tables)
        blocks = seen = kept = size = 0
        last, block_no = Point(batch.covered.first - 1, b""), -1
        quarantined: list[Quarantined] = []
        failure: Failure | None = None
        for raw in batch.raws:
            try:
                block = decode_block(raw, self._want, self._epoch_slots)
            except DecodeError as error:
                if not self._quarantines:
                    failure = _failure(error)
                    break
                quarantined.append(_kept_whole(error, raw, self._epoch_slots))
                out.previous = None
                continue
            seen += len(block.txs)
            if self._keep is not None and block.txs:
                block = self._filtered(block)
            kept += len(block.txs)
            for processor, context in self._processors:
                processor.rows(block, out, context)
            blocks += 1
            size += len(raw)
            last, block_no = Point(block.slot, block.hash), block.block_no
        staged = self._stager.stage(out)
        self._tidy()
        if failure is None:
            last = batch.last
        return Done(batch.number, staged, Counts(blocks, seen, kept, size), last, block_no, tuple(quarantined), failure)

    def _filtered(self, block: Block) -> Block:
        keep = self._keep
        assert keep is not None
        return block._replace(txs=[tx for tx in block.txs if keep(block, tx)])

    def _tidy(self) -> None:
        """Decoded blocks have no cycles: the collector would walk them for nothing, so it runs between batches, seldom."""
        self._batches += 1
        if self._batches == 1:
            gc.collect()
            gc.freeze()
            gc.disable()
        elif self._batches % COLLECT_EVERY == 0:
            gc.collect()


def _failure(error: DecodeError) -> Failure:
    return Failure(error.what, error.slot, error.block_hash, error.path, error.raw, error.hint, error.code)


def _kept_whole(error: DecodeError, raw: bytes, epoch_slots: int) -> Quarantined:
    """Slot and hash from the header alone where the block's own decoding did not come that far."""
    slot, digest = error.slot, error.block_hash
    if slot is None or digest is None:
        try:
            found = envelope(raw, epoch_slots)
            slot, digest = found.slot, found.hash
        except DecodeError as again:
            slot, digest = again.slot if again.slot is not None else -1, again.block_hash or b""
    era = raw[1] if len(raw) > 1 else int(Era.BYRON_EBB)
    return Quarantined(slot, digest, era, error.code, error.path, error.what, raw)
