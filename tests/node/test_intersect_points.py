"""The points that are offered to a node: newest first, dense at first, bounded in number."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.point import Point
from nectar.sources.node.intersect_points import DENSE, intersect_points
from tests.node.messages import points


def _chain_of(count: int) -> list[Point]:
    return [Point(at * 20, at.to_bytes(32, "big")) for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 23, 24, 25, 26, 27, 28, 29, 60, 432, 2_160, 20_000, 1_000_000])
def test_the_points_are_newest_first_dense_bounded_and_reach_down(count: int) -> None:
    known = _chain_of(count)
    offered = intersect_points(known)
    assert offered == sorted(set(offered), reverse=True)
    assert set(offered) <= set(known)
    assert offered[:DENSE] == known[::-1][:DENSE]
    assert len(offered) <= 130
    if known:
        assert (offered[0], offered[-1]) == (known[-1], known[0])
    steps = [upper.slot - lower.slot for upper, lower in pairwise(offered)]
    assert all(after <= 2 * before for before, after in pairwise(steps[:-1]) if before >= 80)


@given(st.lists(points, max_size=200))
def test_the_order_and_repeats_of_known_points_do_not_matter(known: list[Point]) -> None:
    offered = intersect_points([*known, *known])
    assert len(offered) == len(set(offered))
    assert {point.slot for point in offered} == {point.slot for point in intersect_points(known[::-1])}
    assert [point.slot for point in offered] == sorted((point.slot for point in offered), reverse=True)
