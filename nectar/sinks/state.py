"""What a database holds and where the job stands, as a value; each family reads it."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nectar.cardano.point import ORIGIN, Numbered
from nectar.coverage import Coverage
from nectar.errors import SinkError
from nectar.sinks.kept import kept_plan, only_plan, ranges_of, refuse_missing, refuse_newer, stored_tables


class StoredPlan(NamedTuple):
    """The plan that filled a database, as the database says it: `deferred` are the indexes that are built at the end."""

    fingerprint: str
    name: str
    version: str
    network: str
    tables: tuple[str, ...]
    deferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """`database` is the file, or the server's ``user@host:port/name``; `size` in bytes; `rows` counts every table of the plan.

    `pending`: deferred indexes that are not built. `finished`: the closing passes were done after the last commit.
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
    """`ranges`: rows of `nectar_coverage` (first, last, complete), not yet believed; `blocks`: those kept, the highest first."""

    ranges: Sequence[Sequence[Any]]
    blocks: Sequence[Numbered]


def kept_of(rows: Sequence[tuple[Any, ...]], there: Collection[str], own: Sequence[str], where: str) -> StoredPlan:
    """From the rows that `PLANS` selects. `there`: names of the tables; `own`: Nectar's.

    Errors: SinkError NEC-K003 (not Nectar's), NEC-K025 to NEC-K027.
    """
    if not rows:
        raise not_made_by_nectar(where)
    fingerprint, name, compiled, version = only_plan(rows, where)
    refuse_newer(version, where)
    network, tables, deferred = stored_tables(kept_plan(compiled, where), where)
    refuse_missing([*own, *tables], there, where)
    return StoredPlan(str(fingerprint), str(name), version, network, tuple(tables), tuple(deferred))


def state_of(
    database: str,
    told: StoredProgress,
    kept: StoredPlan,
    *,
    size: int,
    rows: dict[str, int],
    quarantined: int,
    there: Container[str],
    finished: bool,
) -> State:
    """`there`: names of the indexes that are built. A job that never committed anything is not finished."""
    point, block_no = next(iter(told.blocks), Numbered(ORIGIN))
    is_origin = point == ORIGIN
    return State(
        database=database,
        size=size,
        plan=kept.name,
        network=kept.network,
        fingerprint=kept.fingerprint,
        version=kept.version,
        complete=bool(told.ranges) and all(complete for _, _, complete in told.ranges),
        coverage=tuple(ranges_of(told.ranges, database)),
        slot=None if is_origin else point.slot,
        block_hash=None if is_origin else point.hash.hex(),
        block_no=None if is_origin else block_no,
        rows=rows,
        quarantined=quarantined,
        pending=tuple(index for index in kept.deferred if index not in there),
        finished=finished and bool(told.ranges),
    )


def not_made_by_nectar(where: str) -> SinkError:
    hint = "name one that `nectar run` made"
    return SinkError("this database was not made by Nectar", where=where, hint=hint, code="NEC-K003")
