"""The chunk files of a folder: which exist, which are missing, and which has a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nectar.sources.immutable import faults
from nectar.sources.immutable.chunk_file import ChunkFile

_NAME = re.compile(r"([0-9]{5}|[1-9][0-9]{5,9})\.chunk")


@dataclass(frozen=True, slots=True)
class Folder:
    """`chunks` in the order of their numbers, at least one; numbers may be missing and need not begin at 0."""

    path: Path
    chunks: tuple[ChunkFile, ...]

    @property
    def first(self) -> ChunkFile:
        return self.chunks[0]

    @property
    def last(self) -> ChunkFile:
        return self.chunks[-1]

    def get(self, number: int) -> ChunkFile | None:
        """The chunk of this number; None when it is missing."""
        low, high = 0, len(self.chunks)
        while low < high:
            middle = (low + high) // 2
            if self.chunks[middle].number < number:
                low = middle + 1
            else:
                high = middle
        chunk = self.chunks[low] if low < len(self.chunks) else None
        return chunk if chunk is not None and chunk.number == number else None

    def span(self, first: int, last: int) -> tuple[ChunkFile, ...]:
        """The chunks numbered `first` to `last`, both included; SourceError NEC-S002 names those that are missing."""
        chosen = tuple(chunk for chunk in self.chunks if first <= chunk.number <= last)
        expected = first
        for chunk in chosen:
            if chunk.number != expected:
                raise faults.missing_chunks(self.path, expected, chunk.number - 1)
            expected = chunk.number + 1
        if expected <= last:
            raise faults.missing_chunks(self.path, expected, last)
        return chosen

    def gaps(self) -> Iterator[tuple[int, int]]:
        """Ranges of numbers (first, last) missing between the first chunk and the last."""
        for before, after in pairwise(self.chunks):
            if after.number != before.number + 1:
                yield before.number + 1, after.number - 1


def open_folder(path: Path) -> Folder:
    """List the chunk files of `path`, of `path/immutable` or of `path/db/immutable`; no file is opened yet.

    Errors: SourceError NEC-S001 when the folder does not exist or has no chunk file, NEC-S010 when it cannot be listed.
    """
    if not path.is_dir():
        raise faults.no_folder(path)
    for place in (path, path / "immutable", path / "db" / "immutable"):
        numbered = _numbered(place) if place.is_dir() else []
        if numbered:
            last = numbered[-1][0]
            return Folder(place, tuple(ChunkFile(number, file, number == last) for number, file in numbered))
    raise faults.no_chunks(path)


def _numbered(place: Path) -> list[tuple[int, Path]]:
    try:
        names = [entry.name for entry in place.iterdir()]
    except OSError as error:
        raise faults.unreadable(place, error) from error
    return sorted((int(match[1]), place / name) for name in names if (match := _NAME.fullmatch(name)))
