"""Which transactions of a block are kept, whole or in part, and which of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.point import Point
from nectar.cardano.position import GENESIS_SLOT, item_id, tx_id
from nectar.compiler.compiled import CompiledPlan
from nectar.decode.metadata_json import metadata_json
from nectar.errors import UnknowableError
from nectar.filterlang import tree
from nectar.filterlang.access import created
from nectar.filterlang.scopes import COLLECTIONS
from nectar.filterlang.search import Search, search, spends_any
from nectar.filterlang.to_needles import to_needles
from nectar.filterlang.to_python import functions, matching, to_python
from nectar.processors.metadata import left_out
from nectar.runner.decoding.tracked_outputs import Watch, WatchState, watch_functions

_TOGETHER = {"certs": "certificates", "proposals": "governance"}
"""Collections whose things have rows in several tables, kept together: all of that processor's."""


Ask = Callable[[Point, Sequence[tuple[bytes, int]]], Mapping[tuple[bytes, int], TxOut]]
"""(block, outputs by name) -> those that were unspent after the block, as far as somebody knows."""


@dataclass(slots=True)
class Tally:
    """Of a filter: what it was asked about, and what it answered. `rejected`: blocks that needles ruled out undecoded;
    `spends`: transactions of which only the spending of kept outputs was recorded."""

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
class Part:
    """A transaction of which only some rows are kept: ids by table; `tables` of which all rows are."""

    tx: Tx
    ids: dict[str, set[int]] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()


@dataclass(slots=True)
class Chosen:
    """Of one block. `watched`: rows of nectar_watched."""

    whole: list[Tx]
    parts: list[Part]
    watched: list[tuple[int, bytes, int, int]]


