"""A chunk file, and a block that was read from it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Point


class ChunkFile(NamedTuple):
    """`number` as in the file's name; `is_last`: no higher number in its folder, so a node may still be writing it."""

    number: int
    path: Path
    is_last: bool = False

    @property
    def secondary(self) -> Path:
        return self.path.with_suffix(".secondary")

    @property
    def primary(self) -> Path:
        return self.path.with_suffix(".primary")


class ChunkBlock(NamedTuple):
    """A block of a chunk: `raw` is `[era, block]`; `prev_hash` None where genesis came before; `era_tag` as on disk."""

    raw: bytes
    point: Point
    prev_hash: bytes | None
    block_no: int
    era_tag: int


GENESIS = ChunkBlock(b"", ORIGIN, None, -1, -1)
"""Stands for the block before the chain's first."""
