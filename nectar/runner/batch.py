"""Consecutive blocks cut into batches, each of which is decoded in one place and committed whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nectar.cardano.point import Era, Point
from nectar.checkpoint.coverage import Coverage
from nectar.sources.events import RollForward

BLOCKS = 2_000
BYTES = 1_500_000


class Batch(NamedTuple):
    """`raws` are `[era, block]` as the source gave them. `previous` is the block before, with whether it is a boundary block.

    `covered` are the slots that are filled once the batch is; `genesis`: the batch begins with the rows of genesis.
    """

    number: int
    raws: tuple[bytes, ...]
    last: Point
    covered: Coverage
    previous: tuple[Point, bool] | None
    genesis: bool

    @property
    def size(self) -> int:
        return sum(map(len, self.raws))


def is_boundary(raw: bytes) -> bool:
    """A Byron epoch boundary block: its era tag, the second byte, is 0."""
    return raw[1] == Era.BYRON_EBB


class Limits(NamedTuple):
    """At most so many blocks, and about so many bytes of them, in a batch."""

    blocks: int = BLOCKS
    bytes: int = BYTES


def batches(
    events: Iterable[RollForward],
    wanted: Coverage,
    limits: Limits,
    previous: tuple[Point, bool] | None,
    first_number: int = 0,
) -> Iterator[Batch]:
    """Batches that together cover `wanted`: the first from its first slot, the last to its last.

    No batch ends on a boundary block, which shares its slot with the block after it. A range without blocks gives none.
    """
    raws: list[bytes] = []
    size, number, begins = 0, first_number, wanted.first
    last: RollForward | None = None
    for event in events:
        if last is not None and not is_boundary(last.raw) and (len(raws) >= limits.blocks or size >= limits.bytes):
            yield Batch(number, tuple(raws), last.point, Coverage(begins, last.point.slot), previous, _genesis(begins))
            previous, begins = (last.point, False), last.point.slot + 1
            raws, size, number = [], 0, number + 1
        raws.append(event.raw)
        size += len(event.raw)
        last = event
    if last is not None:
        yield Batch(number, tuple(raws), last.point, Coverage(begins, wanted.last), previous, _genesis(begins))


def _genesis(first_slot: int) -> bool:
    return first_slot < 0
