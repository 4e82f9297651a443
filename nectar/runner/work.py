"""What is done with a batch, in whichever process: decode, filter, make rows, stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nectar.cardano.block import Block
from nectar.cardano.point import Point
from nectar.cardano.position import block_id
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.predicate import predicate
from nectar.config.genesis_files import genesis_of
from nectar.decode.block import decode_block
from nectar.decode.envelope import envelope
from nectar.errors import DecodeError
from nectar.processors.genesis import genesis_rows
from nectar.processors.learning import learn_addresses
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, RowBuffers
from nectar.runner.batch import Batch, is_boundary
from nectar.sinks.registry import stager
from nectar.sinks.seam import Layout, Quarantined, Staged


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a decoding process is told, once."""

    compiled: CompiledPlan
    layout: Layout
    database: str                          # the sink's name in the registry


class Counts(NamedTuple):
    """Of a batch: blocks, transactions seen, transactions that the filters kept, bytes of blocks."""

    blocks: int = 0
    seen: int = 0
    kept: int = 0
    bytes: int = 0


class Done(NamedTuple):
    """A batch in load form. With a `failure` the rows are those of the blocks before it, up to `last`, None without any."""

    number: int
    staged: Staged
    counts: Counts
    last: Point | None
    block_no: int
    quarantined: tuple[Quarantined, ...]
    failure: DecodeError | None


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

    def do(self, batch: Batch) -> Done:
        """Errors: those of decoding are in what it gives back; OverflowFatal, NetworkError (genesis) are raised."""
        blocks: list[Block] = []
        quarantined: list[Quarantined] = []
        for at, raw in enumerate(batch.raws):
            try:
                blocks.append(decode_block(raw, self._want, self._epoch_slots))
            except DecodeError as error:
                placed = _placed(error, raw, self._epoch_slots)
                if not self._quarantines:
                    return self._failed(batch, at, placed)
                quarantined.append(_kept_whole(placed))
        seen = sum(len(block.txs) for block in blocks)
        if self._keep is not None:
            blocks = [self._filtered(block) for block in blocks]
        staged = self._stager.stage(self._rows(batch, blocks))
        counts = Counts(len(blocks), seen, sum(len(block.txs) for block in blocks), sum(map(len, batch.raws)))
        last = Point(blocks[-1].slot, blocks[-1].hash) if blocks else None
        return Done(batch.number, staged, counts, last, blocks[-1].block_no if blocks else -1, tuple(quarantined), None)

    def _rows(self, batch: Batch, blocks: list[Block]) -> RowBuffers:
        out = self._buffers(batch)
        learn_addresses(blocks, self._network.network_id)
        for block in blocks:
            for processor, context in self._processors:
                processor.rows(block, out, context)
        return out

    def _buffers(self, batch: Batch) -> RowBuffers:
        out = RowBuffers(self._tables)
        if batch.previous is not None:
            out.previous = (batch.previous.hash, block_id(batch.previous.slot, is_boundary=False))
        if batch.genesis:
            genesis_rows(self._names, out, self._network, genesis_of(self._network), self._tables)
        return out

    def _failed(self, batch: Batch, at: int, error: DecodeError) -> Done:
        """What came before the block at `at`, made anew; a boundary block right before it must wait for its neighbour."""
        good = at - 1 if at and is_boundary(batch.raws[at - 1]) else at
        if not good:
            return Done(batch.number, Staged(b""), Counts(), None, -1, (), error)
        return self.do(batch._replace(raws=batch.raws[:good]))._replace(failure=error)

    def _filtered(self, block: Block) -> Block:
        keep = self._keep
        if keep is None or not block.txs:
            return block
        return block._replace(txs=[tx for tx in block.txs if keep(block, tx)])


def _placed(error: DecodeError, raw: bytes, epoch_slots: int) -> DecodeError:
    """The same with slot and hash from the header alone where the block's own decoding did not come that far."""
    if error.slot is not None and error.block_hash is not None:
        return error
    slot, digest = error.slot, error.block_hash
    try:
        found = envelope(raw, epoch_slots)
        slot, digest = found.slot, found.hash
    except DecodeError as again:
        slot, digest = again.slot, again.block_hash
    return DecodeError(
        error.what, slot=slot, block_hash=digest, path=error.path, raw=raw, hint=error.hint, code=error.code
    )


def _kept_whole(error: DecodeError) -> Quarantined:
    slot = error.slot if error.slot is not None else -1
    era = error.raw[1] if len(error.raw) > 1 else 0
    return Quarantined(slot, error.block_hash or b"", era, error.code, error.path, error.what, error.raw)
