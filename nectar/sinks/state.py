"""What a database holds and where the job stands, as a value; each family reads it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nectar.checkpoint.coverage import Coverage, merged
from nectar.errors import SinkError


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


class Told(NamedTuple):
    """Rows as a database tells them: of ``nectar_plan`` (fingerprint, name, version), ``nectar_coverage`` (first, last, complete)
    and ``nectar_checkpoint`` (slot, hash, block_no; the last one, or none)."""

    plan: tuple[str, str, str]
    ranges: Sequence[tuple[int, int, int]]
    points: Sequence[tuple[int, bytes, int]]


def state_of(
    database: str, told: Told, compiled: Mapping[str, Any], *,
    size: int, rows: dict[str, int], quarantined: int, there: Container[str], finished: bool,
) -> State:  # fmt: skip
    """`compiled`: the plan as ``nectar_plan`` keeps it; `there`: names of the indexes that are built."""
    fingerprint, name, version = told.plan
    slot, digest, block_no = told.points[0] if told.points else (None, b"", None)
    return State(
        database=database,
        size=size,
        plan=name,
        network=compiled["network"]["name"],
        fingerprint=fingerprint,
        version=version,
        complete=all(complete for _, _, complete in told.ranges),
        coverage=tuple(merged(Coverage(first, last) for first, last, _ in told.ranges)),
        slot=slot,
        block_hash=digest.hex() or None,
        block_no=block_no,
        rows=rows,
        quarantined=quarantined,
        pending=tuple(index for index in compiled["indexes"]["deferred"] if index not in there),
        finished=finished,
    )


def refused(where: str) -> SinkError:
    hint = "name one that `nectar run` made"
    return SinkError("this database was not made by Nectar", where=where, hint=hint, code="NEC-K003")
