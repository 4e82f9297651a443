"""Which of the points that a database knows are offered to a node: all of the newest, then fewer and fewer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nectar.cardano.point import Point

DENSE = 24
STEPS = 6
"""Points of each doubling of the distance."""


def intersect_points(points: Iterable[Point]) -> list[Point]:
    """Newest first, each once; about a hundred however many there are. Nodes take the first that is on their chain."""
    ordered = sorted(set(points), key=lambda point: point.slot, reverse=True)
    return [ordered[at] for at in _rungs(len(ordered))]


def _rungs(count: int) -> Sequence[int]:
    """0 to 23, then six in each doubling, and the last."""
    rungs = list(range(min(count, DENSE)))
    at, step = DENSE, DENSE // STEPS
    while at < count:
        rungs.append(at)
        if len(rungs) % STEPS == 0:
            step *= 2
        at += step
    if count and rungs[-1] != count - 1:
        rungs.append(count - 1)
    return rungs
