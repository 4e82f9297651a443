"""What is done with a batch, in whichever process: decode, filter, make rows, stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nectar.cardano.block import Block
from nectar.cardano.point import Numbered, Point
from nectar.cardano.position import ITEM_BITS, TX_BITS, block_id, tx_id
from nectar.compiler.compiled import CompiledPlan
from nectar.decode.block import decode_block
from nectar.decode.envelope import envelope
from nectar.decode.want import Want
from nectar.errors import DecodeError, NectarError, UnknowableError
from nectar.filterlang.table_scope import table_scope
from nectar.filterlang.to_python import Surely, to_python
from nectar.filterlang.unknown import SCOPES, can_be_unknown
from nectar.genesis.files import genesis_of, governance_of
from nectar.processors.address_cache import AddressCache
from nectar.processors.genesis import genesis_rows
from nectar.processors.pruning import cut_links, every_dimension, keep_named, keep_rows, merge, named_dimensions
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.runner.decoding.batch import Batch, is_boundary
from nectar.runner.decoding.filtering import Ask, Chooser, Chosen, Part, Tally, filter_functions
from nectar.runner.decoding.genesis_block import genesis_block
from nectar.runner.decoding.quarantine import kept_whole, placed, places
from nectar.runner.decoding.tracked_outputs import NOTHING, WatchState
from nectar.sinks.base import Layout, Quarantined, Staged
from nectar.sinks.registry import stager
from nectar.tables import Kind, Place


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a decoding process is told, once."""

    compiled: CompiledPlan
    layout: Layout
    database: str  # the sink's name in the registry
    dry: bool = False  # nothing is written: things are told one by one, so that each can be counted once


class Counts(NamedTuple):
    """Of a batch: blocks, transactions seen, transactions that the filters kept, bytes of blocks; and what each filter
    answered, by name: `where`, or a table's."""

    blocks: int = 0
    seen: int = 0
    kept: int = 0
    bytes: int = 0
    filters: tuple[tuple[str, Tally], ...] = ()


class Done(NamedTuple):
    """A batch in load form. With a `failure` the rows are those of the blocks before it, up to `last`, None without any.
    `earlier`: its blocks before the last that a fork may undo."""

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
    """Of a batch's blocks: those with the transactions that are kept whole, those with some kept in part."""

    whole: list[Block] = field(default_factory=list)
    parts: list[tuple[Block, list[Part]]] = field(default_factory=list)
    seen: int = 0
    kept: int = 0


