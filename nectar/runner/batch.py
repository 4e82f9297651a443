"""Consecutive blocks cut into batches, each of which is decoded in one place and committed whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Era, Point
from nectar.checkpoint.coverage import Coverage
from nectar.sources.events import RollForward

BLOCKS = 1_000
BYTES = 500_000


class Batch(NamedTuple):
    """`raws` are `[era, block]` as the source gave them, `last` the last one's point.

    `covered` are the slots that are filled once the batch is. `previous` is the block before, when it is in the batch
    before; never a boundary block. `genesis`: the batch begins with the rows of genesis.
    """

    number: int
    raws: tuple[bytes, ...]
    last: Point
    covered: Coverage
    previous: Point | None
    genesis: bool


class Limits(NamedTuple):
    """At most so many blocks, and about so many bytes of them, in a batch."""

    blocks: int = BLOCKS
    bytes: int = BYTES


def is_boundary(raw: bytes) -> bool:
    """A Byron epoch boundary block: its era tag, the second byte, is 0."""
    return raw[1] == Era.BYRON_EBB


def batches(events: Iterable[RollForward], wanted: Coverage, limits: Limits, first_number: int = 0) -> Iterator[Batch]:
    """Batches that together cover `wanted`: the first from its first slot, the last to its last.

    No batch ends on a boundary block, which shares its slot with the block after it. A range without blocks gives one
    batch without blocks: what is known to be empty is filled too.
    """
    raws: list[bytes] = []
    size, number, begins = 0, first_number, wanted.first
    last: RollForward | None = None
    previous: Point | None = None
    for event in events:
        if last is not None and not is_boundary(last.raw) and (len(raws) >= limits.blocks or size >= limits.bytes):
            covered = Coverage(begins, last.point.slot)
            yield Batch(number, tuple(raws), last.point, covered, previous, begins < 0)
            previous, begins = last.point, last.point.slot + 1
            raws, size, number = [], 0, number + 1
        raws.append(event.raw)
        size += len(event.raw)
        last = event
    point = last.point if last is not None else ORIGIN
    yield Batch(number, tuple(raws), point, Coverage(begins, wanted.last), previous, begins < 0)
