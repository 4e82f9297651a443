"""Finds a block in the chunk files: by hash, by slot, by its distance from the tip."""

from __future__ import annotations

from collections import deque
from zlib import crc32

from nectar import reading
from nectar.cardano.point import Era
from nectar.sources.immutable import faults
from nectar.sources.immutable.checked_chunks import CheckedChunks
from nectar.sources.immutable.chunk import read_index
from nectar.sources.immutable.chunk_file import ChunkBlock, ChunkFile
from nectar.sources.immutable.secondary import entries, find_hash


def by_hash(source: CheckedChunks, block_hash: bytes) -> ChunkBlock | None:
    """The block with that 32-byte hash, or None. Newest chunks first. A chunk is only read when its index names the hash;
    when no index names it, every chunk is read whose index does not describe all of it.
    """
    chunks = source.folder.chunks[::-1]
    for chunk in chunks:
        if find_hash(read_index(chunk.secondary), block_hash) >= 0:
            block = _in_chunk(source, chunk, block_hash)
            if block is not None:
                return block
    for chunk in chunks:
        if not _is_described(chunk):
            block = _in_chunk(source, chunk, block_hash)
            if block is not None:
                return block
    return None


def _in_chunk(source: CheckedChunks, chunk: ChunkFile, block_hash: bytes) -> ChunkBlock | None:
    return next((block for block in source.chunk(chunk) if block.point.hash == block_hash), None)


def _is_described(chunk: ChunkFile) -> bool:
    """Whether the index reaches the end of its chunk: its last entry's checksum is that of the chunk's last bytes."""
    try:
        with open(reading.open_regular(chunk.path), "rb") as file:
            size = file.seek(0, 2)
            listed, whole = entries(read_index(chunk.secondary), size)
            if not listed:
                return size == 0
            file.seek(listed[-1].offset)
            return whole and crc32(file.read()) == listed[-1].crc
    except OSError as error:
        raise faults.unreadable(chunk.path, error) from error


def at_or_after(source: CheckedChunks, slot: int) -> ChunkBlock | None:
    """The first block of `slot` or later; None when the folder has none.

    Errors: SourceError NEC-S002 when a chunk between `slot` and that block is missing.
    """
    folder = source.folder
    for number in range(source.facts.chunk_of(slot), folder.last.number + 1):
        chunk = folder.get(number)
        if chunk is None:
            raise faults.missing_chunks(folder.path, number, number)
        for block in source.chunk(chunk):
            if block.point.slot >= slot:
                return block
    return None


def at_or_before(source: CheckedChunks, slot: int) -> ChunkBlock | None:
    """The last block of `slot` or earlier; None when the folder has none.

    Errors: SourceError NEC-S002 when a chunk between that block and `slot` is missing.
    """
    folder = source.folder
    for number in range(min(source.facts.chunk_of(slot), folder.last.number), folder.first.number - 1, -1):
        chunk = folder.get(number)
        if chunk is None:
            raise faults.missing_chunks(folder.path, number, number)
        last: ChunkBlock | None = None
        for block in source.chunk(chunk):
            if block.point.slot > slot:
                break
            last = block
            if block.point.slot == slot and block.era_tag != Era.BYRON_EBB:
                break  # the rest of the chunk may be damaged
        if last is not None:
            return last
    return None


def before_tip(source: CheckedChunks, blocks: int) -> ChunkBlock | None:
    """The block `blocks` before the tip, boundary blocks not counted; None when the folder holds fewer.

    Errors: SourceError NEC-S002 when a chunk on the way is missing.
    """
    folder, remaining = source.folder, blocks
    for number in range(folder.last.number, folder.first.number - 1, -1):
        chunk = folder.get(number)
        if chunk is None:
            raise faults.missing_chunks(folder.path, number, number)
        newest: deque[ChunkBlock] = deque(maxlen=min(remaining, 1 << 30) + 1)
        count = 0
        for block in source.chunk(chunk):
            if block.era_tag != Era.BYRON_EBB:
                newest.append(block)
                count += 1
        if count > remaining:
            return newest[0]
        remaining -= count
    return None
