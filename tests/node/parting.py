"""A long chain, and others that part from it."""

from __future__ import annotations

import random

from nectar.nodeserver.chain import Offered
from tests.node.forging import Forge

OURS = 3_051
SMALL = 2_000


class Chains:
    """Transactions stand on them more than once: plans for them make rows of blocks alone."""

    def __init__(self, bodies: list[bytes]) -> None:
        small = [body for body in bodies if len(body) < SMALL]
        enough = small * (2 * OURS // len(small) + 1)
        self.long = Forge(enough, random.Random(5)).extend([], OURS)
        self.end = self.long[-1].point.slot
        self.forge = Forge(enough[::-1], random.Random(6))

    def parting(self, held: int, blocks: int, beyond: int = 0) -> list[Offered]:
        """Another chain that has the first `held` blocks and at least so many more, as many as it takes to come beyond the slot."""
        other = self.forge.extend(self.long[:held], blocks)
        while other[-1].point.slot <= beyond:
            other = self.forge.extend(other, 1)
        return other
