"""The chunk files of a folder, each read with its checks. The source, the look-ups and the proofs of a range read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nectar.sources.immutable.chunk import chunk_blocks
from nectar.sources.immutable.chunk_file import GENESIS, ChunkBlock, ChunkFile
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.folder import Folder


class CheckedChunks:
    """A folder's chunks and the network that they must belong to.

    `notes` gathers a sentence for each index that did not describe its chunk, for the run's log.
    """

    def __init__(self, folder: Folder, facts: ChainFacts) -> None:
        self.folder = folder
        self.facts = facts
        self.notes: list[str] = []

    def chunk(self, chunk: ChunkFile, before: ChunkBlock | None = None) -> Iterator[ChunkBlock]:
        """The checked blocks of one chunk; `before` as in `chunk_blocks`."""
        if before is None and chunk.number == 0:
            before = GENESIS
        return chunk_blocks(chunk, self.facts, before, self.notes.append)

    def chunk_path(self, slot: int) -> Path:
        """The file that holds the slot, or the folder."""
        chunk = self.folder.get(self.facts.chunk_of(slot))
        return chunk.path if chunk is not None else self.folder.path
