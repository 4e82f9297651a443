"""What stands for a database in a dry run: it remembers where it is, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nectar.cardano.point import Point
from nectar.checkpoint.coverage import Coverage, merged, without_after
from nectar.sinks.seam import Commit, Epochs, Finished, Staged

POINTS_KEPT = 3_000


class Uncommitted:
    """A sink that counts."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._covered: list[Coverage] = []

    def coverage(self) -> Sequence[Coverage]:
        return self._covered

    def known_points(self) -> Sequence[Point]:
        return self._points[::-1]

    def writers(self) -> int:
        return 0

    def expect(self, writers: int) -> None:
        pass

    def commit(self, commit: Commit) -> dict[str, int]:
        self._points = [*self._points[-POINTS_KEPT:], commit.point]
        self._covered = merged([*self._covered, commit.covered])
        return commit.staged.rows

    def roll_back(self, point: Point, epochs: Epochs | None) -> None:
        self._points = [one for one in self._points if one.slot < point.slot] + [point]
        self._covered = without_after(self._covered, point.slot)

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        return Finished({}, True)

    def finished(self) -> bool:
        return True

    def write_once(self, staged: Staged) -> None:
        return None

    def looked_after(self) -> Sequence[tuple[bytes, int, int]]:
        return ()

    def size(self) -> int:
        return 0

    def notes(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        return None
