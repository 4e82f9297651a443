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
"""(step, reach): of the last `reach` checkpoints every `step`-th is kept. The last 4,096 are all kept, which is
enough for the deepest fork, of 2,160 blocks."""


class Definition(NamedTuple):
    """SQL that creates `name`, which is the table `table` itself or belongs to it."""

    name: str
    sql: str
    table: str = ""


class DerivedColumns(NamedTuple):
    """SQL that derives columns from other rows, once these exist. It is set-based, and may run twice or in another order.

    `:low` and `:high` bound the ids of transactions: those of a batch, or of one step over the whole range.
    `from_origin`: the value is right only for rows that have the whole chain before them. The SQL runs once at the end, for the
    unbroken range from the origin. `tables` are those whose rows it changes.
    """

    name: str
    sql: str
    from_origin: bool = False
    tables: frozenset[str] = frozenset()


class Finished(NamedTuple):
    """Seconds spent, by what they were spent on. `whole` is False when the work was stopped before its end."""

    took: dict[str, float]
    whole: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that a sink knows about the plan that fills it."""

    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]
    kept_indexes: tuple[Definition, ...]
    deferred_indexes: tuple[Definition, ...]
    derived: tuple[DerivedColumns, ...]
    live: tuple[DerivedColumns, ...]  # those that run within each commit
    epoch_sql: str  # SELECT of epoch rows, see `Epochs`; empty without the table
    fingerprint: str
    plan_name: str
    compiled: str  # the compiled plan, JSON
    version: str
    complete: bool  # False when filters leave rows out
    rows_tell_kept: bool = False  # rows of tx_out are themselves the tracked outputs
    views: tuple[Definition, ...] = ()
    view_columns: tuple[Definition, ...] = ()  # some deferred indexes are on them
    pre_splits: tuple[Definition, ...] = ()  # tried while the tables are empty


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch of consecutive blocks in the sink's load form. `rows` counts rows by table.

    `dimensions` are filled for a dry run only: for each dimension its keys in this batch, with the slot where each comes first.
    """

    load_form: bytes
    rows: dict[str, int] = field(default_factory=dict)
    dimensions: dict[str, list[tuple[Any, int]]] = field(default_factory=dict)


class Quarantined(NamedTuple):
    """A block that could not be decoded, with all its bytes."""

    slot: int
    hash: bytes
    era: int
    code: str
    path: str
    message: str
    raw: bytes


class Epochs(NamedTuple):
    """Epochs to sum again: their numbers, and the lowest and highest id that their blocks can have."""

    first: int
    last: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction. After it the database holds all rows of the slots `covered`.

    `point` and `block_no` are the last block's. A boundary block is never the last: it shares its slot with the next block.
    `epochs`: those that the blocks belong to. `replace`: rows of the covered slots are deleted first, in the same transaction.
    `live`: the database was finished before (`Sink.finished`) and stays so: columns are derived in the same transaction.
    `earlier`: blocks before the last one that a fork may undo. `highest`: the highest block number that was ever committed.
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
    """A database that Nectar fills. Each call happens whole or not at all.

    Errors: SinkError, or TransientError when another try may succeed.
    """

    def coverage(self) -> Sequence[Coverage]:
        """The filled slots, as few ranges as possible, in order."""

    def known_blocks(self) -> Sequence[Numbered]:
        """The blocks of the checkpoints that are kept, newest first."""

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        """The first or last block in these slots that has a row. None without such a row, or without the table `block`."""

    def highest_block_no(self) -> int:
        """The highest block number that was ever committed, even if it was rolled back; -1 before the first."""

    def writers(self) -> int:
        """How many threads may commit at once; 0: only the thread that opened the sink."""

    def expect(self, writers: int) -> None:
        """This many threads will soon commit at once. The sink may prepare for them meanwhile."""

    def commit(self, commit: Commit) -> dict[str, int]:
        """Rows inserted, by table. Dimension rows that already existed are not counted."""

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        """Delete everything after `to`. `epochs` are summed again; `highest` as in `Commit`."""

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        """Derive columns and build deferred indexes and views, unless nothing changed since the last time.

        `live`: commits follow, so the indexes that deriving needs are kept.
        """

    def finished(self) -> bool:
        """Whether columns are derived and indexes built, and every commit since then was `live`."""

    def write_once(self, staged: Staged) -> None:
        """Insert rows of tables that are written once. Rows that exist stay as they are."""

    def tracked_outputs(self) -> Sequence[tuple[bytes, int, int]]:
        """The plan's tracked outputs that no row spends: (transaction's hash, index, filter bits).

        See `runner.decoding.tracked_outputs`.
        """

    def size(self) -> int:
        """The database's size in bytes, as far as the database says it."""

    def notes(self) -> Sequence[str]:
        """Sentences for the job's log, in the order in which they were noted."""

    def close(self) -> None: ...
