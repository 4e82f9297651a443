"""What happens to a batch, in whichever process: decode, filter, make rows, stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nectar.cardano.block import Block
from nectar.cardano.point import Numbered, Point
from nectar.cardano.position import TX_BITS, block_id
from nectar.compiler.compiled import CompiledPlan
from nectar.decode.block import decode_block
from nectar.decode.envelope import envelope
from nectar.decode.want import Want
from nectar.errors import DecodeError, NectarError, UnknowableError
from nectar.genesis.files import genesis_of, governance_of
from nectar.processors.address_cache import AddressCache
from nectar.processors.genesis import genesis_rows
from nectar.processors.pruning import cut_links, every_dimension, keep_named, named_dimensions
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, RowBuffers
from nectar.runner.decoding.batch import Batch, is_boundary
from nectar.runner.decoding.filtering import Ask, Tally, TransactionFilter
from nectar.runner.decoding.genesis_block import genesis_block
from nectar.runner.decoding.partial import Part, merge, rows_of_parts
from nectar.runner.decoding.quarantine import locating_errors, quarantined_block, with_header
from nectar.runner.decoding.row_filter import row_filters
from nectar.runner.decoding.tracked_outputs import NOTHING, TrackedState
from nectar.sinks.base import Layout, Quarantined, Staged
from nectar.sinks.registry import stager
from nectar.tables import Place


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a decoding process is told, once."""

    compiled: CompiledPlan
    layout: Layout
    database: str  # the sink's name in the registry
    dry: bool = False  # nothing is written: dimension rows are listed, so that each can be counted once


class Counts(NamedTuple):
    """Of a batch: blocks, transactions seen, transactions that the filters kept, and bytes of blocks; `filters`: what each filter
    answered, by name: `where`, or a table's."""

    blocks: int = 0
    seen: int = 0
    kept: int = 0
    bytes: int = 0
    filters: tuple[tuple[str, Tally], ...] = ()