class Worker:
    """Built once in each process; `do` is called for every batch."""

    def __init__(self, job: Job, state: WatchState = NOTHING, ask: Ask | None = None) -> None:
        compiled = job.compiled
        self._ask = ask
        self._network, self._want = compiled.network, compiled.want
        self._epoch_slots = compiled.network.byron_epoch_slots
        self._tables = compiled.tables
        self._chooser = Chooser(compiled, state) if compiled.filters.where is not None else None
        self._keeps_blocks = compiled.filters.keep == "block"
        self._row_filters = _row_filters(compiled)
        self._dimensions = every_dimension(compiled.tables)
        self._filtered = named_dimensions(compiled.tables, self._row_filters)
        self._every = any(one.name == "blocks" and one.options["every"] for one in compiled.processors)
        self._quarantines = compiled.plan.sync.on_decode_error == "quarantine"
        self._addresses = addresses = AddressCache()
        self._processors = [
            (PROCESSORS[one.name], Context(compiled.network, one.options, addresses)) for one in compiled.processors
        ]
        self._names = tuple(one.name for one in compiled.processors)
        self._stager, self._dry = stager(job.database, job.layout), job.dry

    def do(self, batch: Batch) -> Done:
        """Errors: those of decoding, blocks that cannot be made rows, and UnknowableError (a filter's answer is unknown), are in
        what it gives back; what genesis raises (GenesisError, UnknowableError) is raised."""
        unfit: dict[bytes | None, DecodeError] = {}
        while True:
            try:
                return self._do(batch, unfit)
            except DecodeError as error:  # found while rows were made: once more, without that block
                if error.block_hash is None or error.block_hash in unfit:
                    raise
                unfit[error.block_hash] = error
                if self._chooser is not None:
                    self._chooser.undo()

    def _do(self, batch: Batch, unfit: Mapping[bytes | None, DecodeError]) -> Done:
        chooser = self._chooser
        if chooser is not None:
            chooser.begin()
        out = self._buffers(batch)
        gathered = _Gathered()
        quarantined: list[Quarantined] = []
        before = batch.ask_after if self._ask is not None and chooser is not None and chooser.asks else None
        for at, raw in enumerate(batch.raws):
            want = self._want
            if chooser is not None and chooser.rejects and before is None and not chooser.may_match(raw):
                if not self._every:
                    continue
                want = Want.SUMS
            try:
                block = decode_block(raw, want, self._epoch_slots)
                if block.hash in unfit:
                    raise unfit[block.hash]
            except DecodeError as error:
                refused = placed(error, raw, self._epoch_slots)
                if not self._quarantines:
                    return self._failed(batch, at, refused)
                quarantined.append(kept_whole(refused))
                continue
            gathered.seen += len(block.txs)
            if chooser is None:
                gathered.whole.append(block)
                continue
            if before is not None and self._ask is not None:
                chooser.learn(block, before, self._ask)
                before = Point(block.slot, block.hash)
            try:
                self._choose(block, gathered, out)
            except UnknowableError as error:
                return self._failed(batch, at, error)
        kept = gathered.seen if chooser is None else gathered.kept
        self._rows(gathered, out)
        staged = self._stager.stage(out)
        if self._dry:
            staged = replace(staged, things=self._things(out))
        read = len(batch.raws) - len(quarantined)
        counts = Counts(read, gathered.seen, kept, sum(map(len, batch.raws)), self._tallies())
        return Done(batch.number, staged, counts, batch.last, batch.last_no, tuple(quarantined), None)

    def _choose(self, block: Block, gathered: _Gathered, out: RowBuffers) -> None:
        """A block of which nothing is kept has no row, unless the plan wants every block's.

        Right after it was decoded: what it kept decides whether the next block must be decoded at all.
        """
        assert self._chooser is not None
        before = self._chooser.tally.kept
        with places(block):
            chosen: Chosen = self._chooser.choose(block)
        gathered.kept += len(chosen.whole) if self._keeps_blocks else self._chooser.tally.kept - before
        if chosen.watched:
            out.facts["nectar_watched"].extend(chosen.watched)
        if self._every or chosen.whole or chosen.parts:
            gathered.whole.append(block._replace(txs=chosen.whole))
        if chosen.parts:
            gathered.parts.append((block._replace(txs=[part.tx for part in chosen.parts]), chosen.parts))

    def _things(self, out: RowBuffers) -> dict[str, list[tuple[Any, int]]]:
        """Every thing that the batch shows, with the slot where it does first."""
        found: dict[str, list[tuple[Any, int]]] = {}
        for table in self._dimensions:
            at, bits = table.column_names.index(table.first), 1 if table.place is Place.BLOCK else TX_BITS
            found[table.name] = [(key, row[at] >> bits) for key, row in out.dimensions[table.name].items()]
        return found

    def _tallies(self) -> tuple[tuple[str, Tally], ...]:
        """What the filters answered since this was asked last."""
        found: dict[str, Tally] = {}
        if self._chooser is not None:
            found["where"], self._chooser.tally = self._chooser.tally, Tally()
        for name, one in self._row_filters.items():
            found[name], one.tally = one.tally, Tally()
        return tuple(found.items())

    def _rows(self, gathered: _Gathered, out: RowBuffers) -> None:
        """All rows of the batch."""
        parts = gathered.parts
        self._addresses.learn([*gathered.whole, *(block for block, _ in parts)], self._network.network_id)
        for block in gathered.whole:
            with places(block):
                for processor, context in self._processors:
                    processor.rows(block, out, context)
        if parts:
            merge(out, self._rows_of_parts(parts), self._tables)
        for name, one in self._row_filters.items():
            one.apply(name, out)
            if name == "block":
                cut_links(out, next(table for table in self._tables if table.name == name))
        if self._row_filters:
            keep_named(out, self._tables, self._filtered)

    def _rows_of_parts(self, parts: list[tuple[Block, list[Part]]]) -> RowBuffers:
        """The rows of transactions kept in part: made whole, then taken out again but for those that were chosen."""
        out = RowBuffers(self._tables)
        known: dict[int, Part] = {}
        for block, some in parts:
            for part in some:
                known[tx_id(block.slot, part.tx.index)] = part
            with places(block):
                for name, (processor, context) in zip(self._names, self._processors, strict=True):
                    if name != "blocks":
                        processor.rows(block, out, context)
        for table in self._tables:
            if table.kind is Kind.FACT and table.place is Place.IN_TX:
                name = table.name

                def chosen(row: Row, name: str = name) -> bool:
                    part = known[row[0] >> ITEM_BITS]
                    return name in part.tables or row[0] in part.ids.get(name, ())

                keep_rows(out, name, chosen)
        keep_named(out, self._tables, self._dimensions)
        return out

    def _buffers(self, batch: Batch) -> RowBuffers:
        out = RowBuffers(self._tables)
        if batch.previous is not None and self._chooser is None:
            out.previous = (batch.previous.hash, block_id(batch.previous.slot, is_boundary=False))
        if batch.genesis:
            kept = None
            if self._chooser is not None:
                kept, watched = self._chooser.genesis(*genesis_block(genesis_of(self._network)))
                if watched:
                    out.facts["nectar_watched"].extend(watched)
            governance = governance_of(self._network) if "governance" in self._names else None
            genesis_rows(self._names, out, self._network, genesis_of(self._network), self._tables, kept, governance)
        return out

    def _failed(self, batch: Batch, at: int, error: NectarError) -> Done:
        """What came before the block at `at`, made anew; a boundary block right before it must wait for its neighbour."""
        if self._chooser is not None:
            self._chooser.undo()
        good = at - 1 if at and is_boundary(batch.raws[at - 1]) else at
        if not good:
            return Done(batch.number, Staged(b""), Counts(), None, -1, (), error)
        last = envelope(batch.raws[good - 1], self._epoch_slots)
        before = batch._replace(raws=batch.raws[:good], last=Point(last.slot, last.hash), last_no=last.block_no)
        return self.do(before)._replace(failure=error)