class Chooser:
    """Made once in each decoding process of a plan with a filter of transactions."""

    def __init__(self, compiled: CompiledPlan, state: WatchState) -> None:
        filters = compiled.filters
        assert filters.where is not None
        self._keep, self._on_unknown, self._can_be_unknown = filters.keep, filters.on_unknown, filters.unknown
        env = filter_functions(compiled)
        self._watch = Watch(filters.watched, env, state, writes_kept=filters.remembers) if filters.ordered else None
        if self._watch is not None:
            env |= watch_functions(self._watch)
        self._follows = filters.follows
        self._surely = to_python(filters.where, env, watched=filters.watched)
        self._matches = list(_matches(filters.where, env)) if filters.keep == "row" else []
        self._tables = {one: frozenset(_tables_of(compiled, one)) for one in _TOGETHER.values()}
        self._looks = self._searches(compiled)
        self.tally = Tally()

    def _searches(self, compiled: CompiledPlan) -> list[Search]:
        """A block that satisfies none of these, and spends nothing looked after, is ruled out. Empty: none can be."""
        filters = compiled.filters
        questions = [to_needles(body, unknown_too=True) for body in filters.watched]
        if not filters.needles or not all(questions):
            return []
        return [search(one) for one in (filters.needles, *questions)]

    @property
    def rejects(self) -> bool:
        return bool(self._looks)

    @property
    def asks(self) -> bool:
        """Whether somebody who knows outputs from before the plan's start could change an answer."""
        return self._watch is not None and self._watch.asks

    def begin(self) -> None:
        """A batch begins: what happens until the next one can be taken back."""
        self.tally = Tally()
        if self._watch is not None:
            self._watch.begin()

    def undo(self) -> None:
        """As if the batch had not begun."""
        self.tally = Tally()
        if self._watch is not None:
            self._watch.undo()

    def may_match(self, raw: bytes) -> bool:
        """Whether a raw block must be decoded; counted when it need not."""
        for look in self._looks:
            if look(raw):
                return True
        watch = self._watch
        if watch is not None and watch.outputs and spends_any(raw, watch.outputs):
            return True
        self.tally.rejected += 1
        return False

    def learn(self, block: Block, after: Point, ask: Ask) -> None:
        """Ask for the outputs that the block spends and that are not known; `after` is the block before it."""
        names = self._watch.unknown(block.txs) if self._watch is not None else []
        if names and self._watch is not None:
            self._watch.learn(ask(after, names))

    def choose(self, block: Block) -> Chosen:
        """Blocks must come in the chain's order. Errors: UnknowableError where an unknown answer is an error."""
        whole_block = self._keep == "block"
        chosen = Chosen([], [], [])
        answers = [self._kept(block, tx) for tx in block.txs] if whole_block and self._watch is None else []
        if whole_block and self._watch is not None:
            return self._block_in_order(block, chosen)
        if whole_block:
            chosen.whole = list(block.txs) if any(answers) else []
            return chosen
        for tx in block.txs:
            self._one(block, tx, self._kept(block, tx), chosen)
        return chosen

    def _block_in_order(self, block: Block, chosen: Chosen) -> Chosen:
        """Whether any matches is only known at the block's end; what it spends and makes within itself counts before."""
        watch = self._watch
        assert watch is not None
        matched, mark = False, watch.mark()
        for tx in block.txs:
            matched = self._kept(block, tx) or matched
            watch.passed(tx, ())
        watch.undo_to(mark)
        for tx in block.txs:
            self._one(block, tx, matched, chosen, whole=True)
        return chosen

    def _kept(self, block: Block, tx: Tx) -> bool:
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

    def _one(self, block: Block, tx: Tx, kept: bool, chosen: Chosen, whole: bool = False) -> None:
        """Puts a transaction where it belongs, and goes on in what is looked after."""
        part: Part | None = None
        if kept and (self._keep != "row" or whole):
            chosen.whole.append(tx)
        elif kept:
            part = self._part(block, tx)
            chosen.parts.append(part)
        watch = self._watch
        if watch is None:
            return
        this = tx_id(block.slot, tx.index)
        if self._follows and (not kept or part is not None):
            places = watch.kept_inputs(tx)
            if places and part is None:
                self.tally.spends += 1
                part = Part(tx)
                chosen.parts.append(part)
            if part is not None:
                part.ids.setdefault("tx_in", set()).update(item_id(this, place, "tx_in") for place in places)
        made = _kept_outputs(tx, this, kept, part) if self._follows else ()
        for index, bits in watch.passed(tx, made):
            chosen.watched.append((item_id(this, index, "nectar_watched"), tx.hash, index, bits))

    def _part(self, block: Block, tx: Tx) -> Part:
        """The rows of what the filter's quantifiers looked for, and nothing else."""
        this = tx_id(block.slot, tx.index)
        part = Part(tx)
        for scope, places in self._matches:
            found = places(tx, block)
            if not found:
                continue
            if scope in _TOGETHER:
                part.tables |= self._tables[_TOGETHER[scope]]
            elif scope == "outputs":
                outs = created(tx)
                part.ids.setdefault("tx_out", set()).update(item_id(this, outs[place].index, "tx_out") for place in found)
            else:
                table = COLLECTIONS[scope].table
                part.ids.setdefault(table, set()).update(item_id(this, place, table) for place in found)
        return part

    def genesis(self, block: Block, txs: Iterable[Tx]) -> tuple[set[bytes], list[tuple[int, bytes, int, int]]]:
        """Hashes of genesis transactions that are kept, and rows of nectar_watched."""
        kept: set[bytes] = set()
        watched: list[tuple[int, bytes, int, int]] = []
        for at, tx in enumerate(txs):
            keeps = self._kept(block, tx)
            if keeps:
                kept.add(tx.hash)
            if self._watch is not None:
                made = [0] if keeps and self._follows else []
                this = tx_id(GENESIS_SLOT, at)
                watched += [
                    (item_id(this, index, "nectar_watched"), tx.hash, index, bits) for index, bits in self._watch.passed(tx, made)
                ]
        return kept, watched


def _kept_outputs(tx: Tx, this: int, kept: bool, part: Part | None) -> list[int]:
    if not kept:
        return []
    if part is None:
        return [out.index for out in created(tx)]
    ids = part.ids.get("tx_out", ())
    return [out.index for out in created(tx) if item_id(this, out.index, "tx_out") in ids]


def _matches(test: tree.Test, env: Mapping[str, Any]) -> Iterable[tuple[str, Callable[..., list[int]]]]:
    """Of each quantifier over a transaction's own collections: which elements it found."""
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


def _tables_of(compiled: CompiledPlan, processor: str) -> Iterable[str]:
    from nectar.processors.registry import PROCESSORS

    for one in compiled.processors:
        if one.name in (processor, "governance"):
            yield from (table.name for table in PROCESSORS[one.name].tables(one.options))


def filter_functions(compiled: CompiledPlan) -> dict[str, Any]:
    """What fields' code may call."""

    def metadata_text(one: Any) -> str | None:
        text = metadata_json(one.raw)
        return None if text is None or left_out(text) else text

    return functions(compiled.network, metadata_text)


def _unknown(block: Block, tx: Tx) -> UnknowableError:
    return UnknowableError(
        "the plan's filter cannot be known of this transaction",
        where=f"slot {block.slot}, transaction {tx.hash.hex()}",
        hint='nectar plan explain tells what is not known; on_unknown = "drop" or "keep" goes on all the same',
        code="NEC-F060",
    )
