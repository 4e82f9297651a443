"""The facts of a network's chunk files: enough to tell another network's blocks from its own."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from nectar.cardano.network import Network
from nectar.sources.plausible import Horizon, eras_of


class ChainFacts(NamedTuple):
    """`slots_per_chunk` is 10 k (21,600; 4,320 on preview). `genesis_hash`: what the first block names as previous, where
    it names one (Byron boundary blocks do; a chain that begins in Shelley or later names nothing).

    `eras`: (first slot, era tag on disk) of each era in slot order, Byron as 1; empty when the network's are not known.
    `horizon`: the latest slot by the clock; None where the network's time is not known.
    """

    name: str
    magic: int
    slots_per_chunk: int
    genesis_hash: bytes | None = None
    byron_epoch_slots: int = 21_600
    eras: tuple[tuple[int, int], ...] = ()
    horizon: Horizon | None = None

    def era_tag_at(self, slot: int) -> int | None:
        """The era's tag at `slot`; None when the network's eras are not known."""
        if not self.eras:
            return None
        return self.eras[max(bisect_right(self.eras, (slot, 1 << 62)) - 1, 0)][1]

    def chunk_of(self, slot: int) -> int:
        """Number of the chunk file that holds `slot` (consensus: `ChunkInfo`, one size for all chunks)."""
        return slot // self.slots_per_chunk

    def first_slot_of_chunk(self, number: int) -> int:
        return number * self.slots_per_chunk


def facts_of(network: Network) -> ChainFacts:
    """The facts of a network."""
    history = network.history
    return ChainFacts(
        network.name,
        network.magic,
        network.slots_per_chunk,
        network.byron_genesis_hash,
        network.byron_epoch_slots,
        eras_of(history),
        Horizon(history),
    )
