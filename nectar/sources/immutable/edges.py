"""Proofs that no block was lost at the edges of a range.

Between two blocks that are read, the link proves it. Before the first block of a range and after its last one, the node's own
list of filled slots (the primary index) proves it, or the blocks on both sides, which lie outside of the range.
"""

from __future__ import annotations

from nectar.errors import SourceError
from nectar.sources.immutable import faults, lookup
from nectar.sources.immutable.checked_chunks import CheckedChunks
from nectar.sources.immutable.chunk_file import GENESIS, ChunkBlock
from nectar.sources.immutable.secondary import listed_slots


def none_lost(source: CheckedChunks, low: int, high: int) -> bool:
    """Whether no block was lost from the slots `low` to `high`, where the chunk files have none. False: no proof.

    A crash can leave a list that names no block at all. Such a list counts only where there are no blocks to compare.
    Errors: SourceError NEC-S003 of a block that was lost, NEC-S005 of two that do not follow from each other.
    """
    folder, facts = source.folder, source.facts
    numbers = range(facts.chunk_of(low), facts.chunk_of(high) + 1)
    if numbers[-1] > folder.last.number:
        return False
    lists = [listed_slots(chunk, facts) for number in numbers if (chunk := folder.get(number)) is not None]
    is_listed = len(lists) == len(numbers) and None not in lists
    listed_here = [slot for slots in lists for slot in slots or () if low <= slot <= high]
    if is_listed and not listed_here and all(lists):
        return True
    before, after = _before(source, low), _after(source, high)
    if before is not None and after is not None:
        if not _follows(source, after, before):
            path = source.chunk_path(after.point.slot)
            raise faults.unlinked(path, after.point, after.prev_hash, before.point)
        return True
    if listed_here:
        raise faults.lost_block(source.chunk_path(listed_here[0]), listed_here[0])
    return is_listed


def _follows(source: CheckedChunks, after: ChunkBlock, before: ChunkBlock) -> bool:
    return after.prev_hash in ((None, source.facts.genesis_hash) if before is GENESIS else (before.point.hash,))


def _before(source: CheckedChunks, slot: int) -> ChunkBlock | None:
    """The last block before `slot`; GENESIS where the chain begins. None where it is missing or cannot be read."""
    try:
        block = lookup.at_or_before(source, slot - 1) if slot > 0 else None
    except SourceError:
        return None
    return GENESIS if block is None and source.folder.first.number == 0 else block


def _after(source: CheckedChunks, slot: int) -> ChunkBlock | None:
    try:
        return lookup.at_or_after(source, slot + 1)
    except SourceError:
        return None
