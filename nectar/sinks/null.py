"""The null sink, for a dry run: it remembers its position and counts rows, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage, merged, without_after
from nectar.sinks.base import Commit, Epochs, Finished, Staged
from nectar.sinks.seen_dimensions import SeenDimensions

POINTS_KEPT = 5_000
"""Enough for the deepest fork, of 2,160 blocks."""


class NullSink:
    """A `Sink` without a database."""

    def __init__(self) -> None:
        self._points: list[Numbered] = []
        self._highest = -1
        self._covered: list[Coverage] = []
        self._dimensions = SeenDimensions()

    def coverage(self) -> Sequence[Coverage]:
        return self._covered

    def known_blocks(self) -> Sequence[Numbered]:
        return self._points[::-1]

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return None

    def highest_block_no(self) -> int:
        return self._highest

    def writers(self) -> int:
        return 0

    def expect(self, writers: int) -> None:
        pass

    def commit(self, commit: Commit) -> dict[str, int]:
        self._points = [*self._points[-POINTS_KEPT:], *commit.earlier, Numbered(commit.point, commit.block_no)]
        self._highest = commit.highest
        self._covered = merged([*self._covered, commit.covered])
        return self._dimensions.count(commit.staged)

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        self._points = [block for block in self._points if block.point.slot < to.point.slot] + [to]
        self._highest = highest
        self._covered = without_after(self._covered, to.point.slot)
        self._dimensions.forget_after(to.point.slot)

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        return Finished({}, True)

    def finished(self) -> bool:
        return True

    def write_once(self, staged: Staged) -> None:
        return None

    def tracked_outputs(self) -> Sequence[tuple[bytes, int, int]]:
        return ()

    def size(self) -> int:
        return 0

    def notes(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        return None
