"""The blocks of one chunk file, each one checked: against its checksum, its own hash, and the block before it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

from nectar import reading
from nectar.cardano.point import ORIGIN, Era, Point
from nectar.decode.envelope import byron_magic, header_at, quick_fields
from nectar.decode.head import Malformed
from nectar.sources.immutable import faults
from nectar.sources.immutable.chunk_file import GENESIS, ChunkBlock, ChunkFile
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.scan import Scan, scanned
from nectar.sources.immutable.secondary import IndexEntry, entries
from nectar.sources.plausible import NEXT_ERA, era_name, number_trouble

Note = Callable[[str], None]
"""Takes one sentence for the run's log, about a problem that reading could work around."""

_BYRON_PREFIX = {0: b"\x82\x00", 1: b"\x82\x01"}


def read_chunk(path: Path) -> bytes:
    """The whole file. Errors: SourceError NEC-S010."""
    try:
        return reading.read_file(path, reading.CHUNK)
    except OSError as error:
        raise faults.unreadable(path, error) from error


def read_index(path: Path) -> bytes:
    """The whole index file; empty when it does not exist. Errors: SourceError NEC-S010."""
    try:
        return reading.read_file(path, reading.CHUNK)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise faults.unreadable(path, error) from error


def chunk_blocks(file: ChunkFile, facts: ChainFacts, before: ChunkBlock | None, note: Note) -> Iterator[ChunkBlock]:
    """The chunk's blocks in order, read into memory as one file; `before` is the block before the first one
    (GENESIS for the chain's first), or None when it is not known.

    Errors: SourceError NEC-S003 to S007, S010; raised when the iteration reaches it.
    """
    return linked(located(file, facts.byron_epoch_slots, note), file, facts, before)


def located(file: ChunkFile, byron_epoch_slots: int, note: Note) -> Iterator[ChunkBlock]:
    """The chunk's blocks, each checked against its checksum or its own hashes, but not against the rest of the chain.

    The index is used as far as it agrees with the chunk; from the first disagreement on, the chunk is scanned.
    """
    data, index = read_chunk(file.path), read_index(file.secondary)
    if not data:
        if index:
            raise faults.emptied(file.path, len(index) // 56)
        return
    listed, whole = entries(index, len(data))
    at, count = yield from _indexed(data, listed, byron_epoch_slots)
    if index and (at < len(data) or not whole):
        note(f"{file.secondary.name} does not describe {file.path.name} from block {count + 1} on: scanned instead")
    if at < len(data):
        by_offset = {entry.offset: entry for entry in listed}
        yield from scanned(data, Scan(file, at, count, by_offset, byron_epoch_slots))


def _indexed(data: bytes, listed: list[IndexEntry], byron_epoch_slots: int) -> Generator[ChunkBlock, None, tuple[int, int]]:
    """The blocks that their index entries describe correctly; returns the offset and the number of blocks reached."""
    last = len(listed) - 1
    for position, (start, header_at_, header_size, crc, block_hash, _) in enumerate(listed):
        end = listed[position + 1].offset if position < last else len(data)
        raw = data[start:end]
        if crc32(raw) != crc:
            return start, position
        header = raw[header_at_ : header_at_ + header_size]
        era_tag = raw[1] if end - start > 1 else 0
        if era_tag < Era.SHELLEY:
            header = _BYRON_PREFIX[era_tag] + header
        if blake2b(header, digest_size=32).digest() != block_hash:
            return start, position
        try:
            if era_tag < Era.SHELLEY:
                _, slot, block_no, _, prev_hash, _ = header_at(
                    raw, era_tag, header_at_, header_at_ + header_size, byron_epoch_slots
                )
            else:
                slot, block_no, prev_hash = quick_fields(raw, header_at_)
        except Malformed:
            return start, position
        yield ChunkBlock(raw, Point(slot, block_hash), prev_hash, block_no, era_tag)
    return (len(data) if listed else 0), len(listed)


def linked(blocks: Iterator[ChunkBlock], file: ChunkFile, facts: ChainFacts, before: ChunkBlock | None) -> Iterator[ChunkBlock]:
    """The same blocks, each checked to follow from the one before it and to belong in this chunk.

    Errors: SourceError NEC-S005 (link), S006 (order, place), S007 (another network's), S013 (impossible).
    """
    path, number, horizon = file.path, file.number, facts.horizon
    first_slot = facts.first_slot_of_chunk(number)
    end_slot = first_slot + facts.slots_per_chunk
    era_seen = -1
    for block in blocks:
        slot = block.point.slot
        if not first_slot <= slot < end_slot:
            raise faults.misplaced(path, slot, number, facts.chunk_of(slot), facts.name)
        if block.era_tag != era_seen:
            _check_network(block, path, facts)
            era_seen = block.era_tag
        if before is GENESIS:
            _check_first(block, path, facts)
        elif before is not None:
            if block.era_tag < before.era_tag > Era.BYRON:
                raise faults.out_of_order(path, block.point, before.point, "whose era is later")
            if block.prev_hash != before.point.hash:
                raise faults.unlinked(path, block.point, block.prev_hash, before.point)
            if slot <= before.point.slot and not (slot == before.point.slot and before.era_tag == Era.BYRON_EBB):
                raise faults.out_of_order(path, block.point, before.point)
        trouble = horizon.trouble(slot) if horizon is not None and not horizon.has(slot) else ""
        trouble = trouble or number_trouble(block.era_tag, slot, block.block_no, before and (before.era_tag, before.block_no))
        if trouble:
            raise faults.implausible_block(path, block.point, trouble)
        before = block
        yield block


def _check_network(block: ChunkBlock, path: Path, facts: ChainFacts) -> None:
    """The era must be the network's at that slot, and a Byron header must carry its magic.

    An era newer than the network's last known one passes: decoding will report it.
    """
    if block.era_tag > NEXT_ERA or block.raw[1] != block.era_tag:
        raise faults.implausible_block(path, block.point, f"its era's tag is {block.era_tag:,}, and there is no such era")
    expected = facts.era_tag_at(block.point.slot)
    era_tag = max(block.era_tag, int(Era.BYRON))
    newer = expected is not None and expected == facts.eras[-1][1] and era_tag > expected
    if expected is not None and era_tag != expected and not newer:
        raise faults.foreign(
            path, f"its block {block.point} is of era {era_name(era_tag)}, at a slot of era {era_name(expected)}", facts.name
        )
    if block.era_tag <= Era.BYRON:
        magic = byron_magic(block.raw, 3)
        if magic != facts.magic:
            raise faults.foreign(path, f"its block {block.point} has protocol magic {magic}, not {facts.magic}", facts.name)


def _check_first(block: ChunkBlock, path: Path, facts: ChainFacts) -> None:
    """The chain's first block names genesis: by its hash in Byron, by nothing in later eras."""
    names = block.prev_hash
    if names is None:
        return
    if facts.genesis_hash is not None and names != facts.genesis_hash:
        what = f"its first block names {names.hex()} as genesis, not {facts.genesis_hash.hex()}"
        raise faults.foreign(path, what, facts.name)
    if block.era_tag > Era.BYRON:
        raise faults.unlinked(path, block.point, names, ORIGIN)