class DecodedBatch(NamedTuple):
    """A batch in the sink's load form. With a `failure`, the rows are those of the blocks before it, up to `last`, which is None
    when there is no such block. `earlier`: the batch's blocks before the last that a fork may undo."""

    number: int
    staged: Staged
    counts: Counts
    last: Point | None
    block_no: int
    quarantined: tuple[Quarantined, ...]
    failure: NectarError | None
    earlier: tuple[Numbered, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """A batch's blocks so far. `whole`: with the transactions that are kept whole; `parts`: with those that are kept in part."""

    out: RowBuffers
    whole: list[Block] = field(default_factory=list)
    parts: list[tuple[Block, list[Part]]] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    seen: int = 0
    kept: int = 0


class _RefusedBlockError(Exception):
    """The job ends with the block at `at`, for `error`."""

    def __init__(self, at: int, error: NectarError) -> None:
        super().__init__()
        self.at, self.error = at, error


class Worker:
    """Built once in each process; `do` is called for every batch."""

    def __init__(self, job: Job, state: TrackedState = NOTHING, ask: Ask | None = None) -> None:
        compiled = job.compiled
        self._ask = ask
        self._network, self._want = compiled.network, compiled.want
        self._epoch_slots = compiled.network.byron_epoch_slots
        self._tables = compiled.tables
        self._filter = TransactionFilter(compiled, state) if compiled.filters.where is not None else None
        self._keeps_blocks = compiled.filters.keep == "block"
        self._row_filters = row_filters(compiled)
        self._dimensions = every_dimension(compiled.tables)
        self._filtered = named_dimensions(compiled.tables, self._row_filters)
        processors = compiled.processors
        self._every = any(processor.name == "blocks" and processor.options["every"] for processor in processors)
        self._quarantines = compiled.plan.sync.on_decode_error == "quarantine"
        self._names = tuple(processor.name for processor in processors)
        self._addresses = AddressCache()
        contexts = [Context(compiled.network, processor.options, self._addresses) for processor in processors]
        self._processors = [(PROCESSORS[name], context) for name, context in zip(self._names, contexts, strict=True)]
        self._stager, self._dry = stager(job.database, job.layout), job.dry

    def do(self, batch: Batch) -> DecodedBatch:
        """Errors of decoding, of blocks that cannot be made rows, and UnknowableError (a filter's answer is unknown) are in the
        result's `failure`. Errors: GenesisError or UnknowableError of genesis."""
        refused: dict[bytes | None, DecodeError] = {}
        while True:
            try:
                return self._do(batch, refused)
            except _RefusedBlockError as failed:
                return self._before(batch, failed.at, failed.error)
            except DecodeError as error:  # found while rows were made: once more, without that block
                if error.block_hash is None or error.block_hash in refused:
                    raise
                refused[error.block_hash] = error
                if self._filter is not None:
                    self._filter.undo()

    def _do(self, batch: Batch, refused: Mapping[bytes | None, DecodeError]) -> DecodedBatch:
        tx_filter = self._filter
        if tx_filter is not None:
            tx_filter.begin()
        gathered = _Gathered(self._buffers(batch))
        ask_after = batch.ask_after if self._ask is not None and tx_filter is not None and tx_filter.asks else None
        for at, raw in enumerate(batch.raws):
            want = self._want if tx_filter is None or ask_after is not None else self._prefilter(raw, tx_filter)
            block = None if want is None else self._decode(at, raw, want, refused, gathered)
            if block is None:
                continue
            gathered.seen += len(block.txs)
            if tx_filter is None:
                gathered.whole.append(block)
                continue
            if ask_after is not None:
                ask_after = self._ask_node(block, ask_after, tx_filter)
            self._choose(at, block, gathered, tx_filter)
        return self._staged(batch, gathered)

    def _prefilter(self, raw: bytes, tx_filter: TransactionFilter) -> Want | None:
        """What to decode of a raw block: None when nothing of it is kept and the plan does not want every block's row."""
        if not tx_filter.rejects or tx_filter.may_match(raw):
            return self._want
        return Want.SUMS if self._every else None

    def _decode(
        self, at: int, raw: bytes, want: Want, refused: Mapping[bytes | None, DecodeError], gathered: _Gathered
    ) -> Block | None:
        """None when the block is quarantined. `refused`: blocks of which no rows could be made, by hash."""
        try:
            block = decode_block(raw, want, self._epoch_slots)
            if block.hash in refused:
                raise refused[block.hash]
        except DecodeError as error:
            located = with_header(error, raw, self._epoch_slots)
            if not self._quarantines:
                raise _RefusedBlockError(at, located) from error
            gathered.quarantined.append(quarantined_block(located))
            return None
        return block

    def _ask_node(self, block: Block, after: Point, tx_filter: TransactionFilter) -> Point:
        """Asks the node for outputs that the block spends, as they were after the block before it, `after`. Gives the block."""
        assert self._ask is not None
        tx_filter.learn(block, after, self._ask)
        return Point(block.slot, block.hash)

    def _choose(self, at: int, block: Block, gathered: _Gathered, tx_filter: TransactionFilter) -> None:
        """A block of which nothing is kept has no row, unless the plan wants every block's.

        This comes right after decoding: what a block keeps decides whether the next one must be decoded at all.
        """
        before = tx_filter.tally.kept
        try:
            with locating_errors(block):
                chosen = tx_filter.choose(block)
        except UnknowableError as error:
            raise _RefusedBlockError(at, error) from error
        gathered.kept += len(chosen.whole) if self._keeps_blocks else tx_filter.tally.kept - before
        if chosen.tracked:
            gathered.out.facts["nectar_watched"].extend(chosen.tracked)
        if self._every or chosen.whole or chosen.parts:
            gathered.whole.append(block._replace(txs=chosen.whole))
        if chosen.parts:
            gathered.parts.append((block._replace(txs=[part.tx for part in chosen.parts]), chosen.parts))

    def _staged(self, batch: Batch, gathered: _Gathered) -> DecodedBatch:
        kept = gathered.seen if self._filter is None else gathered.kept
        self._add_rows(gathered)
        staged = self._stager.stage(gathered.out)
        if self._dry:
            staged = replace(staged, dimensions=self._dimension_rows(gathered.out))
        read = len(batch.raws) - len(gathered.quarantined)
        counts = Counts(read, gathered.seen, kept, sum(map(len, batch.raws)), self._tallies())
        return DecodedBatch(batch.number, staged, counts, batch.last, batch.last_no, tuple(gathered.quarantined), None)

    def _dimension_rows(self, out: RowBuffers) -> dict[str, list[tuple[Any, int]]]:
        """By dimension: each key that the batch has, with the slot where it was seen first."""
        rows: dict[str, list[tuple[Any, int]]] = {}
        for table in self._dimensions:
            at, bits = table.column_names.index(table.first), 1 if table.place is Place.BLOCK else TX_BITS
            rows[table.name] = [(key, row[at] >> bits) for key, row in out.dimensions[table.name].items()]
        return rows

    def _tallies(self) -> tuple[tuple[str, Tally], ...]:
        """What the filters answered since this was called last."""
        tallies: dict[str, Tally] = {}
        if self._filter is not None:
            tallies["where"], self._filter.tally = self._filter.tally, Tally()
        for name, row_filter in self._row_filters.items():
            tallies[name], row_filter.tally = row_filter.tally, Tally()
        return tuple(tallies.items())

    def _add_rows(self, gathered: _Gathered) -> None:
        """Adds all rows of the batch to its buffers."""
        out, parts = gathered.out, gathered.parts
        self._addresses.learn([*gathered.whole, *(block for block, _ in parts)], self._network.network_id)
        for block in gathered.whole:
            with locating_errors(block):
                for processor, context in self._processors:
                    processor.rows(block, out, context)
        if parts:
            merge(out, rows_of_parts(parts, self._add_rows_in_block, self._tables, self._dimensions), self._tables)
        for name, row_filter in self._row_filters.items():
            row_filter.apply(name, out)
            if name == "block":
                cut_links(out, next(table for table in self._tables if table.name == name))
        if self._row_filters:
            keep_named(out, self._tables, self._filtered)

    def _add_rows_in_block(self, block: Block, out: RowBuffers) -> None:
        """All rows but the block's own."""
        for name, (processor, context) in zip(self._names, self._processors, strict=True):
            if name != "blocks":
                processor.rows(block, out, context)

    def _buffers(self, batch: Batch) -> RowBuffers:
        """Empty buffers, or those with the rows of genesis."""
        out = RowBuffers(self._tables)
        if batch.previous is not None and self._filter is None:
            out.previous = (batch.previous.hash, block_id(batch.previous.slot, is_boundary=False))
        if batch.genesis:
            kept = None
            if self._filter is not None:
                kept, tracked = self._filter.genesis(*genesis_block(genesis_of(self._network)))
                if tracked:
                    out.facts["nectar_watched"].extend(tracked)
            governance = governance_of(self._network) if "governance" in self._names else None
            genesis_rows(self._names, out, self._network, genesis_of(self._network), self._tables, kept, governance)
        return out

    def _before(self, batch: Batch, at: int, error: NectarError) -> DecodedBatch:
        """Decodes again the blocks before the one at `at`. A boundary block right before it must wait for the block after it."""
        if self._filter is not None:
            self._filter.undo()
        count = at - 1 if at and is_boundary(batch.raws[at - 1]) else at
        if not count:
            return DecodedBatch(batch.number, Staged(b""), Counts(), None, -1, (), error)
        last = envelope(batch.raws[count - 1], self._epoch_slots)
        before = batch._replace(raws=batch.raws[:count], last=Point(last.slot, last.hash), last_no=last.block_no)
        return self.do(before)._replace(failure=error)
