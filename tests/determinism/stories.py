"""What a node's chain was while jobs read it: forks, lost connections, phases between which no job runs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Era
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Drop, Fork, Step, Wait
from nectar.samplechain.make import make_sample_chain
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.node.forging import forged


@dataclass(frozen=True)
class Ground:
    """A chain whose blocks stories are made of. `named`: its network, as a plan says it."""

    files: Path
    named: str
    network: Network
    blocks: Sequence[Offered]


def ground(files: Path, named: str, first_slot: int = 0, last_slot: int = 1 << 60) -> Ground:
    found = network(named)
    source = ImmutableSource(files, facts_of(found))
    blocks = [Offered(one.raw, one.point, one.block_no) for one in source.checked_blocks(None, first_slot, last_slot)]
    return Ground(files, named, found, blocks)


def sample_ground(folder: Path) -> Ground:
    """Every era and every kind of certificate and action in 600 blocks, k = 5."""
    make_sample_chain(folder, 600, 3)
    return ground(folder / "immutable", str(folder / "genesis"))


class Phase(NamedTuple):
    base: list[Offered]
    steps: list[Step]
    last_slot: int


class Story:
    """Phases, each the chain that its node begins with, what happens to it, and the last slot of its last chain; `chain` is what is
    left at the end.

    Its chains keep the blocks' own slots and are told apart by those that they leave out. What stands before the first block that
    can be left out, Byron's among it, is in all of them.
    """

    def __init__(self, seed: int, ground: Ground, length: int = 60) -> None:
        self.dice = random.Random(seed)
        self.blocks, self.k = ground.blocks, ground.network.security_parameter
        shelley = next((at for at, one in enumerate(self.blocks) if one.raw[1] >= Era.SHELLEY), 0)
        first = self.dice.randrange(len(self.blocks) - 4 * length - shelley) + shelley
        self.chain = list(self.blocks[:first]) if shelley else []
        self.at = {self._last.point: first}
        self.forks: list[list[Offered]] = []
        self.highest = -1
        self._outgrow(length // 6)
        self.first = len(self.chain)  # blocks that all chains have
        self._outgrow(length // 3)
        self.phases = [self._phase(length) for _ in range(self.dice.choice((1, 2, 3)))]

    def _phase(self, length: int) -> Phase:
        if self.dice.random() < 0.5:
            self._fork()
        base = list(self.chain)
        return Phase(base, list(self._steps(length)), self.chain[-1].point.slot)

    def _steps(self, length: int) -> Iterator[Step]:
        dice = self.dice
        for _ in range(dice.randrange(1, 4)):
            kind, held = dice.random(), len(self.chain)
            if kind < 0.3:
                self._outgrow(dice.randrange(length // 8))
                yield self._take(held)
            elif kind < 0.8:
                held = self._fork()
                yield Back(held)
                yield self._take(held)
            else:
                yield Wait(0.0) if kind < 0.9 else Drop()
        held = len(self.chain)
        self._outgrow(1)
        yield self._take(held)

    @property
    def _last(self) -> Offered:
        return self.chain[-1] if self.chain else Offered(b"", ORIGIN, -1)

    def _extend(self, count: int) -> None:
        for _ in range(count):
            before = self._last
            at = self.at[before.point]
            while self.dice.random() < 0.3:
                at += 1
            body = self.blocks[at]
            block = forged(body.raw, before.block_no + 1, body.point.slot, before.point)
            self.at[block.point] = at + 1
            self.chain.append(block)

    def _outgrow(self, count: int) -> None:
        """A node leaves a chain only for a longer one: what is left reaches beyond everything that was ever seen."""
        self._extend(count)
        while self._last.point.slot <= self.highest:
            self._extend(1)
        self.highest = self._last.point.slot

    def _fork(self) -> int:
        """How many blocks the two have in common."""
        depth = min(self.dice.choice((1, 1, 2, 4, 20)), self.k, len(self.chain) - self.first)
        if depth <= 0:
            return len(self.chain)
        del self.chain[-depth:]
        held = len(self.chain)
        self._outgrow(depth + 1)
        return held

    def _take(self, held: int) -> Fork:
        self.forks.append(list(self.chain))
        return Fork(Path(str(len(self.forks) - 1)), held, len(self.chain))
