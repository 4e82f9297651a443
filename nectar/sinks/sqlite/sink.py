"""The SQLite sink: one transaction for each batch commits its rows, checkpoint and coverage."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage, merged, without_after
from nectar.errors import SinkError
from nectar.sinks.base import POINTS_KEPT, Commit, Epochs, Finished, Layout, Staged
from nectar.sinks.one_block import block_within
from nectar.sinks.plan_match import refuse_another_plan
from nectar.sinks.sqlite.connection import OpenedFile, open_file, set_pragmas, translated, write_transaction
from nectar.sinks.sqlite.finalize import SqliteFinisher
from nectar.sinks.sqlite.rollback import forget_after, remove_facts
from nectar.sinks.stored import PLANS, highest_of, points_of, ranges_of, refuse_missing
from nectar.sinks.unspent import unspent
from nectar.tables import Kind, Place, Table


class SqliteSink:
    """Opens `path` for one writer. Errors: SinkError NEC-K002 (another plan's database), NEC-K003 (not Nectar's),
    NEC-K004 (a second writer), and those of `connection`."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self._where = str(path)
        self._writer = f"{socket.gethostname()}:{os.getpid()}"
        self._db = open_file(path)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def coverage(self) -> list[Coverage]:
        rows = self._all("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
        return ranges_of(rows, self._where)

    def known_blocks(self) -> list[Numbered]:
        rows = self._all("SELECT slot, hash, block_no FROM nectar_checkpoint ORDER BY seq DESC")
        return points_of(rows, self._where)

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return block_within(self.layout, slots, self._all, last=last)

    def highest_block_no(self) -> int:
        rows = self._all("SELECT highest_block_no FROM nectar_checkpoint ORDER BY seq DESC LIMIT 1")
        return highest_of(rows, self._where)

    def writers(self) -> int:
        return 0

    def expect(self, writers: int) -> None:
        pass  # there is nothing to prepare

    def commit(self, commit: Commit) -> dict[str, int]:
        """Moves the checkpoint first, so that a second writer is detected before anything is written; then inserts the rows."""
        inserted: dict[str, int] = {}
        with translated(self._where):
            self._db.deserialize("w", commit.staged.load_form)
        with self._transaction():
            self._move_checkpoint([*commit.earlier, Numbered(commit.point, commit.block_no)], commit.highest)
            if commit.replace:
                remove_facts(self._db, self.layout.tables, commit.covered.first, commit.covered.last)
            filled = self.coverage()
            late = bool(filled) and filled[-1].last >= commit.covered.first
            for table in self.layout.tables:
                if table.name in commit.staged.rows:
                    if late and table.kind is Kind.DIMENSION:
                        self._db.execute(_earlier(table))
                    self._db.execute(_load(table))
                    inserted[table.name] = self._db.changes()
            self._derive(commit)
            self._sum_epochs(commit.epochs)
            if commit.quarantined:
                rows = [(q.slot, q.hash, q.era, q.code, q.path, q.message, q.raw) for q in commit.quarantined]
                self._db.executemany("INSERT OR REPLACE INTO nectar_quarantine VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._cover(merged([*filled, commit.covered]))
        return inserted

    def _derive(self, commit: Commit) -> None:
        """Derive the columns that are derived within a commit: all of them in a finished database, else the plan's live ones."""
        bounds = _bounds(commit.covered)
        for columns in self.layout.derived if commit.live else self.layout.live:
            if not columns.from_origin:
                self._db.execute(columns.sql, bounds)
            elif not columns.tables.isdisjoint(commit.staged.rows):
                whole_to = self._whole_to()
                if whole_to is not None and whole_to + 1 >= commit.covered.first:
                    self._db.execute(columns.sql, bounds)
        if commit.live:
            self._db.pragma("user_version", self._seq)

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        finished, slot = self.finished(), to.point.slot
        with self._transaction():
            self._move_checkpoint([to], highest)
            self._db.execute("DELETE FROM nectar_checkpoint WHERE slot > ?", (slot,))
            remove_facts(self._db, self.layout.tables, slot + 1, None)
            forget_after(self._db, self.layout.tables, slot)
            self._sum_epochs(epochs)
            self._cover(without_after(self.coverage(), slot))
            if finished:
                self._db.pragma("user_version", self._seq)

    def finished(self) -> bool:
        with translated(self._where):
            return SqliteFinisher(self._db, self.layout, lambda: False).is_done(self._seq)

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        finisher = SqliteFinisher(self._db, self.layout, stopping, keep_look_ups=live)
        if finisher.is_done(self._seq):
            return Finished({}, True)
        self._opened.check()
        with translated(self._where):
            self._opened.check_tables()
            done = finisher.run(lambda: self._sum_epochs(epochs), self._seq, self._whole_to())
        self._opened.check()
        return done

    def write_once(self, staged: Staged) -> None:
        with translated(self._where):
            self._db.deserialize("w", staged.load_form)
        with self._transaction():
            for name in staged.rows:
                self._db.execute(f'INSERT OR IGNORE INTO main."{name}" SELECT * FROM w."{name}"')

    def tracked_outputs(self) -> list[tuple[bytes, int, int]]:
        sql = unspent(self.layout, '"index"')
        return self._all(sql) if sql else []

    def size(self) -> int:
        self._opened.check()
        return self.path.stat().st_size

    def notes(self) -> list[str]:
        return []

    def close(self) -> None:
        self._db.close()

    def _prepare(self) -> None:
        """Look before writing: a database of another program or plan is not changed."""
        names = {name for (name,) in self._all("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names and "nectar_plan" not in names:
            raise SinkError(
                "this database was not made by Nectar",
                where=self._where,
                hint="name another file; nothing was changed in this one",
                code="NEC-K003",
            )
        if names:
            self._refuse_another_plan()
            refuse_missing([definition.name for definition in self.layout.definitions], names, self._where)
            self.known_blocks()  # checks the checkpoints, also when nothing is left to load
        self._seq = 0
        with translated(self._where):
            set_pragmas(self._db)
            self._opened = OpenedFile(self.path, self._db)
        with self._transaction():
            for statement in (*self.layout.definitions, *self.layout.kept_indexes):
                self._db.execute(statement.sql)
            row = (self.layout.fingerprint, self.layout.plan_name, self.layout.compiled, self.layout.version)
            self._db.execute("INSERT OR IGNORE INTO nectar_plan VALUES (?, ?, ?, ?)", row)
        self._opened = OpenedFile(self.path, self._db)  # now with its log and its tables
        self._seq = self._highest_seq()

    def _refuse_another_plan(self) -> None:
        stored = self._all(PLANS)
        refuse_another_plan(stored, self.layout, self._where, "file (--db)")

    def _highest_seq(self) -> int:
        return int(self._all("SELECT coalesce(max(seq), 0) FROM nectar_checkpoint")[0][0])

    def _move_checkpoint(self, blocks: Sequence[Numbered], highest: int) -> None:
        """Compare and set: the highest number must still be ours. The last of `blocks` is the database's new position."""
        if self._highest_seq() != self._seq:
            raise SinkError(
                "another process wrote to this database meanwhile",
                where=self._where,
                hint="let one writer at a time fill it; nothing of this batch was written",
                code="NEC-K004",
            )
        who = (highest, self.layout.fingerprint, self._writer)
        rows = [(seq, *block.point, block.block_no, *who) for seq, block in enumerate(blocks, self._seq + 1)]
        self._db.executemany("INSERT INTO nectar_checkpoint VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._seq += len(rows)
        kept = " OR ".join(f"(seq > {self._seq - reach} AND seq % {step} = 0)" for step, reach in POINTS_KEPT)
        newest = "(SELECT max(slot) FROM nectar_checkpoint)"  # the last block, whichever range was filled last
        self._db.execute(f"DELETE FROM nectar_checkpoint WHERE NOT ({kept}) AND slot < {newest}")

    def _whole_to(self) -> int | None:
        """The last slot up to which no row is missing: no gap, no filter, no block in quarantine.

        None if the origin is missing.
        """
        filled = self.coverage()
        if not self.layout.complete or not filled or filled[0].first >= 0:
            return None
        ((quarantined,),) = self._all("SELECT min(slot) FROM nectar_quarantine")
        return filled[0].last if quarantined is None else min(filled[0].last, quarantined - 1)

    def _sum_epochs(self, epochs: Epochs | None) -> None:
        if epochs is None or not self.layout.epoch_sql:
            return
        self._db.execute("DELETE FROM epoch WHERE no BETWEEN ? AND ?", (epochs.first, epochs.last))
        self._db.execute(f"INSERT INTO epoch {self.layout.epoch_sql}", epochs._asdict())

    def _cover(self, ranges: Iterable[Coverage]) -> None:
        self._db.execute("DELETE FROM nectar_coverage WHERE table_name = '*'")
        who = (self.layout.fingerprint, int(self.layout.complete))
        rows = [("*", *covered, *who) for covered in ranges]
        self._db.executemany("INSERT INTO nectar_coverage VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Everything or nothing. After an error our own count of commits goes back too."""
        seq = self._seq
        self._opened.check()
        try:
            with translated(self._where), write_transaction(self._db):
                self._opened.check_tables()
                yield
        except BaseException:
            self._seq = seq
            raise

    def _all(self, sql: str) -> list[Any]:
        with translated(self._where):
            return list(self._db.execute(sql))


def _bounds(covered: Coverage) -> dict[str, int]:
    """The lowest and highest transaction id in the covered slots."""
    return {"low": covered.first * Place.TX.value, "high": (covered.last + 1) * Place.TX.value - 1}


def _load(table: Table) -> str:
    """SQL that inserts a batch's rows of the table. Dimension rows that exist stay as they are."""
    unless = f' WHERE true ON CONFLICT ("{table.columns[0].name}") DO NOTHING' if table.kind is Kind.DIMENSION else ""
    return f'INSERT INTO main."{table.name}" SELECT * FROM w."{table.name}"{unless}'


def _earlier(table: Table) -> str:
    """SQL that replaces dimension rows by those of the batch that were seen in an earlier slot."""
    key, *others = (f'"{column}"' for column in table.column_names)
    changes = ", ".join(f"{column} = w.{column}" for column in others)
    name, first = f'"{table.name}"', f'"{table.first}"'
    return f"UPDATE main.{name} AS old SET {changes} FROM w.{name} AS w WHERE w.{key} = old.{key} AND w.{first} < old.{first}"
