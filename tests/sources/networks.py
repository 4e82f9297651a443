"""The networks of the real data, as far as chunk files show them, and the expected values beside that data."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, NamedTuple

from nectar.sources.immutable.facts import ChainFacts

MAINNET = ChainFacts(
    "mainnet",
    764_824_073,
    21_600,
    bytes.fromhex("5f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb"),
    eras=((0, 1), (4_492_800, 2), (16_588_800, 3), (23_068_800, 4), (39_916_800, 5), (72_316_800, 6), (133_660_800, 7)),
)
PREPROD = ChainFacts(
    "preprod",
    1,
    21_600,
    bytes.fromhex("d4b8de7a11d929a323373cbab6c1a9bdc931beffff11db111cf9d57356ee1937"),
    eras=((0, 1), (86_400, 2), (518_400, 3), (950_400, 4), (1_382_400, 5), (3_542_400, 6), (68_774_400, 7)),
)
PREVIEW = ChainFacts("preview", 2, 4_320, eras=((0, 5), (259_200, 6), (55_814_400, 7)))
DEVNET = ChainFacts("devnet", 42, 100)


class Row(NamedTuple):
    slot: int
    block_no: int
    hash: str
    prev: str


def expected(chain: Path, name: str) -> list[Row]:
    """The rows of `expected/blocks-<name>.tsv.gz`: slot, number, hash, prev."""
    with gzip.open(chain / "expected" / f"blocks-{name}.tsv.gz", "rt") as lines:
        next(lines)
        cells = [line.rstrip("\n").split("\t") for line in lines]
    return [Row(int(cell[0]), int(cell[1]), cell[2], cell[3]) for cell in cells]


class PreviewCalendar:
    """Preview's time: one second slots from the start, 86,400 to an epoch."""

    start = datetime(2022, 10, 25, tzinfo=UTC)
    eras: ClassVar[dict[str, tuple[int, int | None]]] = {
        "alonzo": (0, 259_199),
        "babbage": (259_200, 55_814_399),
        "conway": (55_814_400, None),
    }

    def first_slot_of_epoch(self, epoch: int) -> int:
        return epoch * 86_400

    def first_slot_of_era(self, era: str) -> int:
        return self.eras[era][0]

    def last_slot_of_era(self, era: str) -> int | None:
        return self.eras[era][1]

    def slot_at(self, moment: datetime) -> int:
        return -((self.start - moment) // timedelta(seconds=1))
