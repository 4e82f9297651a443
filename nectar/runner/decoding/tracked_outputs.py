"""Outputs that the run looks after: those it kept, whose spending is recorded, and those its filter asks about when spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nectar.cardano.block import Tx, TxOut
from nectar.filterlang import tree
from nectar.filterlang.access import Spent, created, spent
from nectar.filterlang.to_python import of_element

KEPT = 1
"""Bit of an output that was kept. Question k has two more: 2k + 1 surely yes, 2k + 2 unknown. nectar_watched has the same."""


class WatchState(NamedTuple):
    """What a run begins with. `whole`: every output ever made has been asked about, so one that is not here answers no.
    `outputs` are (transaction's hash, index, bits)."""

    whole: bool
    outputs: Sequence[tuple[bytes, int, int]] = ()


NOTHING = WatchState(whole=False)


class Watch:
    """Unspent outputs with bits, by transaction. Blocks must come in the chain's order."""

    def __init__(self, questions: Sequence[tree.Test], env: dict[str, Any], state: WatchState, *, writes_kept: bool) -> None:
        """`writes_kept`: no row but nectar_watched's tells that an output was kept."""
        self.outputs: dict[bytes, dict[int, int]] = {}
        self._questions = [of_element(body, _variable(body), env) for body in questions]
        unknown = sum(2 << 2 * k + 1 for k in range(len(questions)))
        self._absent = 0 if state.whole else unknown
        self._written = ~0 if writes_kept else ~KEPT
        for tx_hash, index, bits in state.outputs:
            known = self.outputs.setdefault(tx_hash, {})
            known[index] = known.get(index, 0) | bits
        self._of: Tx | None = None
        self._bits: list[int] = []
        self._before: list[tuple[bytes, int, int | None]] = []

    @property
    def asks(self) -> bool:
        """Whether there are outputs of which nothing is known."""
        return bool(self._absent)

    def begin(self) -> None:
        """What is changed from here on can be undone."""
        self._before.clear()

    def mark(self) -> int:
        """A place to undo to."""
        return len(self._before)

    def undo_to(self, mark: int) -> None:
        self._of = None
        while len(self._before) > mark:
            self._put(*self._before.pop())

    def undo(self) -> None:
        self.undo_to(0)

    def _change(self, named: bytes, index: int, bits: int | None) -> None:
        """Bits of an output; None when it is not looked after any more."""
        self._before.append((named, index, self.outputs.get(named, {}).get(index)))
        self._put(named, index, bits)

    def _put(self, named: bytes, index: int, bits: int | None) -> None:
        if bits is not None:
            self.outputs.setdefault(named, {})[index] = bits
            return
        known = self.outputs.get(named)
        if known is not None and known.pop(index, None) is not None and not known:
            del self.outputs[named]

    def unknown(self, txs: Sequence[Tx]) -> list[tuple[bytes, int]]:
        """Outputs that the block's transactions spend, that were made before it and that nothing is known of."""
        if not self._absent:
            return []
        made = {tx.hash for tx in txs}
        return [
            (named, index)
            for tx in txs
            for named, index in spent(tx)
            if named not in made and index not in self.outputs.get(named, ())
        ]

    def learn(self, outs: Mapping[tuple[bytes, int], TxOut]) -> None:
        """What the questions are answered of outputs that somebody else knew."""
        for (named, index), out in outs.items():
            self._change(named, index, self._answers(Spent(named, index, out)))

    def some(self, tx: Tx, question: int) -> bool:
        """Whether one of its inputs surely answers yes."""
        bit = 2 << 2 * question
        return any(bits & bit for bits in self._spent(tx))

    def none(self, tx: Tx, question: int) -> bool:
        """Whether all of them surely answer no."""
        either = 6 << 2 * question
        return not any(bits & either for bits in self._spent(tx))

    def count(self, tx: Tx, question: int) -> int:
        bit = 2 << 2 * question
        return sum(1 for bits in self._spent(tx) if bits & bit)

    def kept_inputs(self, tx: Tx) -> list[int]:
        """Places of the inputs that spend kept outputs."""
        return [place for place, bits in enumerate(self._spent(tx)) if bits & KEPT]

    def _spent(self, tx: Tx) -> list[int]:
        if self._of is not tx:
            outputs, absent = self.outputs, self._absent
            self._bits = [outputs[named].get(index, absent) if named in outputs else absent for named, index in spent(tx)]
            self._of = tx
        return self._bits

    def passed(self, tx: Tx, kept: Iterable[int]) -> list[tuple[int, int]]:
        """Its inputs are spent, its outputs made, those with an index in `kept` kept. (index, bits) of those to be written."""
        self._of = None
        for named, index in spent(tx):
            if index in self.outputs.get(named, ()):
                self._change(named, index, None)
        return self.made(tx.hash, created(tx), set(kept))

    def made(self, tx_hash: bytes, outs: Sequence[TxOut], kept: set[int]) -> list[tuple[int, int]]:
        written: list[tuple[int, int]] = []
        for out in outs:
            answers = self._answers(Spent(tx_hash, out.index, out)) if self._questions else 0
            bits = answers | (KEPT if out.index in kept else 0)
            if bits:
                self._change(tx_hash, out.index, bits)
            if bits & self._written:
                written.append((out.index, bits & self._written))
        return written

    def _answers(self, one: Spent) -> int:
        bits = 0
        for k, question in enumerate(self._questions):
            if question.true(one, None):
                bits |= 2 << 2 * k
            elif not question.false(one, None):
                bits |= 4 << 2 * k
        return bits


def _variable(body: tree.Test) -> str:
    """The element's name in a question."""
    return next((ref.var for inner in tree.walk(body) for ref in tree.refs_of(inner) if ref.scope == "inputs"), "x1")


def watch_functions(watch: Watch) -> dict[str, Any]:
    """What `to_python` asks of a watch."""
    return {"watch_some": watch.some, "watch_none": watch.none, "watch_count": watch.count}
