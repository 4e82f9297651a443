"""What the runner asks of a database.

Loading is in two steps so that the costly one can be done in many processes: a *stager* (in a decoding process) turns
row buffers into the database's quickest load form, one bytes object; the *sink* (in the runner's process) commits it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from nectar.cardano.point import Numbered, Point
from nectar.coverage import Coverage
from nectar.processors.rows import RowBuffers
from nectar.tables import Table

POINTS_KEPT = ((1, 4_096), (64, 65_536), (1_024, 262_144))
"""Every so manyth point of the last so many is kept: near the tip, where each block has one, enough for the deepest fork."""


class Definition(NamedTuple):
    """A definition: `name` is what it creates, of or on `table`."""

    name: str
    sql: str
    table: str = ""


class DerivedColumns(NamedTuple):
    """SQL that completes rows from other rows, once those it looks at are there: set-based, idempotent, order-free.

    `:low` and `:high` bound transactions' ids: a batch's, or a stretch of all. `from_origin`: true only of rows that have
    all of the chain before them, so it is run once at the end, for the unbroken stretch from the origin; `tables` are those
    whose rows it completes.
    """

    name: str
    sql: str
    from_origin: bool = False
    tables: frozenset[str] = frozenset()


class Finished(NamedTuple):
    """Seconds by what they were spent on; `whole` is False when it was asked to stop before the end."""

    took: dict[str, float]
    whole: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything a sink knows of the plan that fills it."""

    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]
    kept_indexes: tuple[Definition, ...]
    deferred_indexes: tuple[Definition, ...]
    closing: tuple[DerivedColumns, ...]
    live: tuple[DerivedColumns, ...]  # run within each commit
    epoch_sql: str  # SELECT of epoch rows, see `Epochs`; empty without the table
    fingerprint: str
    plan_name: str
    compiled: str  # the compiled plan, JSON
    version: str
    complete: bool  # False when filters leave rows out
    rows_tell_kept: bool = False  # rows of tx_out are the outputs whose spending is recorded
    views: tuple[Definition, ...] = ()
    view_columns: tuple[Definition, ...] = ()  # which some deferred indexes are on
    pre_splits: tuple[Definition, ...] = ()  # may be tried while nothing is filled


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch of consecutive blocks in the sink's load form. `rows` counts rows by table. `things`, for a dry run alone: of each
    dimension what the batch shows, with the slot where it does first."""

    load_form: bytes
    rows: dict[str, int] = field(default_factory=dict)
    things: dict[str, list[tuple[Any, int]]] = field(default_factory=dict)


class Quarantined(NamedTuple):
    """A block that could not be decoded, kept whole."""

    slot: int
    hash: bytes
    era: int
    code: str
    path: str
    message: str
    raw: bytes


class Epochs(NamedTuple):
    """Epochs to sum anew: their numbers and the ids of the blocks they can have."""

    first: int
    last: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Commit:
    """After it the database holds everything of `covered`. `epochs` are those that its blocks belong to.

    `point` and `block_no` are the last block's, never a boundary block's, which shares its slot with the next.
    `replace`: rows of the covered slots are taken away first, in the same transaction. `live`: everything was finished
    before (`Sink.finished`), and is to stay so: what follows from the new rows is done in the same transaction.
    `earlier`: blocks of the batch before the last that a fork may undo. `highest`: the highest number that was ever committed.
    """

    staged: Staged
    point: Point
    block_no: int
    covered: Coverage
    epochs: Epochs | None = None
    quarantined: tuple[Quarantined, ...] = ()
    replace: bool = False
    live: bool = False
    earlier: tuple[Numbered, ...] = ()
    highest: int = -1


class Stager(Protocol):
    def stage(self, rows: RowBuffers) -> Staged: ...


class Sink(Protocol):
    """Everything either happens whole or not at all. Errors: SinkError, or TransientError when another try may do."""

    def coverage(self) -> Sequence[Coverage]:
        """Slots that are filled, as few ranges as will do, in order."""

    def known_blocks(self) -> Sequence[Numbered]:
        """The last committed points, newest first."""

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        """The first or the last block of these slots that has a row; None where there is none, or no table `block`."""

    def highest_block_no(self) -> int:
        """The highest number that was ever committed, undone or not; -1 before there is one."""

    def writers(self) -> int:
        """How many threads may commit at once; 0: only the one that opened it."""

    def expect(self, writers: int) -> None:
        """So many will soon commit at once: what they need may be made ready meanwhile."""

    def commit(self, commit: Commit) -> dict[str, int]:
        """Rows that came by it, by table: a thing that was there already is not among them, wherever it was seen."""

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        """Everything after `to` never happened; `epochs` are those to sum anew; `highest` as in `Commit`."""

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Deferred indexes and closing statements, unless nothing changed since they were done last. `live`: indexes that
        closing statements need stay, for commits that go on."""

    def finished(self) -> bool:
        """Closing statements and indexes were done, and every commit since then was `live`."""

    def write_once(self, staged: Staged) -> None:
        """Rows of tables that are written once, unless they are there."""

    def looked_after(self) -> Sequence[tuple[bytes, int, int]]:
        """Outputs that the plan's filter looks after, and that no row spends: (transaction's hash, index, bits); see
        `runner.watch`."""

    def size(self) -> int:
        """Bytes that the database takes, as far as it tells."""

    def notes(self) -> Sequence[str]:
        """For the run's log."""

    def close(self) -> None: ...