class _RowFilter:
    """A filter of one table's rows."""

    def __init__(self, surely: Surely, can_be_unknown: bool) -> None:
        self._surely, self._can_be_unknown = surely, can_be_unknown
        self.tally = Tally()

    def apply(self, name: str, out: RowBuffers) -> None:
        rows, true = out.facts[name], self._surely.true
        kept = [row for row in rows if true(row, out)]
        tally = self.tally
        tally.seen += len(rows)
        tally.kept += len(kept)
        tally.dropped += len(rows) - len(kept)
        if self._can_be_unknown and len(kept) < len(rows):
            false = self._surely.false
            unknown = sum(1 for row in rows if not true(row, out) and not false(row, out))
            tally.unknown += unknown
            tally.dropped -= unknown
        out.facts[name] = kept


def _row_filters(compiled: CompiledPlan) -> dict[str, _RowFilter]:
    if not compiled.filters.rows:
        return {}
    env = {**filter_functions(compiled), "pointed": _pointed}
    named = {table.name: table for table in compiled.tables}
    found: dict[str, _RowFilter] = {}
    for name, test in compiled.filters.rows:
        scope = table_scope(named[name], compiled.tables, when_made=True)
        found[name] = _RowFilter(to_python(test, env, [scope]), can_be_unknown(test, {**SCOPES, name: scope}))
    return found


def _pointed(out: RowBuffers, dimension: str, key: Any, place: int) -> Any:
    """A value of the thing that a row points at; None when it points at nothing."""
    row = out.dimensions[dimension].get(key)
    return None if row is None else row[place]
