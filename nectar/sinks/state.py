"""What a database holds and where the job stands, as a value; each family reads it."""

from __future__ import annotations

from dataclasses import dataclass

from nectar.checkpoint.coverage import Coverage
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


def refused(where: str) -> SinkError:
    hint = "name one that `nectar run` made"
    return SinkError("this database was not made by Nectar", where=where, hint=hint, code="NEC-K003")
