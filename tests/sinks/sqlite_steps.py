"""The steps of SQLite's machine that a statement takes: a measure that does not depend on the speed of the computer."""

from __future__ import annotations

from collections.abc import Mapping

import apsw

STEPS = 100  # of the machine, counted as one


def steps_of(db: apsw.Connection, sql: str, bounds: Mapping[str, int] | None = None) -> int:
    """Hundreds of steps, until the last row of the statement is read."""
    calls: list[int] = []
    db.set_progress_handler(lambda: bool(calls.append(1)), STEPS)  # type: ignore[func-returns-value]
    try:
        for _ in db.execute(sql, bounds):
            pass
    finally:
        db.set_progress_handler(None)
    return len(calls)
