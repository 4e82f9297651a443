"""Derives needles from a checked tree: byte strings that a raw block must hold, or nothing in it can match.

A needle is the literal prefilter of a filter. It is sound by construction: only bytes that stand in the block unchanged
become needles. Hashes of keys and scripts, policies, pools and asset names do. Hashes of what the block holds whole (a
transaction's id, an inline datum's hash) do not. A number may have leading zeros in any width, so only its own bytes do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import COLLECTIONS

SHORTEST = 2  # bytes of a needle; shorter ones are everywhere
_DIRECT = {
    ("outputs", "payment_cred"),
    ("outputs", "stake_cred"),
    ("certs", "drep"),
    ("votes", "drep"),
    ("mints", "name"),
    ("mints", "name_text"),
    ("assets", "name"),
    ("assets", "name_text"),
    ("votes", "action_tx"),
    ("inputs", "tx_hash"),
}
"""Fields whose bytes stand in the block unchanged. Policies and pools do by their type, except in a block's header."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A block that matches holds one of `strings`, or, with `spends`, spends a tracked output."""

    strings: frozenset[bytes]
    spends: bool = False


Needles = tuple[Clause, ...]
"""All clauses must hold; without clauses every block may match."""


def to_needles(test: tree.Test, unknown_too: bool = False) -> Needles:
    """The needles of a test that keeps what is surely true; with `unknown_too`, what is not surely false."""
    return _simplest(_Finder(unknown_too).clauses(test, True))


def _simplest(clauses: Iterable[Clause]) -> Needles:
    """Each clause once; those with the fewest and longest strings first."""
    unique = dict.fromkeys(clauses)
    return tuple(
        sorted(unique, key=lambda c: (c.spends, len(c.strings), -min(map(len, c.strings), default=0), sorted(c.strings)[:1]))
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    unknown_too: bool

    def clauses(self, test: tree.Test, wanted: bool) -> list[Clause]:
        """The clauses that hold in every block with an element for which the test is true (`wanted`) or false."""
        match test:
            case tree.Not(part):
                return self.clauses(part, not wanted)
            case tree.And(parts) if wanted:
                return [clause for part in parts for clause in self.clauses(part, True)]
            case tree.Or(parts) if not wanted:
                return [clause for part in parts for clause in self.clauses(part, False)]
            case tree.And(parts) | tree.Or(parts):
                return self._either([self.clauses(part, wanted) for part in parts])
            case tree.Any(each, body) if wanted and each.scope == "inputs" and not named_only(body):
                return [] if self.unknown_too else [Clause(frozenset(), True)]
            case tree.Any(_, body) if wanted:
                return self.clauses(body, True)
            case tree.Compare(op, tree.Count(_, body), tree.Value(_, least)) if (
                wanted and body is not None and op in ("==", ">", ">=") and isinstance(least, int) and least + (op == ">") > 0
            ):
                return self.clauses(tree.Any(test.left.each, body), True)  # type: ignore[union-attr]
            case _:
                return self._leaf(test) if wanted else []

    def _either(self, parts: list[list[Clause]]) -> list[Clause]:
        """One clause for `or`: it joins the clause of each part that rejects most blocks."""
        if not all(parts):
            return []
        best = [min(clauses, key=lambda c: (c.spends, len(c.strings))) for clauses in parts]
        strings: frozenset[bytes] = frozenset().union(*(clause.strings for clause in best))
        return [Clause(strings, any(clause.spends for clause in best))]

    def _leaf(self, test: tree.Test) -> list[Clause]:
        strings: list[bytes | None] = []
        match test:
            case tree.Compare("==", tree.Ref() as ref, tree.Value(_, value)) if not ref.path:
                strings = [_needle(ref, value)]
            case tree.In(ref, _, values) if not ref.path:
                strings = [_needle(ref, value) for value in values]
            case tree.Starts(ref, value) | tree.Contains(ref, value):
                strings = [_needle(ref, value)]
            case tree.Glob(ref, pattern):
                longest = max(pattern.split("*"), key=len)
                strings = [_needle(ref, longest.encode())] if ref.field == "name_text" else []
        needles = [needle for needle in strings if needle is not None and len(needle) >= SHORTEST]
        if not needles or len(needles) < len(strings) or (self.unknown_too and _nullable(test)):
            return []
        return [Clause(frozenset(needles))]


def named_only(body: tree.Test) -> bool:
    """Whether a test of an input asks only for its hash and index, which stand in the block."""
    return all(
        ref.field in ("tx_hash", "index") for inner in tree.walk(body) for ref in tree.refs_of(inner) if ref.scope == "inputs"
    )


def _nullable(test: tree.Test) -> bool:
    return any(ref.scope in COLLECTIONS and COLLECTIONS[ref.scope].fields[ref.field].null for ref in tree.refs_of(test))


def _needle(ref: tree.Ref, value: object) -> bytes | None:
    """The bytes that a block must hold when the field equals, begins with or contains this value."""
    if ref.scope in ("block", "tx") or ref.scope not in COLLECTIONS:
        return None
    if ref.scope == "metadata" and ref.field == "label" and isinstance(value, int) and value > 0:
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    if not isinstance(value, bytes):
        return None
    what = COLLECTIONS[ref.scope].fields[ref.field]
    if ref.scope == "inputs" and ref.field != "tx_hash":
        return None
    if what.type is T.ADDRESS:
        return _of_address(value)
    if what.type is T.STAKE_ADDRESS:
        return value[1:]
    if what.type is T.DREP:
        return value[1:] or None
    if what.type in (T.POLICY, T.POOL) or (ref.scope, ref.field) in _DIRECT:
        return value
    return None


def _of_address(raw: bytes) -> bytes | None:
    """The bytes that every spelling of this address has: the payment credential.

    Byron's addresses have one spelling; their first bytes are in the payload that the checksum covers.
    """
    if not raw:
        return None
    return raw if raw[0] >> 4 == 8 else raw[1:29] if len(raw) >= 29 else None
