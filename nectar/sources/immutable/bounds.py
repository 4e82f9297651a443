"""The range of a job in chunk files: a start and an end in any form that a plan has, as blocks, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Point
from nectar.config.plan.bounds import (
    AtBlock,
    AtCheckpoint,
    AtEra,
    AtOrigin,
    AtPoint,
    Bound,
    FollowTip,
    TipMinus,
)
from nectar.errors import SourceError
from nectar.sources.calendar import Calendar, equals, first_slot, last_slot
from nectar.sources.immutable import faults, lookup
from nectar.sources.immutable.chunk_file import ChunkBlock
from nectar.sources.immutable.edges import none_lost
from nectar.sources.immutable.secondary import is_chunk_finished
from nectar.sources.immutable.source import ImmutableSource

_NOT_SURE = ": without complete index files Nectar cannot tell whether more belong there"


@dataclass(frozen=True, slots=True)
class ResolvedRange:
    """`start` is ORIGIN (genesis rows wanted) or the first block; `first` is always the first block, `end` the last one.

    `first_slot` and `last_slot`, both included, are the plan's range in slots. No block stands between them and `first` or `end`,
    so coverage may claim them. `follows`: the plan continues past the tip. `how`: two lines to show to a person. `trouble`: the
    error in the chunk file right after `end`, where the plan wants more.
    """

    start: Point
    first: Point
    first_slot: int
    end: Point
    last_slot: int
    follows: bool
    how: str
    trouble: SourceError | None = None


class _Side(NamedTuple):
    block: ChunkBlock
    slot: int
    text: str
    origin: bool = False
    follows: bool = False
    trouble: SourceError | None = None


def resolve_range(source: ImmutableSource, start: Bound, end: Bound, calendar: Calendar) -> ResolvedRange:
    """The range from `start` to `end`, both as blocks of the chunk files.

    Errors: SourceError NEC-S002 (a chunk of the range is missing), NEC-S008 (a bound outside of the folder), NEC-S009 (no such
    block), NEC-S012 (nothing between start and end), and that of a damaged chunk where the whole blocks end before the start;
    GenesisError for an era or time the network never had.
    """
    first, last = _start(source, start, calendar), _end(source, end, calendar)
    folder, chunk_of = source.folder, source.facts.chunk_of
    how = f"start: {first.text}\nend: {last.text}"
    if first.block.point.slot > last.block.point.slot and last.trouble is not None:
        raise last.trouble
    if first.slot > last.slot:
        raise faults.bad_range(folder.path, f"the start comes after the end ({how.replace(chr(10), '; ')})")
    if first.block.point.slot > last.block.point.slot:
        raise faults.bad_range(folder.path, f"no block stands between start and end ({how.replace(chr(10), '; ')})")
    folder.span(chunk_of(first.slot), chunk_of(last.slot))
    begin = ORIGIN if first.origin else first.block.point
    return ResolvedRange(begin, first.block.point, first.slot, last.block.point, last.slot, last.follows, how, last.trouble)


def _start(source: ImmutableSource, bound: Bound, calendar: Calendar) -> _Side:
    if isinstance(bound, AtOrigin):
        if source.folder.first.number != 0:
            raise faults.outside(source.folder.path, "the origin", source.holds())
        block = source.first_block()
        return _Side(block, 0, _text("origin", None, "first", block), origin=True)
    if isinstance(bound, AtCheckpoint):
        return _after_checkpoint(source, bound)
    named = _block(source, bound)
    if named is not None:
        block, asked = named
        return _Side(block, block.point.slot, _text(asked, None, "first", block))
    if isinstance(bound, FollowTip):
        raise faults.bad_range(source.folder.path, "a job cannot start beyond the tip; `tip-0` starts with the last block")
    slot, asked = first_slot(bound, calendar)
    return _from_slot(source, slot, asked)


def _from_slot(source: ImmutableSource, slot: int, asked: str) -> _Side:
    begins = source.facts.first_slot_of_chunk(source.folder.first.number)
    block = lookup.at_or_after(source, slot) if slot >= begins else None
    if block is None:
        raise faults.outside(source.folder.path, equals(asked, slot), source.holds())
    text = _text(asked, slot, "first", block)
    if slot == block.point.slot or _is_sure(source, slot, block):
        return _Side(block, slot, text)
    return _Side(block, block.point.slot, f"{text}, the first block of the folder{_NOT_SURE}")


def _is_sure(source: ImmutableSource, slot: int, first: ChunkBlock) -> bool:
    """Whether coverage may claim the slots from `slot` to the first block. True also where an error will be raised when they
    are read."""
    if source.facts.chunk_of(slot) != source.facts.chunk_of(first.point.slot):
        return True
    try:
        return none_lost(source, slot, first.point.slot - 1)
    except SourceError:
        return True


def _after_checkpoint(source: ImmutableSource, bound: AtCheckpoint) -> _Side:
    checkpoint = lookup.by_hash(source, bound.hash) if bound.slot < 0 else source.find(Point(bound.slot, bound.hash))
    if checkpoint is None and bound.slot >= 0:
        raise _no_such_point(source, Point(bound.slot, bound.hash))
    if checkpoint is None:
        raise faults.not_found(source.folder.path, f"no block has the hash {bound.hash.hex()}", source.holds())
    after = iter(source.checked_blocks(checkpoint.point, 0, source.last_whole()[0].point.slot))
    following = next(after, None)
    if following is None:
        raise faults.outside(source.folder.path, f"what follows the checkpoint {checkpoint.point}", source.holds())
    asked = f"after checkpoint {checkpoint.point}"
    slot = min(checkpoint.point.slot + 1, following.point.slot)  # a boundary block shares its slot with the next
    return _Side(following, slot, _text(asked, None, "first", following))


def _end(source: ImmutableSource, bound: Bound, calendar: Calendar) -> _Side:
    if isinstance(bound, FollowTip):
        return _at_tip(source, "the tip")
    if isinstance(bound, AtEra) and calendar.last_slot_of_era(bound.era) is None:
        return _at_tip(source, f"{bound.era}, which has not ended: the tip")
    named = _block(source, bound)
    if named is not None:
        block, asked = named
        return _Side(block, block.point.slot, _text(asked, None, "last", block))
    if isinstance(bound, AtOrigin | AtCheckpoint):
        raise faults.bad_range(source.folder.path, "a job cannot end at the origin or after a checkpoint: name a block or slot")
    slot, asked = last_slot(bound, calendar)
    return _to_slot(source, slot, asked)


def _at_tip(source: ImmutableSource, asked: str) -> _Side:
    block, trouble = source.last_whole()
    return _Side(block, block.point.slot, _text(asked, None, "last", block), follows=True, trouble=trouble)


def _to_slot(source: ImmutableSource, slot: int, asked: str) -> _Side:
    """The end at `slot`. Slots after the last block are claimed only when no block can have been lost there, or be added."""
    path, facts, folder = source.folder.path, source.facts, source.folder
    tip, trouble = source.last_whole()
    beyond = slot > tip.point.slot
    block = tip if beyond else lookup.at_or_before(source, slot)
    if block is None or slot < facts.first_slot_of_chunk(folder.first.number):
        raise faults.outside(path, equals(asked, slot), source.holds())
    text, last = _text(asked, slot, "last", block), block.point.slot
    try:
        if last == slot or none_lost(source, last + 1, slot):
            return _Side(block, slot, text)
    except SourceError as error:
        trouble = trouble or error
    if trouble is not None:
        return _Side(block, last, text + ", where a chunk file breaks off", trouble=trouble)
    if beyond and (
        facts.chunk_of(slot) > folder.last.number or is_chunk_finished(folder.last.primary, facts.slots_per_chunk) is False
    ):
        raise faults.outside(path, equals(asked, slot), source.holds())
    return _Side(block, last, f"{text}, the last block of the folder{_NOT_SURE}")


def _block(source: ImmutableSource, bound: Bound) -> tuple[ChunkBlock, str] | None:
    """The block that the bound names, and its name for messages; None when the bound names none."""
    path = source.folder.path
    if isinstance(bound, AtPoint):
        point = Point(bound.slot, bound.hash)
        block = source.find(point)
        if block is None:
            raise _no_such_point(source, point)
        return block, f"point {point}"
    if isinstance(bound, AtBlock):
        block = lookup.by_hash(source, bound.hash)
        if block is None:
            raise faults.not_found(path, f"no block has the hash {bound.hash.hex()}", source.holds())
        return block, "block hash"
    if isinstance(bound, TipMinus):
        block = lookup.before_tip(source, bound.blocks)
        if block is None:
            raise faults.outside(path, f"tip-{bound.blocks}", source.holds())
        return block, f"tip-{bound.blocks}"
    return None


def _no_such_point(source: ImmutableSource, point: Point) -> Exception:
    """The error for a point that is not on the chain; it names the block at the slot when the folder has one."""
    path, facts = source.folder.path, source.facts
    if source.folder.get(facts.chunk_of(point.slot)) is None:
        return faults.outside(path, f"point {point}", source.holds())
    near = lookup.at_or_before(source, point.slot)
    if near is None or near.point.slot != point.slot:
        return faults.not_found(path, f"no block stands at slot {point.slot}", source.holds(), "check slot and hash")
    what = f"the block at slot {point.slot} is {near.point.hash.hex()}, not {point.hash.hex()}"
    return faults.not_found(path, what, source.holds(), "check slot and hash, and that the plan's network is right")


def _text(asked: str, slot: int | None, which: str, block: ChunkBlock) -> str:
    named = asked if slot is None else equals(asked, slot)
    return f"{named}, {which} block {block.point} (block {block.block_no})"
