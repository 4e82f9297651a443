"""Random histories of forks: what a node's chain was, and what is left of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Drop, Fork, Step, Wait
from tests.node.forging import Forge, real_blocks

K = 432
BUSY = 200 * 4_320  # slots from which preview's blocks have transactions of every kind


def busy_bodies(chain: Path) -> list[bytes]:
    """Blocks with something in them, of the folder of chains."""
    return [block.raw for block in real_blocks(chain / "preview/immutable", BUSY) if len(block.raw) > 900]


class History:
    """Phases, each a server's script and the last slot of its last chain; `chain` is what is left at the end."""

    def __init__(self, seed: int, bodies: list[bytes]) -> None:
        self.dice = random.Random(seed)
        start = self.dice.randrange(max(len(bodies) - 3_000, 1))
        self.forge = Forge(bodies[start:], self.dice)
        self.chain: list[Offered] = []
        self.deep = seed % 4 == 0  # a chain longer than k, and forks of it as deep as they can be
        self.forks: list[list[Offered]] = []
        self.highest, self.deepest = 0, 0
        self.phases = [(list(self._phase()), self.highest) for _ in range(self.dice.choice((1, 2, 2, 3)))]

    def _phase(self) -> Iterator[Step]:
        """Begins with the chain as the phase before left it, changed by a fork at restart or not."""
        dice = self.dice
        if self.deep and not self.chain:
            self.chain = self.forge.extend([], K + dice.choice((0, 1, 70)))
            self.highest = self.chain[-1].point.slot
        if self.chain and dice.random() < 0.6:
            self._fork()
        yield self._take(0)
        for _ in range(dice.randrange(5)):
            kind = dice.random()
            if kind < 0.35:
                held = len(self.chain)
                self._grow()
                yield self._take(held)
            elif kind < 0.8:
                held = self._fork()
                yield Back(held)
                yield self._take(held)
            elif kind < 0.9:
                yield Wait(0.0)
            else:
                yield Drop()
        held = len(self.chain)
        self._outgrow()
        yield self._take(held)

    def _grow(self) -> None:
        self.chain = self.forge.extend(self.chain, self.dice.choice((1, 1, 2, 5, 40, 200)))
        self.highest = max(self.highest, self.chain[-1].point.slot)

    def _fork(self) -> int:
        """How many blocks the two have in common."""
        depths = (1, 60, 200, K - 1, K, K) if self.deep else (1, 1, 2, 3, 10, 60)
        depth = min(self.dice.choice(depths), len(self.chain))
        self.deepest = max(self.deepest, depth)
        held = len(self.chain) - depth
        self.chain = self.forge.extend(self.chain[:held], depth + self.dice.choice((1, 1, 3)))
        self.highest = max(self.highest, self.chain[-1].point.slot)
        return held

    def _outgrow(self) -> None:
        """A node leaves a chain only for a longer one: what is left reaches beyond everything that was ever seen."""
        while not self.chain or self.chain[-1].point.slot <= self.highest:
            self.chain = self.forge.extend(self.chain, 1)
        self.highest = self.chain[-1].point.slot

    def _take(self, held: int) -> Fork:
        self.forks.append(list(self.chain))
        return Fork(Path(str(len(self.forks) - 1)), held, len(self.chain))
