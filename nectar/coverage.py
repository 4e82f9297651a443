"""Filled slot ranges, and the gaps between them."""

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
    """The same slots in as few ranges as possible, in order. A range that ends before it begins is empty."""
    joined: list[Coverage] = []
    for covered in sorted(covered for covered in ranges if covered.first <= covered.last):
        if joined and covered.first <= joined[-1].last + 1:
            joined[-1] = Coverage(joined[-1].first, max(joined[-1].last, covered.last))
        else:
            joined.append(covered)
    return joined


def missing(wanted: Coverage, filled: Iterable[Coverage]) -> list[Coverage]:
    """The parts of `wanted` that no range of `filled` covers, in order."""
    gaps: list[Coverage] = []
    at = wanted.first
    for covered in merged(filled):
        if covered.last < at:
            continue
        if covered.first > wanted.last:
            break
        if covered.first > at:
            gaps.append(Coverage(at, covered.first - 1))
        at = covered.last + 1
    if at <= wanted.last:
        gaps.append(Coverage(at, wanted.last))
    return gaps


def without_after(filled: Iterable[Coverage], slot: int) -> list[Coverage]:
    """The ranges after a rollback to `slot`."""
    return [Coverage(covered.first, min(covered.last, slot)) for covered in merged(filled) if covered.first <= slot]


def slot_count(ranges: Iterable[Coverage], first: int | None = None, last: int | None = None) -> int:
    """The number of slots in ranges that do not overlap; only those from `first` to `last`, where these are given."""
    count = 0
    for covered in ranges:
        low = covered.first if first is None else max(covered.first, first)
        high = covered.last if last is None else min(covered.last, last)
        count += max(high - low + 1, 0)
    return count
