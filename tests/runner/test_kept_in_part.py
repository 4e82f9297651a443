"""`keep = "row"`: of a transaction only the rows that the filter looked for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.runner.jobs import between, job, plan_text

FIRST, LAST = 200 * 4_320, 203 * 4_320
LARGE = 1_000_000_000


def test_outputs_are_those_that_match(chain: Path, tmp_path: Path) -> None:
    found = []
    for name, more in (("all", ""), ("rows", "[filters]\nwhere = 'any(outputs, value > 1000 ada)'\nkeep = \"row\"")):
        processors = 'transactions = { resolve_inputs = "off" }'
        job(tmp_path / name, plan_text(chain / "preview/immutable", between(FIRST, LAST), processors=processors, more=more))
        db = sqlite3.connect(tmp_path / name)
        found.append(db.execute('SELECT id, tx_id, "index", value FROM tx_out ORDER BY id').fetchall())
        db.close()
    every, kept = found
    assert kept == [row for row in every if row[-1] > LARGE]
    assert 0 < len(kept) < len(every)
