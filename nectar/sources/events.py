"""What every source yields: the chain's two events, position travelling with the data."""

from __future__ import annotations

from typing import NamedTuple

from nectar.cardano.point import Point


class RollForward(NamedTuple):
    """The next block: `raw` is `[era, block]` exactly as on disk and on the wire; nothing of it is decoded but its point."""

    raw: bytes
    point: Point


class RollBackward(NamedTuple):
    """Everything after `point` never happened."""

    point: Point
