"""Forks made of real blocks: another number, slot and previous hash in front of a body that stood on the chain."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cbor2 import dumps

from nectar.cardano.point import ORIGIN, Point
from nectar.decode.envelope import quick_header
from nectar.decode.head import Malformed
from nectar.decode.skip import end_of_item
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource

PREVIEW = network("preview")


def real_blocks(folder: Path, first_slot: int = 0, last_slot: int = 1 << 60) -> list[Offered]:
    """Blocks of preview's chunk files, in order."""
    source = ImmutableSource(folder, facts_of(PREVIEW))
    return [Offered(block.raw, block.point, block.block_no) for block in source.checked_blocks(None, first_slot, last_slot)]


def forged(body: bytes, block_no: int, slot: int, previous: Point) -> Offered:
    """The block `body`, Shelley or later, as if it stood after `previous`. Nothing checks the signatures that this breaks."""
    at = 5
    end = end_of_item(body, end_of_item(body, end_of_item(body, at)))
    raw = body[:at] + dumps(block_no) + dumps(slot) + dumps(previous.hash or None) + body[end:]
    try:
        header = quick_header(raw)
    except Malformed:  # a number that no header may have
        return Offered(raw, Point(slot, bytes(32)), block_no)
    assert (header.slot, header.block_no) == (slot, block_no)
    return Offered(raw, Point(slot, header.hash), block_no)


@dataclass
class Forge:
    """Chains that begin alike and part. Each goes on with bodies that its own past does not have, so no transaction is on one
    chain twice; another fork may have the same ones elsewhere."""

    bodies: Sequence[bytes]
    dice: random.Random
    used: dict[Point, int] = field(default_factory=dict)

    def extend(self, chain: Sequence[Offered], count: int) -> list[Offered]:
        """So many more blocks after the chain."""
        longer = list(chain)
        for _ in range(count):
            last = longer[-1] if longer else Offered(b"", ORIGIN, -1)
            at = self.used.get(last.point, 0) + self.dice.choice((0, 0, 0, 1))
            slot = last.point.slot + self.dice.choice((1, 2, 20, 43, 300))
            block = forged(self.bodies[at], last.block_no + 1, slot, last.point)
            self.used[block.point] = at + 1
            longer.append(block)
        return longer
