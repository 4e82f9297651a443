"""Which transactions of a block are kept, whole or in part, and which of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.point import Point
from nectar.cardano.position import GENESIS_SLOT, item_id, tx_id
from nectar.compiler.compiled import CompiledPlan
from nectar.decode.metadata_json import metadata_json
from nectar.errors import UnknowableError
from nectar.filterlang import tree
from nectar.filterlang.access import created_outputs
from nectar.filterlang.scopes import COLLECTIONS
from nectar.filterlang.search import Search, search, spends_any
from nectar.filterlang.to_needles import to_needles
from nectar.filterlang.to_python import functions, matching, to_python
from nectar.processors.metadata import left_out
from nectar.processors.registry import PROCESSORS
from nectar.runner.decoding.partial import Part
from nectar.runner.decoding.tracked_outputs import TrackedOutputs, TrackedState, watch_functions

_TOGETHER = {"certs": "certificates", "proposals": "governance"}
"""Collections whose elements have rows in several tables. All rows of that processor are kept together."""

Ask = Callable[[Point, Sequence[tuple[bytes, int]]], Mapping[tuple[bytes, int], TxOut]]
"""(block, outputs by name) -> the outputs that were unspent after the block, as far as the node's ledger tells."""

TrackedRow = tuple[int, bytes, int, int]
"""A row of nectar_watched: id, transaction's hash, index, bits."""


@dataclass(slots=True)
class Tally:
    """A filter's answers, counted. `seen`: how many it was asked about; `rejected`: blocks that the literal prefilter ruled out
    undecoded; `spends`: transactions that keep nothing but their spending of kept outputs."""

    seen: int = 0
    kept: int = 0
    dropped: int = 0
    unknown: int = 0
    rejected: int = 0
    spends: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Chosen:
    """What is kept of one block: transactions that are whole, transactions in part, and rows of nectar_watched."""

    whole: list[Tx]
    parts: list[Part]
    tracked: list[TrackedRow]


class TransactionFilter:
    """Built once in each decoding process of a plan with a filter of transactions."""

    def __init__(self, compiled: CompiledPlan, state: TrackedState) -> None:
        filters = compiled.filters
        assert filters.where is not None
        self._keep, self._on_unknown, self._can_be_unknown = filters.keep, filters.on_unknown, filters.unknown
        env = filter_functions(compiled)
        self._tracked: TrackedOutputs | None = None
        if filters.ordered:
            self._tracked = TrackedOutputs(filters.questions, env, state, writes_kept=filters.remembers)
            env |= watch_functions(self._tracked)
        self._follows = filters.follows
        self._surely = to_python(filters.where, env, questions=filters.questions)
        self._matches = list(_matches(filters.where, env)) if filters.keep == "row" else []
        self._tables = {processor: frozenset(_tables_of(compiled, processor)) for processor in _TOGETHER.values()}
        self._searches = _searches(compiled)
        self.tally = Tally()

    @property
    def rejects(self) -> bool:
        """Whether a raw block can be ruled out undecoded."""
        return bool(self._searches)

    @property
    def asks(self) -> bool:
        """Whether outputs from before the plan's start could change an answer: a node's ledger may know them."""
        return self._tracked is not None and self._tracked.asks

    def begin(self) -> None:
        """A batch begins: changes until the next one can be undone."""
        self.tally = Tally()
        if self._tracked is not None:
            self._tracked.begin()

    def undo(self) -> None:
        """As if the batch had not begun."""
        self.tally = Tally()
        if self._tracked is not None:
            self._tracked.undo()

    def may_match(self, raw: bytes) -> bool:
        """Whether a raw block must be decoded. A block that need not be is counted."""
        for contains in self._searches:
            if contains(raw):
                return True
        tracked = self._tracked
        if tracked is not None and tracked.outputs and spends_any(raw, tracked.outputs):
            return True
        self.tally.rejected += 1
        return False

    def learn(self, block: Block, after: Point, ask: Ask) -> None:
        """Asks for outputs that the block spends and that are not known; `after` is the block before it."""
        names = self._tracked.unknown(block.txs) if self._tracked is not None else []
        if names and self._tracked is not None:
            self._tracked.learn(ask(after, names))

    def choose(self, block: Block) -> Chosen:
        """Blocks must come in the chain's order. Errors: UnknowableError where an unknown answer is an error."""
        chosen = Chosen([], [], [])
        if self._keep == "block" and self._tracked is not None:
            return self._whole_block_in_order(block, chosen, self._tracked)
        if self._keep == "block":
            answers = [self._keeps(block, tx) for tx in block.txs]
            chosen.whole = list(block.txs) if any(answers) else []
            return chosen
        for tx in block.txs:
            self._add(block, tx, self._keeps(block, tx), chosen)
        return chosen

    def _whole_block_in_order(self, block: Block, chosen: Chosen, tracked: TrackedOutputs) -> Chosen:
        """Whether the block is kept is known at its end only; outputs that the block itself makes count before."""
        matched, mark = False, tracked.mark()
        for tx in block.txs:
            matched = self._keeps(block, tx) or matched
            tracked.passed(tx, ())
        tracked.undo_to(mark)
        for tx in block.txs:
            self._add(block, tx, matched, chosen, whole=True)
        return chosen

    def _keeps(self, block: Block, tx: Tx) -> bool:
        tally = self.tally
        tally.seen += 1
        if self._surely.true(tx, block):
            tally.kept += 1
            return True
        if self._can_be_unknown and not self._surely.false(tx, block):
            tally.unknown += 1
            if self._on_unknown == "error":
                raise _unknown(block, tx)
            if self._on_unknown == "keep":
                tally.kept += 1
                return True
        tally.dropped += 1
        return False

    def _add(self, block: Block, tx: Tx, keeps: bool, chosen: Chosen, whole: bool = False) -> None:
        """Adds the transaction to `chosen` and updates the tracked outputs."""
        part: Part | None = None
        if keeps and (self._keep != "row" or whole):
            chosen.whole.append(tx)
        elif keeps:
            part = self._part(block, tx)
            chosen.parts.append(part)
        tracked = self._tracked
        if tracked is None:
            return
        this = tx_id(block.slot, tx.index)
        if self._follows and (not keeps or part is not None):
            positions = tracked.kept_inputs(tx)
            if positions and part is None:
                self.tally.spends += 1
                part = Part(tx)
                chosen.parts.append(part)
            if part is not None:
                part.ids.setdefault("tx_in", set()).update(item_id(this, position, "tx_in") for position in positions)
        outputs = _kept_outputs(tx, this, keeps, part) if self._follows else ()
        for index, bits in tracked.passed(tx, outputs):
            chosen.tracked.append((item_id(this, index, "nectar_watched"), tx.hash, index, bits))

    def _part(self, block: Block, tx: Tx) -> Part:
        """The rows of the elements that the filter's quantifiers found, and no other rows."""
        this = tx_id(block.slot, tx.index)
        part = Part(tx)
        for scope, matches in self._matches:
            positions = matches(tx, block)
            if not positions:
                continue
            if scope in _TOGETHER:
                part.tables |= self._tables[_TOGETHER[scope]]
            elif scope == "outputs":
                outs = created_outputs(tx)
                part.ids.setdefault("tx_out", set()).update(item_id(this, outs[at].index, "tx_out") for at in positions)
            else:
                table = COLLECTIONS[scope].table
                part.ids.setdefault(table, set()).update(item_id(this, at, table) for at in positions)
        return part

    def genesis(self, block: Block, txs: Iterable[Tx]) -> tuple[set[bytes], list[TrackedRow]]:
        """Hashes of the genesis transactions that are kept, and rows of nectar_watched."""
        kept: set[bytes] = set()
        rows: list[TrackedRow] = []
        for at, tx in enumerate(txs):
            keeps = self._keeps(block, tx)
            if keeps:
                kept.add(tx.hash)
            if self._tracked is not None:
                outputs = [0] if keeps and self._follows else []
                this = tx_id(GENESIS_SLOT, at)
                written = self._tracked.passed(tx, outputs)
                rows += [(item_id(this, index, "nectar_watched"), tx.hash, index, bits) for index, bits in written]
        return kept, rows


