"""The timeline of a sample chain: eras, epochs and slots of all blocks, decided before the first block is made.

Byron's epoch is 10 k slots of 20 s, Shelley's 20 k slots of 1 s (f = 0.5): both follow from k, as in real genesis
files. k grows with the number of blocks, so that every era lasts about six epochs, whatever the size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nectar.cardano.point import Era
from nectar.samplechain.dice import Dice

ERAS = (Era.BYRON, Era.SHELLEY, Era.ALLEGRA, Era.MARY, Era.ALONZO, Era.BABBAGE, Era.CONWAY)
BYRON_DENSITY = 0.9
ACTIVE_SLOTS = 0.5
MAINNET_K = 2160
SMALLEST_K = 5


class EraSpan(NamedTuple):
    """One era: `first_epoch` .. `first_epoch + epochs - 1`, `first_slot` its first slot, `blocks` its number of blocks."""

    era: Era
    blocks: int
    first_epoch: int
    epochs: int
    first_slot: int
    epoch_length: int

    @property
    def last_slot(self) -> int:
        return self.first_slot + self.epochs * self.epoch_length - 1


class Timeline(NamedTuple):
    k: int
    spans: tuple[EraSpan, ...]

    @property
    def byron_epoch(self) -> int:
        """Also the number of slots of a chunk file."""
        return 10 * self.k

    @property
    def shelley_epoch(self) -> int:
        return 20 * self.k


class Seat(NamedTuple):
    """Where one block will stand; a Byron boundary block has its epoch's first slot."""

    era: Era
    slot: int
    epoch_no: int


def plan_timeline(blocks: int) -> Timeline:
    """Share `blocks` evenly among the eras, earlier ones first when it does not divide."""
    k = min(MAINNET_K, max(SMALLEST_K, blocks // 400))
    spans: list[EraSpan] = []
    epoch = slot = 0
    for i, era in enumerate(ERAS):
        share = blocks // len(ERAS) + (1 if i < blocks % len(ERAS) else 0)
        length = 10 * k if era is Era.BYRON else 20 * k
        density = BYRON_DENSITY if era is Era.BYRON else ACTIVE_SLOTS
        epochs = max(1, -(-share // int(length * density)))
        spans.append(EraSpan(era, share, epoch, epochs, slot, length))
        epoch, slot = epoch + epochs, slot + epochs * length
    return Timeline(k, tuple(spans))


def seats(timeline: Timeline, dice: Dice) -> Iterator[Seat]:
    """Every block's place, in chain order, boundary blocks included."""
    for span in timeline.spans:
        left = max(0, span.blocks - span.epochs) if span.era is Era.BYRON else span.blocks
        boundaries = min(span.epochs, span.blocks) if span.era is Era.BYRON else 0
        slots = span.epochs * span.epoch_length
        for i in range(slots):
            epoch = span.first_epoch + i // span.epoch_length
            if i % span.epoch_length == 0 and epoch < boundaries:
                yield Seat(Era.BYRON_EBB, span.first_slot + i, epoch)
            if dice.random() * (slots - i) < left:
                left -= 1
                yield Seat(span.era, span.first_slot + i, epoch)
