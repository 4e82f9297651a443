"""The points of a database that are offered to a node: all of the newest, then fewer and fewer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nectar.cardano.point import Point

DENSE = 24
STEPS = 6
"""Points of each doubling of the distance."""


def intersect_points(points: Iterable[Point]) -> list[Point]:
    """About a hundred of `points`, newest first, each once. A node takes the first that is on its chain."""
    ordered = sorted(set(points), key=lambda point: point.slot, reverse=True)
    return [ordered[at] for at in _offered_indexes(len(ordered))]


def _offered_indexes(count: int) -> Sequence[int]:
    """0 to 23, then six in each doubling, and the last."""
    indexes = list(range(min(count, DENSE)))
    at, step = DENSE, DENSE // STEPS
    while at < count:
        indexes.append(at)
        if len(indexes) % STEPS == 0:
            step *= 2
        at += step
    if count and indexes[-1] != count - 1:
        indexes.append(count - 1)
    return indexes
