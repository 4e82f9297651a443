"""What the runner asks of a database.

Loading is in two steps so that the costly one can be done in many processes: a *stager* (in a decoding process) turns
row buffers into the database's quickest load form, one bytes object; the *sink* (in the runner's process) commits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nectar.cardano.point import Point
from nectar.processors.rows import RowBuffers


@dataclass(frozen=True, slots=True)
class Coverage:
    """Slots `first` to `last`, both included, are filled for the plan's tables."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch of consecutive blocks in the sink's load form. `rows` counts rows by table."""

    load_form: bytes
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """After the commit the database holds everything up to `point`; `covered` is what this batch adds."""

    point: Point
    block_no: int
    covered: Coverage


class Stager(Protocol):
    def stage(self, rows: RowBuffers) -> Staged: ...


class Sink(Protocol):
    """Everything either happens whole or not at all."""

    def coverage(self) -> Sequence[Coverage]: ...

    def known_points(self) -> Sequence[Point]: ...

    def commit(self, staged: Staged, checkpoint: Checkpoint, *, replace: bool) -> None: ...

    def roll_back(self, point: Point) -> None: ...