def _searches(compiled: CompiledPlan) -> list[Search]:
    """A block that satisfies none of these, and spends no tracked output, is ruled out. Empty: no block can be."""
    filters = compiled.filters
    questions = [to_needles(body, unknown_too=True) for body in filters.questions]
    if not filters.needles or not all(questions):
        return []
    return [search(needles) for needles in (filters.needles, *questions)]


def _kept_outputs(tx: Tx, this: int, keeps: bool, part: Part | None) -> list[int]:
    if not keeps:
        return []
    if part is None:
        return [out.index for out in created_outputs(tx)]
    ids = part.ids.get("tx_out", ())
    return [out.index for out in created_outputs(tx) if item_id(this, out.index, "tx_out") in ids]


def _matches(test: tree.Test, env: Mapping[str, Any]) -> Iterable[tuple[str, Callable[..., list[int]]]]:
    """For each quantifier over a transaction's own collections: the collection, and a function that finds its elements."""
    match test:
        case tree.Any(each, body) if each.parent == "t" and each.scope not in ("inputs", "scripts", "datums"):
            yield each.scope, matching(body, each, env)
        case tree.Compare(_, left, right):
            for term in (left, right):
                if isinstance(term, tree.Count) and term.body is not None and term.each.parent == "t":
                    yield from _matches(tree.Any(term.each, term.body), env)
        case tree.And(parts) | tree.Or(parts):
            for part in parts:
                yield from _matches(part, env)
        case tree.Not(part):
            yield from _matches(part, env)


def _tables_of(compiled: CompiledPlan, name: str) -> Iterable[str]:
    for processor in compiled.processors:
        if processor.name in (name, "governance"):
            yield from (table.name for table in PROCESSORS[processor.name].tables(processor.options))


def filter_functions(compiled: CompiledPlan) -> dict[str, Any]:
    """Functions that the generated code of fields may call."""

    def metadata_text(metadata: Any) -> str | None:
        text = metadata_json(metadata.raw)
        return None if text is None or left_out(text) else text

    return functions(compiled.network, metadata_text)


def _unknown(block: Block, tx: Tx) -> UnknowableError:
    return UnknowableError(
        "whether the plan's filter keeps this transaction cannot be known",
        where=f"slot {block.slot}, transaction {tx.hash.hex()}",
        hint='nectar plan explain shows what is not known; on_unknown = "drop" or "keep" decides such transactions',
        code="NEC-F060",
    )
