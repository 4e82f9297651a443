"""The index files beside a chunk: `NNNNN.secondary` has each block's offset, `NNNNN.primary` the slots that have a block.

Secondary (consensus, ImmutableDB `Index.Secondary`): one 56-byte entry for each block, big-endian, no header and no end mark.
Primary (`Index.Primary`): a version byte, then a u32 for each slot of the chunk, one for a boundary block and one for the
end; a node fills it up only when the chunk is finished. The chunk file is the truth: both can be rebuilt from it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from nectar import reading
from nectar.sources.immutable.chunk_file import ChunkFile
from nectar.sources.immutable.facts import ChainFacts

ENTRY_BYTES = 56
HASH_AT = 16
_ENTRY = Struct(">QHHI32sQ")
_VERSION, _OFFSET = 1, Struct(">I")


class IndexEntry(NamedTuple):
    """One block: its offset in the chunk, its header's offset and size in the block, CRC-32 of the whole block, its
    hash, and its slot; for a Byron boundary block, its epoch instead."""

    offset: int
    header_offset: int
    header_size: int
    crc: int
    hash: bytes
    slot_or_epoch: int


def entries(index: bytes, chunk_bytes: int) -> tuple[list[IndexEntry], bool]:
    """The entries that fit a chunk of `chunk_bytes`, and whether the whole index fits.

    Entries from the first impossible one on are left out: an odd length, offsets that do not rise from 0 or lie beyond the
    chunk's end.
    """
    listed: list[IndexEntry] = []
    whole = len(index) - len(index) % ENTRY_BYTES
    expected_min = 0
    for fields in _ENTRY.iter_unpack(index[:whole]):
        offset = fields[0]
        if offset < expected_min or offset >= chunk_bytes or (not listed and offset):
            return listed, False
        listed.append(IndexEntry._make(fields))
        expected_min = offset + 1
    return listed, whole == len(index)


def find_hash(index: bytes, block_hash: bytes) -> int:
    """Position of the entry with that hash, or -1; one pass over the bytes, nothing unpacked."""
    at = index.find(block_hash)
    while at >= 0:
        if at % ENTRY_BYTES == HASH_AT:
            return at // ENTRY_BYTES
        at = index.find(block_hash, at + 1)
    return -1


def is_chunk_finished(primary: Path, slots_per_chunk: int) -> bool | None:
    """Whether the node closed the chunk of this primary index; None when the file does not exist."""
    try:
        size = primary.stat().st_size
    except OSError:
        return None
    return size == _primary_bytes(slots_per_chunk)


def listed_slots(chunk: ChunkFile, facts: ChainFacts) -> list[int] | None:
    """The slots that have a block by the chunk's primary index; None when that is missing, incomplete or does not fit its
    secondary.

    For each slot the primary index has the offset of its entry in the secondary; a boundary block comes before the first slot."""
    try:
        data, size = reading.read_file(chunk.primary, reading.CHUNK), chunk.secondary.stat().st_size
    except OSError:
        return None
    if len(data) != _primary_bytes(facts.slots_per_chunk) or data[0] != _VERSION or int.from_bytes(data[-4:]) != size:
        return None
    first = facts.first_slot_of_chunk(chunk.number)
    begins = pairwise(offset for (offset,) in _OFFSET.iter_unpack(data[1:]))
    return [max(first + at - 1, first) for at, (this, following) in enumerate(begins) if this != following]


def _primary_bytes(slots_per_chunk: int) -> int:
    return 1 + _OFFSET.size * (slots_per_chunk + 2)
