"""What filters and processors counted, in the summary and in the lines that programs read."""

from __future__ import annotations

import io
import json
from pathlib import Path

from nectar.runner.report import JsonLines
from tests.conftest import ROOT
from tests.runner.jobs import job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FILTERS = """[filters]
where = "any(outputs, value >= 1_000 ada) or fee > 1 ada"
[filters.rows]
tx_out = "index == 0"
"""


def test_they_add_up(tmp_path: Path) -> None:
    stream = io.StringIO()
    summary = job(tmp_path / "x.db", plan_text(SAMPLE, more=FILTERS, performance="batch_blocks = 500"), report=JsonLines(stream))
    where, rows = summary.filters["where"], summary.filters["tx_out"]
    assert where.seen == where.kept + where.dropped + where.unknown > where.kept > 0
    assert rows.seen == rows.kept + rows.dropped > rows.kept == summary.rows["tx_out"] > 0
    told = summary.as_json()
    made = told["processors"]["transactions"]
    assert made["seen"] - made["kept"] == rows.dropped
    assert made["kept"] == sum(summary.rows[name] for name in summary.processors["transactions"])
    assert told["processors"]["blocks"]["kept"] == summary.rows["block"]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    last = [line for line in lines if line["event"] == "progress"][-1]
    assert last["filters"]["where"] == told["filters"]["where"]


def test_blocks_ruled_out_are_counted(tmp_path: Path) -> None:
    text = plan_text(SAMPLE, more="[filters]\nwhere = 'any(mints, policy == 0x" + "ab" * 28 + ")'\n")
    where = job(tmp_path / "x.db", text).filters["where"]
    assert where.rejected == 4_320
    assert where.kept == 0
