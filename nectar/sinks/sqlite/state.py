"""Read what a SQLite file holds, without changing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nectar.errors import SinkError
from nectar.sinks.sqlite.connection import open_to_read, refuse_no_file, translated
from nectar.sinks.state import State, StoredProgress, state_of
from nectar.sinks.stored import PLANS, points_of, stored_plan

OWN = ("nectar_checkpoint", "nectar_coverage", "nectar_quarantine")


def read_state(path: Path) -> State:
    """Errors: SinkError NEC-K015 when it is not there, those of `stored_plan`, and of opening it."""
    refuse_no_file(path)
    if not path.exists():
        raise SinkError("there is no such database", where=str(path), hint="make one with `nectar run`", code="NEC-K015")
    db = open_to_read(path)
    with translated(str(path)):
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        plans = list(db.execute(PLANS)) if "nectar_plan" in names else []
        plan = stored_plan(plans, names, OWN, str(path))
        ranges = list(db.execute("SELECT first_slot, last_slot, complete FROM nectar_coverage WHERE table_name = '*'"))
        rows_of_blocks = list(db.execute("SELECT slot, hash, block_no FROM nectar_checkpoint ORDER BY slot DESC, seq DESC"))
        rows = {table: db.execute(f'SELECT count(*) FROM "{table}"').get for table in plan.tables}
        seq = db.execute("SELECT coalesce(max(seq), 0) FROM nectar_checkpoint").get
        closed = db.pragma("user_version")
        quarantined = db.execute("SELECT count(*) FROM nectar_quarantine").get
    db.close()
    progress = StoredProgress(ranges, points_of(rows_of_blocks, str(path)))
    return state_of(
        str(path),
        progress,
        plan,
        size=path.stat().st_size,
        rows=rows,
        quarantined=quarantined,
        built=names,
        finished=seq == closed,
    )


def table_bytes(path: Path) -> dict[str, int]:
    """Bytes of the file that each table takes, its indexes with it (SQLite's `dbstat`)."""
    db = open_to_read(path)
    try:
        owner = dict(db.execute("SELECT name, tbl_name FROM sqlite_master WHERE type IN ('table', 'index')"))
        sizes: dict[str, int] = {}
        for name, size in db.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"):
            table = str(owner.get(name, name))
            sizes[table] = sizes.get(table, 0) + int(size)
        return sizes
    finally:
        db.close()


def bytes_of_rows(path: Path, tables: Sequence[str]) -> int:
    """Bytes of the file that rows of these tables and their indexes fill. An empty table takes a page too: of what has a single
    page only the rows' own bytes count."""
    db = open_to_read(path)
    try:
        owner = dict(db.execute("SELECT name, tbl_name FROM sqlite_master WHERE type IN ('table', 'index')"))
        pages = db.execute("SELECT name, COUNT(*), SUM(pgsize), SUM(payload) FROM dbstat GROUP BY name")
        wanted = frozenset(tables)
        return sum(int(size if count > 1 else payload) for name, count, size, payload in pages if owner.get(name) in wanted)
    finally:
        db.close()
