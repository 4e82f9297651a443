"""What a database holds and how far its job is, as a value. Each family reads it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nectar.cardano.point import ORIGIN, Numbered
from nectar.coverage import Coverage
from nectar.sinks.stored import StoredPlan, ranges_of


@dataclass(frozen=True, slots=True)
class State:
    """`database` is the file, or the server's ``user@host:port/name``; `size` in bytes; `rows` counts every table of the plan.

    `slot`, `block_hash` and `block_no` are the last block's; None before there is one.
    `pending`: deferred indexes that are not built. `finished`: columns were derived and indexes built after the last commit.
    """

    database: str
    size: int
    plan: str
    network: str
    fingerprint: str
    version: str
    complete: bool
    coverage: tuple[Coverage, ...]
    slot: int | None
    block_hash: str | None
    block_no: int | None
    rows: dict[str, int]
    quarantined: int
    pending: tuple[str, ...]
    finished: bool


class StoredProgress(NamedTuple):
    """`ranges`: rows of `nectar_coverage` (first, last, complete), not yet checked. `blocks`: the checkpoints, highest first."""

    ranges: Sequence[Sequence[Any]]
    blocks: Sequence[Numbered]


def state_of(
    database: str,
    progress: StoredProgress,
    plan: StoredPlan,
    *,
    size: int,
    rows: dict[str, int],
    quarantined: int,
    built: Container[str],
    finished: bool,
) -> State:
    """`built`: names of the indexes that exist. A job that never committed anything is not finished."""
    point, block_no = next(iter(progress.blocks), Numbered(ORIGIN))
    is_origin = point == ORIGIN
    return State(
        database=database,
        size=size,
        plan=plan.name,
        network=plan.network,
        fingerprint=plan.fingerprint,
        version=plan.version,
        complete=bool(progress.ranges) and all(complete for _, _, complete in progress.ranges),
        coverage=tuple(ranges_of(progress.ranges, database)),
        slot=None if is_origin else point.slot,
        block_hash=None if is_origin else point.hash.hex(),
        block_no=None if is_origin else block_no,
        rows=rows,
        quarantined=quarantined,
        pending=tuple(index for index in plan.deferred if index not in built),
        finished=finished and bool(progress.ranges),
    )
