"""Slot ranges that are filled, and what is missing between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Coverage(NamedTuple):
    """Slots `first` to `last`, both included; -1 is genesis."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{'origin' if self.first < 0 else format(self.first, ',')} to {self.last:,}"


def merged(ranges: Iterable[Coverage]) -> list[Coverage]:
    """The same slots as few ranges, in order; a range that ends before it begins is none."""
    found: list[Coverage] = []
    for one in sorted(one for one in ranges if one.first <= one.last):
        if found and one.first <= found[-1].last + 1:
            found[-1] = Coverage(found[-1].first, max(found[-1].last, one.last))
        else:
            found.append(one)
    return found


def missing(wanted: Coverage, filled: Iterable[Coverage]) -> list[Coverage]:
    """Parts of `wanted` that no range of `filled` has, in order."""
    gaps: list[Coverage] = []
    at = wanted.first
    for one in merged(filled):
        if one.last < at:
            continue
        if one.first > wanted.last:
            break
        if one.first > at:
            gaps.append(Coverage(at, one.first - 1))
        at = one.last + 1
    if at <= wanted.last:
        gaps.append(Coverage(at, wanted.last))
    return gaps


def without_after(filled: Iterable[Coverage], slot: int) -> list[Coverage]:
    """What is left when everything after `slot` never happened."""
    return [Coverage(one.first, min(one.last, slot)) for one in merged(filled) if one.first <= slot]


def slot_count(ranges: Iterable[Coverage], first: int | None = None, last: int | None = None) -> int:
    """How many slots are in ranges that do not overlap; of those from `first` to `last`, where these are given."""
    found = 0
    for one in ranges:
        low = one.first if first is None else max(one.first, first)
        high = one.last if last is None else min(one.last, last)
        found += max(high - low + 1, 0)
    return found
