"""The events that every source yields: the chain's two, each with its position, and that the tip is reached."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from nectar.cardano.point import Point


class RollForward(NamedTuple):
    """The next block: `raw` is `[era, block]` exactly as on disk and on the wire; only its header was read."""

    raw: bytes
    point: Point
    block_no: int


class RollBackward(NamedTuple):
    """The blocks after `point` are no longer on the chain; `block_no` is its number, -1 where that is not known."""

    point: Point
    block_no: int = -1


class CaughtUp(NamedTuple):
    """The chain's tip is reached: the next blocks are new ones."""


Event: TypeAlias = RollForward | RollBackward | CaughtUp
