"""The source `immutable`: a node's chunk files, read directly and in order, one chunk in memory at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from nectar.cardano.point import ORIGIN, Era, Numbered, Point
from nectar.errors import SourceError
from nectar.sources.events import RollBackward, RollForward
from nectar.sources.immutable import faults, lookup
from nectar.sources.immutable.checked_chunks import CheckedChunks
from nectar.sources.immutable.chunk_file import GENESIS, ChunkBlock, ChunkFile
from nectar.sources.immutable.edges import none_lost
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.folder import open_folder

NO_END = (1 << 63) - 1


class ImmutableSource(CheckedChunks):
    """Blocks of the chunk files at `path` (see `open_folder`), checked as they are read.

    The folder is listed once, when the source is made. Chunks that a node adds later belong to the next run.
    """

    def __init__(self, path: Path, facts: ChainFacts) -> None:
        super().__init__(open_folder(path), facts)

    def follow(self, known_points: Sequence[Point]) -> Iterator[RollForward | RollBackward]:
        """All events after the newest of `known_points` that is on this chain; all blocks when no point is known.

        A newer known point that is not on this chain, though the folder reaches beyond it, was on a fork: then a
        `RollBackward` to the newest one on this chain comes first. Ends at the folder's tip.
        Errors: SourceError NEC-S011 when points are known but none is on this chain; those of `blocks`.
        """
        points = sorted(known_points, key=lambda point: point.slot, reverse=True)
        if not points:
            yield from self.blocks()
            return
        tip = self.tip()
        within = [point for point in points if point.slot <= tip.slot]
        for point in within:
            if point == ORIGIN or self.find(point) is not None:
                if point != within[0]:
                    yield RollBackward(point)
                if len(within) == len(points) or point != within[0]:
                    yield from self.blocks(after=point)
                return
        raise faults.no_intersection(self.folder.path, self.holds())

    def tip(self) -> Point:
        """The last block's point. Errors: SourceError NEC-S001 when the chunks hold none, NEC-S003 to S007 when its chunk is
        damaged."""
        return self.last_block().point

    def last_block(self) -> ChunkBlock:
        """The last block. Errors: as `tip`."""
        block, trouble = self.last_whole()
        if trouble is not None:
            raise trouble
        return block

    def last_whole(self) -> tuple[ChunkBlock, SourceError | None]:
        """The last block up to which its chunk is undamaged, and the error after it, such as a file that was cut."""
        trouble: SourceError | None = None
        for chunk in reversed(self.folder.chunks):
            last: ChunkBlock | None = None
            try:
                for block in self.chunk(chunk):
                    last = block
            except SourceError as error:
                trouble = error
            if last is not None:
                return last, trouble
        raise trouble or faults.no_blocks(self.folder.path)

    def first_block(self) -> ChunkBlock:
        """The first block. Errors: SourceError NEC-S001 when the chunks hold none."""
        for chunk in self.folder.chunks:
            for block in self.chunk(chunk):
                return block
        raise faults.no_blocks(self.folder.path)

    def holds(self) -> str:
        """What the folder holds, in words for messages: its first and last slot, and gaps. Never fails."""
        chunks = self.folder.chunks
        try:
            slots = f"it holds slots {self.first_block().point.slot} to {self.tip().slot}"
        except SourceError as error:
            slots = f"it holds chunks {chunks[0].number:05} to {chunks[-1].number:05}, not all of them readable: {error.what}"
        gaps = sum(after - before + 1 for before, after in self.folder.gaps())
        missing = f", {gaps:,} chunks missing between" if gaps else ""
        return slots + missing

    def blocks(self, after: Point | None = None, from_slot: int = 0, to_slot: int = NO_END) -> Iterator[RollForward]:
        """Blocks of slots `from_slot` to `to_slot`, both included, or those after the block `after` up to `to_slot`.

        `after` None or ORIGIN: from `from_slot` on. A range without bounds begins with the folder's first chunk, whether or
        not it is the chain's first; with ORIGIN it begins with the chain's first.
        Errors: SourceError NEC-S002 before the first block when a chunk of the range is missing; NEC-S003 to S007, S010
        when reading reaches it; NEC-S009 when `after` is not on this chain.
        """
        for block in self.checked_blocks(after, from_slot, to_slot):
            yield RollForward(block.raw, block.point, block.block_no)

    def between(self, first: Point, end: Point) -> Iterator[RollForward]:
        """The blocks `first` to `end`, both included: exact even where a boundary block shares its slot with the next.

        Errors: as `blocks`; NEC-S009 when one of the two is not on this chain.
        """
        begun = False
        for block in self.checked_blocks(None, first.slot, end.slot):
            begun = begun or block.point == first
            if begun:
                yield RollForward(block.raw, block.point, block.block_no)
            if block.point == end:
                break
        else:
            raise faults.not_found(self.folder.path, f"block {end} is not on this chain", self.holds())
        if not begun:
            raise faults.not_found(self.folder.path, f"block {first} is not on this chain", self.holds())

    def checked_blocks(self, after: Point | None, from_slot: int, to_slot: int) -> Iterator[ChunkBlock]:
        """As `blocks`, with the fields of each header."""
        excluded = after if after is not None and after != ORIGIN else None
        if excluded is not None:
            from_slot = excluded.slot
        seen, reached = excluded is None, -1
        for block in self._linked_chunks(from_slot, to_slot, begins=after == ORIGIN):
            slot = block.point.slot
            if reached < 0 < from_slot and seen:
                self._prove(from_slot, min(slot - 1, to_slot))
            if slot > to_slot:
                return
            reached = slot
            if not seen:
                seen = block.point == excluded
                if not seen and slot > from_slot:
                    break
            elif slot >= from_slot:
                yield block
                if slot == to_slot and block.era_tag != Era.BYRON_EBB:
                    return  # chunks after the range may be damaged
        if not seen:
            raise faults.not_found(self.folder.path, f"block {excluded} is not on this chain", self.holds())
        if self.facts.chunk_of(to_slot) <= self.folder.last.number:
            self._prove(max(reached + 1, from_slot), to_slot)

    def _linked_chunks(self, from_slot: int, to_slot: int, begins: bool) -> Iterator[ChunkBlock]:
        """Every block of the chunks that hold the range, linked across them."""
        folder, chunk_of = self.folder, self.facts.chunk_of
        first = chunk_of(max(from_slot, 0))
        if first < folder.first.number and not begins and from_slot <= 0:
            first = folder.first.number
        before = GENESIS if first == 0 else None
        for chunk in folder.span(first, min(chunk_of(to_slot), folder.last.number)):
            for block in self.chunk(chunk, before):
                yield block
                before = block

    def _prove(self, low: int, high: int) -> None:
        """Checks that no block was lost from these slots. Errors: SourceError NEC-S003, NEC-S005."""
        if low <= high and not none_lost(self, low, high):
            raise faults.unproven(self.folder.path, low, high)

    def find(self, point: Point) -> ChunkBlock | None:
        """The block at `point`; None when its chunk is missing or has another block there."""
        chunk = self.folder.get(self.facts.chunk_of(point.slot)) if point.slot >= 0 else None
        if chunk is None:
            return None
        for block in self.chunk(chunk):
            if block.point == point:
                return block
            if block.point.slot > point.slot:
                return None
        return None

    def has_another(self, point: Point) -> bool:
        """Whether the chunk of `point` reaches that slot and does not have the block. False for a damaged chunk: it is checked
        when it is read."""
        chunk = self.folder.get(self.facts.chunk_of(point.slot)) if point.slot >= 0 else None
        try:
            for block in self.chunk(chunk) if chunk is not None else ():
                if block.point == point:
                    return False
                if block.point.slot > point.slot:
                    return True
        except SourceError:
            return False
        return chunk is not None and any(later.number > chunk.number for later in self.folder.chunks)

    def cannot_follow(self, block: Numbered, slot: int) -> bool:
        """Whether the first block from `slot` on cannot come after `block`, by number and link. False where blocks lie between
        the two, or it cannot be read."""
        try:
            first = lookup.at_or_after(self, slot) if self.folder.get(self.facts.chunk_of(slot)) is not None else None
        except SourceError:
            return False
        if first is None:
            return False
        follows = block.block_no + (first.era_tag != Era.BYRON_EBB)
        return first.block_no < follows or (first.block_no == follows and first.prev_hash != block.point.hash)

    def previous_of(self, point: Point) -> Point | None:
        """The block before the one at `point`: ORIGIN before the chain's first; None when its chunk is missing.

        Errors: SourceError NEC-S009 when the block does not exist, NEC-S005 when the block before it is not the one that it
        names.
        """
        chunk = self.folder.get(self.facts.chunk_of(point.slot)) if point.slot >= 0 else None
        before: ChunkBlock | None = None
        for block in self.chunk(chunk) if chunk is not None else ():
            if block.point == point and chunk is not None:
                return before.point if before is not None else self._before_chunk(chunk, block)
            before = block
        raise faults.not_found(self.folder.path, f"block {point} is not on this chain", self.holds())

    def _before_chunk(self, chunk: ChunkFile, first: ChunkBlock) -> Point | None:
        """The last block before `chunk`, whose first block is `first`."""
        if first.prev_hash is None or chunk.number == 0:
            return ORIGIN
        for number in range(chunk.number - 1, -1, -1):
            earlier = self.folder.get(number)
            if earlier is None:
                return None
            last = _last(self.chunk(earlier))
            if last is not None:
                if last.point.hash != first.prev_hash:
                    raise faults.unlinked(chunk.path, first.point, first.prev_hash, last.point)
                return last.point
        return ORIGIN


def _last(blocks: Iterator[ChunkBlock]) -> ChunkBlock | None:
    newest = deque(blocks, maxlen=1)
    return newest[0] if newest else None
