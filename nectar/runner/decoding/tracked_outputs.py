"""Unspent outputs that a run tracks: those it kept, whose spending it records, and those its filter asks about when spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nectar.cardano.block import Tx, TxOut
from nectar.filterlang import tree
from nectar.filterlang.access import Spent, created_outputs, spent
from nectar.filterlang.to_python import of_element

KEPT = 1
"""Bit of an output that was kept. Question k has two more: 2k + 1 surely yes, 2k + 2 unknown. nectar_watched has the same."""


class TrackedState(NamedTuple):
    """What a run begins with. `whole`: the filter was asked about every output ever made, so one that is not here answers no.
    `outputs` are (transaction's hash, index, bits)."""

    whole: bool
    outputs: Sequence[tuple[bytes, int, int]] = ()


NOTHING = TrackedState(whole=False)


class TrackedOutputs:
    """Unspent outputs with bits, by transaction. Blocks must come in the chain's order."""

    def __init__(self, questions: Sequence[tree.Test], env: dict[str, Any], state: TrackedState, *, writes_kept: bool) -> None:
        """`writes_kept`: only rows of nectar_watched tell that an output was kept."""
        self.outputs: dict[bytes, dict[int, int]] = {}
        self._questions = [of_element(body, _variable(body), env) for body in questions]
        unknown = sum(2 << 2 * k + 1 for k in range(len(questions)))
        self._absent = 0 if state.whole else unknown
        self._written = ~0 if writes_kept else ~KEPT
        for tx_hash, index, bits in state.outputs:
            by_index = self.outputs.setdefault(tx_hash, {})
            by_index[index] = by_index.get(index, 0) | bits
        self._spender: Tx | None = None  # whose inputs' bits are remembered in `_bits`
        self._bits: list[int] = []
        self._before: list[tuple[bytes, int, int | None]] = []

    @property
    def asks(self) -> bool:
        """Whether there are outputs that nothing is known about."""
        return bool(self._absent)

    def begin(self) -> None:
        """Changes from here on can be undone."""
        self._before.clear()

    def mark(self) -> int:
        """A place to undo to."""
        return len(self._before)

    def undo_to(self, mark: int) -> None:
        self._spender = None
        while len(self._before) > mark:
            self._put(*self._before.pop())

    def undo(self) -> None:
        self.undo_to(0)

    def _change(self, tx_hash: bytes, index: int, bits: int | None) -> None:
        """Sets the bits of an output; None when it is no longer tracked."""
        self._before.append((tx_hash, index, self.outputs.get(tx_hash, {}).get(index)))
        self._put(tx_hash, index, bits)

    def _put(self, tx_hash: bytes, index: int, bits: int | None) -> None:
        if bits is not None:
            self.outputs.setdefault(tx_hash, {})[index] = bits
            return
        by_index = self.outputs.get(tx_hash)
        if by_index is not None and by_index.pop(index, None) is not None and not by_index:
            del self.outputs[tx_hash]

    def unknown(self, txs: Sequence[Tx]) -> list[tuple[bytes, int]]:
        """Outputs that the block's transactions spend, that an earlier block made and that nothing is known about."""
        if not self._absent:
            return []
        hashes = {tx.hash for tx in txs}
        return [
            (tx_hash, index)
            for tx in txs
            for tx_hash, index in spent(tx)
            if tx_hash not in hashes and index not in self.outputs.get(tx_hash, ())
        ]

    def learn(self, outs: Mapping[tuple[bytes, int], TxOut]) -> None:
        """Answers the questions about outputs that the node's ledger had."""
        for (tx_hash, index), out in outs.items():
            self._change(tx_hash, index, self._answers(Spent(tx_hash, index, out)))

    def some(self, tx: Tx, question: int) -> bool:
        """Whether one of the inputs surely answers yes."""
        bit = 2 << 2 * question
        return any(bits & bit for bits in self._spent(tx))

    def none(self, tx: Tx, question: int) -> bool:
        """Whether all inputs surely answer no."""
        either = 6 << 2 * question
        return not any(bits & either for bits in self._spent(tx))

    def count(self, tx: Tx, question: int) -> int:
        bit = 2 << 2 * question
        return sum(1 for bits in self._spent(tx) if bits & bit)

    def kept_inputs(self, tx: Tx) -> list[int]:
        """Positions of the inputs that spend kept outputs."""
        return [position for position, bits in enumerate(self._spent(tx)) if bits & KEPT]

    def _spent(self, tx: Tx) -> list[int]:
        if self._spender is not tx:
            outputs, absent = self.outputs, self._absent
            self._bits = [outputs[named].get(index, absent) if named in outputs else absent for named, index in spent(tx)]
            self._spender = tx
        return self._bits

    def passed(self, tx: Tx, kept: Iterable[int]) -> list[tuple[int, int]]:
        """Removes the outputs that the transaction spends, and adds those that it makes; those with an index in `kept` are kept.

        Gives (index, bits) of the outputs to be written to nectar_watched.
        """
        self._spender = None
        for tx_hash, index in spent(tx):
            if index in self.outputs.get(tx_hash, ()):
                self._change(tx_hash, index, None)
        return self.made(tx.hash, created_outputs(tx), set(kept))

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

    def _answers(self, output: Spent) -> int:
        bits = 0
        for k, question in enumerate(self._questions):
            if question.true(output, None):
                bits |= 2 << 2 * k
            elif not question.false(output, None):
                bits |= 4 << 2 * k
        return bits


def _variable(body: tree.Test) -> str:
    """The element's name in a question."""
    return next((ref.var for inner in tree.walk(body) for ref in tree.refs_of(inner) if ref.scope == "inputs"), "x1")


def watch_functions(tracked: TrackedOutputs) -> dict[str, Any]:
    """Functions that the code of `to_python` calls."""
    return {"tracked_some": tracked.some, "tracked_none": tracked.none, "tracked_count": tracked.count}
