"""What a database holds, read without changing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nectar.errors import SinkError
from nectar.sinks.sqlite.connection import open_to_read, translated
from nectar.sinks.state import State, Told, refused, state_of


def read_state(path: Path) -> State:
    """Raises SinkError NEC-K003 when the file is not a database of Nectar's, NEC-K015 when it is not there."""
    if not path.exists():
        raise SinkError("there is no such database", where=str(path), hint="make one with `nectar run`", code="NEC-K015")
    db = open_to_read(path)
    with translated(str(path)):
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        plans = list(db.execute("SELECT fingerprint, name, compiled, version FROM nectar_plan")) if "nectar_plan" in names else []
        if not plans:
            raise refused(str(path))
        fingerprint, name, text, version = plans[0]
        compiled: dict[str, Any] = json.loads(text)
        ranges = list(db.execute("SELECT first_slot, last_slot, complete FROM nectar_coverage WHERE table_name = '*'"))
        points = list(db.execute("SELECT slot, hash, block_no FROM nectar_checkpoint WHERE slot >= 0 ORDER BY seq DESC LIMIT 1"))
        rows = {table: db.execute(f'SELECT count(*) FROM "{table}"').get for table in compiled["tables"]}
        seq = db.execute("SELECT coalesce(max(seq), 0) FROM nectar_checkpoint").get
        closed = db.pragma("user_version")
        quarantined = db.execute("SELECT count(*) FROM nectar_quarantine").get
    db.close()
    told = Told((fingerprint, name, version), ranges, points)
    return state_of(
        str(path), told, compiled,
        size=path.stat().st_size, rows=rows, quarantined=quarantined, there=names, finished=seq == closed,
    )  # fmt: skip


def table_bytes(path: Path) -> dict[str, int]:
    """Bytes of the file that each table takes, its indexes with it (SQLite's `dbstat`)."""
    db = open_to_read(path)
    try:
        owner = dict(db.execute("SELECT name, tbl_name FROM sqlite_master WHERE type IN ('table', 'index')"))
        found: dict[str, int] = {}
        for name, size in db.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"):
            table = str(owner.get(name, name))
            found[table] = found.get(table, 0) + int(size)
        return found
    finally:
        db.close()
