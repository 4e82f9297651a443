"""Searches raw blocks for needles before anything is decoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from nectar.filterlang.to_needles import Needles

ENOUGH = 8  # bytes of a string; so many are hardly in a block by chance
FEW = 2  # strings up to which Python's own search is quicker than asking a matcher
_NAMED = re.compile(rb"\x58\x20(?=(.{32}))", re.DOTALL)
_NAMED_AT_LENGTH = re.compile(rb"\x00\x20(?=(.{32}))", re.DOTALL)

Search = Callable[[bytes], bool]


def search(needles: Needles) -> Search:
    """Whether a raw block that spends no tracked output (see `spends_any`) holds what each clause wants."""
    clauses = [any_string(clause.strings) for clause in needles]
    if not clauses:
        return lambda raw: True
    if len(clauses) == 1:
        return clauses[0]
    return lambda raw: all(clause(raw) for clause in clauses)


def any_string(strings: Collection[bytes]) -> Search:
    """Whether a raw block holds one of the strings."""
    return _any_of(strings) if strings else lambda raw: False


def _any_of(strings: Collection[bytes]) -> Search:
    if len(strings) <= FEW:
        first, *rest = strings
        if not rest:
            return lambda raw: first in raw
        second = rest[0]
        return lambda raw: first in raw or second in raw
    return _many(strings)


def _many(strings: Collection[bytes]) -> Search:
    """Hyperscan: all strings in one pass, 10,000 of them at a gigabyte a second (docs/decisions/0006).

    It searches for the middle of each string only, which is quicker to prepare; many long strings share their ends.
    """
    import hyperscan

    database: Any = hyperscan.Database()
    middles = {string[max(len(string) - ENOUGH, 0) // 2 :][:ENOUGH] for string in strings}
    expressions = [b"".join(b"\\x%02x" % byte for byte in middle) for middle in sorted(middles)]
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    database.compile(expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags)
    hits: list[bool] = []

    def matched(*_: object) -> None:
        hits.append(True)

    def may(raw: bytes) -> bool:
        hits.clear()
        database.scan(raw, match_event_handler=matched)
        return bool(hits)

    return may


def spends_any(raw: bytes, tracked: Mapping[bytes, object]) -> bool:
    """Whether a raw block names one of the tracked transactions, as it must to spend their outputs.

    A hash is a CBOR byte string of length 32: `58 20` in shortest form, `.. 00 20` in longer ones. Each such place is compared.
    """
    known = tracked.keys()
    if not known.isdisjoint(_NAMED.findall(raw)):
        return True
    return b"\x00\x20" in raw and not known.isdisjoint(_NAMED_AT_LENGTH.findall(raw))
