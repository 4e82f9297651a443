"""What every source yields: the chain's two events, position travelling with the data; and that there is no more for now."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from nectar.cardano.point import Point


class RollForward(NamedTuple):
    """The next block: `raw` is `[era, block]` exactly as on disk and on the wire; nothing of it is decoded but its header."""

    raw: bytes
    point: Point
    block_no: int


class RollBackward(NamedTuple):
    """Everything after `point` never happened; `block_no` is its number, -1 where that is not known."""

    point: Point
    block_no: int = -1


class CaughtUp(NamedTuple):
    """The chain's tip is reached: whatever comes now has just been made."""


Event: TypeAlias = RollForward | RollBackward | CaughtUp
