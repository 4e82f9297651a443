"""A position on the chain, and the eras of blocks."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Era(IntEnum):
    """Era tags as they are written before a block on disk and on the wire (ouroboros-consensus, HardForkBlock)."""

    BYRON_EBB = 0
    BYRON = 1
    SHELLEY = 2
    ALLEGRA = 3
    MARY = 4
    ALONZO = 5
    BABBAGE = 6
    CONWAY = 7


class Point(NamedTuple):
    """`slot` and 32-byte header `hash` of a block; a Byron epoch boundary block has its epoch's first slot."""

    slot: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.slot}.{self.hash.hex()}" if self.hash else "origin"


class Numbered(NamedTuple):
    """A block's point and its number; -1 where that is not known."""

    point: Point
    block_no: int = -1


ORIGIN = Point(-1, b"")
"""Before the first block: genesis lives at slot -1, so that its ids sort before every block's."""
