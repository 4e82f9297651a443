"""Reads a chunk whose index is missing or wrong: finds blocks one after another, from their own bytes.

The chunk is the truth, as it is for a node that validates its database. Where no checksum vouches for a block, its own hashes
must: the header's body hash over the body's parts (Shelley and later), and the next block's previous hash over the header. So a
block is only yielded when the next one in the same chunk names it. No hash covers the body of a Byron block, and the header of a
chunk's last block until the next chunk is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zlib import crc32

from nectar.cardano.point import Era, Point
from nectar.decode.envelope import Header, Outline, body_hash, header_at, outline
from nectar.decode.head import Malformed
from nectar.decode.skip import skipper
from nectar.errors import SourceError
from nectar.sources.immutable import faults
from nectar.sources.immutable.chunk_file import ChunkBlock, ChunkFile
from nectar.sources.immutable.secondary import IndexEntry


class Scan(NamedTuple):
    """Where to begin: at offset `at`, after `already` blocks. `listed`: the index entries by offset, correct or not."""

    file: ChunkFile
    at: int
    already: int
    listed: Mapping[int, IndexEntry]
    byron_epoch_slots: int


def scanned(data: bytes, scan: Scan) -> Iterator[ChunkBlock]:
    """The blocks of the chunk `data` from `scan.at` to its end.

    Errors: SourceError NEC-S003 (cut short), NEC-S004 (damaged), NEC-S005 (the next block names another), raised after
    the whole blocks before it were yielded.
    """
    file, at, count, listed = scan.file, scan.at, scan.already, scan.listed
    skip = skipper(data)
    pending: ChunkBlock | None = None
    doubt: SourceError | None = None
    while at < len(data):
        fault: SourceError | None = None
        next_doubt: SourceError | None = None
        try:
            parts = outline(data, at, skip)
            header = header_at(data, parts.era_tag, *parts.header, scan.byron_epoch_slots)
            block = _block_of(data, at, parts, header)
            fault, next_doubt = _damage(data, at, parts, header, file, listed.get(at))
        except Malformed as error:
            fault = _malformed(error, data, at, count, file)
        if pending is not None:
            if fault is None and block.prev_hash != pending.point.hash:
                raise doubt or faults.unlinked(file.path, block.point, block.prev_hash, pending.point)
            if doubt is not None:
                if fault is not None:
                    raise doubt
                listed, next_doubt = {}, None  # the chain contradicts the index: the index is ignored from here on
            yield pending
        if fault is not None:
            raise fault
        pending, doubt, at, count = block, next_doubt, parts.end, count + 1
    if doubt is not None:
        raise doubt
    if pending is not None:
        yield pending


def _block_of(data: bytes, at: int, parts: Outline, header: Header) -> ChunkBlock:
    point = Point(header.slot, header.hash)
    return ChunkBlock(data[at : parts.end], point, header.prev_hash, header.block_no, header.era_tag)


def _damage(
    data: bytes, at: int, parts: Outline, header: Header, file: ChunkFile, entry: IndexEntry | None
) -> tuple[SourceError | None, SourceError | None]:
    """(fault, doubt) about the block at `at`: a fault is certain; a doubt ends when the next block names this one.

    An index entry with the same checksum, or with the same hash over a body that is right, vouches for the block.
    """
    known_body = header.body_hash is not None and header.era_tag <= Era.CONWAY
    if known_body and body_hash(data, parts.parts) != header.body_hash:
        return faults.damaged_block(file.path, at, "its body is not what its header's body hash says"), None
    if entry is None or entry.crc == crc32(data[at : parts.end]) or (known_body and entry.hash == header.hash):
        return None, None
    fault = faults.disowned(file.path, at, entry.hash == header.hash)
    return (None, fault) if known_body else (fault, None)


def _malformed(error: Malformed, data: bytes, at: int, count: int, file: ChunkFile) -> SourceError:
    if error.cut_short:
        return faults.cut_short(file.path, at, len(data), count, file.is_last)
    return faults.damaged_block(file.path, at, f"{error.what} (byte {error.at:,})")
