"""Where a plan says the job starts and ends: the forms of `[sync] start` and `[sync] end`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class AtOrigin:
    """Before the first block: genesis outputs become rows (start only)."""


@dataclass(frozen=True, slots=True)
class AtSlot:
    """The first block at or after `slot` (start); the last block at or before it (end)."""

    slot: int


@dataclass(frozen=True, slots=True)
class AtEra:
    """First slot of the era (start), last slot of it (end). `era` is lower case: byron, shelley, ... conway."""

    era: str


@dataclass(frozen=True, slots=True)
class AtEpoch:
    """First slot of the epoch (start), last slot of it (end)."""

    epoch: int


@dataclass(frozen=True, slots=True)
class AtDate:
    """First slot at or after the UTC instant (start), last slot before it (end; a bare date ends with that day's last slot)."""

    moment: datetime
    whole_day: bool


@dataclass(frozen=True, slots=True)
class AtPoint:
    """Exactly this block: included as the first (start) or as the last (end)."""

    slot: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AtBlock:
    """The block with this hash, wherever it is."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class AtCheckpoint:
    """Right after the block with this hash (start only), as `--start-from-checkpoint` of the checklist. `slot` -1: not said."""

    hash: bytes
    slot: int = -1


@dataclass(frozen=True, slots=True)
class TipMinus:
    """`tip-N`: N blocks before the source's tip at the job's start; N = 0 is the tip itself."""

    blocks: int


@dataclass(frozen=True, slots=True)
class FollowTip:
    """`end_slot = 0` or no end: up to the tip, and on from there where the source can follow."""


NOT_FOLLOWED = "chunk files cannot be followed: the job ends at the last block that is there"
"""The note about such an end, before a job and in its report."""

Bound: TypeAlias = AtOrigin | AtSlot | AtEra | AtEpoch | AtDate | AtPoint | AtBlock | AtCheckpoint | TipMinus | FollowTip
