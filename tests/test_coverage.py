"""Arithmetic of slot ranges against sets of slots, with every form that ranges can have beside one another."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.coverage import Coverage, merged, missing, slot_count, without_after

FEW = 14
SLOTS = st.integers(-1, FEW)
RANGES = st.lists(st.builds(Coverage, SLOTS, SLOTS), max_size=6)
MANY = settings(max_examples=400, deadline=None)


def slots(ranges: Iterable[Coverage]) -> set[int]:
    return {slot for one in ranges for slot in range(one.first, one.last + 1)}


def are_few(ranges: list[Coverage]) -> bool:
    """In order, none empty, and a slot at least between two of them."""
    return all(one.first <= one.last for one in ranges) and all(one.last + 1 < after.first for one, after in pairwise(ranges))


@MANY
@given(RANGES)
def test_merged(ranges: list[Coverage]) -> None:
    found = merged(ranges)
    assert slots(found) == slots(ranges)
    assert are_few(found)


@MANY
@given(st.builds(Coverage, SLOTS, SLOTS), RANGES)
def test_missing(wanted: Coverage, filled: list[Coverage]) -> None:
    found = missing(wanted, filled)
    assert slots(found) == slots([wanted]) - slots(filled)
    assert are_few(found)


@MANY
@given(RANGES, SLOTS)
def test_without_after(filled: list[Coverage], slot: int) -> None:
    found = without_after(filled, slot)
    assert slots(found) == {one for one in slots(filled) if one <= slot}
    assert are_few(found)


@MANY
@given(RANGES, st.none() | SLOTS, st.none() | SLOTS)
def test_slots_of(ranges: list[Coverage], first: int | None, last: int | None) -> None:
    apart = merged(ranges)
    low, high = -1 if first is None else first, FEW if last is None else last
    assert slot_count(apart, first, last) == len([one for one in slots(apart) if low <= one <= high])


def test_a_range_is_told_with_the_origin_and_thousands() -> None:
    assert [str(Coverage(-1, 1_234)), str(Coverage(0, 0))] == ["origin to 1,234", "0 to 0"]
