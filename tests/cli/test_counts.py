"""Rows, shares, speeds and completeness, as commands report them, are true: they are counted again from the database."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from nectar.errors import TooBigError
from nectar.runner.report import Progress, Quiet
from nectar.runner.sample import sample
from nectar.runner.signals import Stop
from nectar.sinks.base import Commit
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.state import read_state
from tests.cli.databases import nectar
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running
from tests.node.jobs import node_job, node_plan
from tests.runner.jobs import compiled, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"


def counted(database: Path) -> dict[str, int]:
    db = sqlite3.connect(database)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'nectar_%'")]
    found = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    db.close()
    return found


FILTERS = {
    "none": "",
    "where": "[filters]\nwhere = 'fee > 180_000 lovelace'",
    "everything": "[filters]\nwhere = 'fee <= 999 ada'",
    "block": "[filters]\nkeep = 'block'\nwhere = 'fee > 180_000 lovelace'",
    "row": "[filters]\nkeep = 'row'\nwhere = 'any(outputs, value > 1 ada)'",
    "rows": "[filters.rows]\ntx_out = 'value > 1000 ada'",
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("blocks", [7, 5_000])
def test_a_job_counts_what_it_wrote(name: str, blocks: int, tmp_path: Path) -> None:
    more = FILTERS[name].replace("where", 'on_unknown = "drop"\nwhere') if "where" in FILTERS[name] else FILTERS[name]
    text = plan_text(SAMPLE, processors=FEW, more=more, performance=f"batch_blocks = {blocks}")
    summary = job(tmp_path / "x.db", text)
    there = counted(tmp_path / "x.db")
    facts = ("tx", "tx_in", "tx_out")
    assert {table: summary.rows[table] for table in facts} == {table: there[table] for table in facts}
    state = read_state(tmp_path / "x.db")
    assert {table: state.rows[table] for table in state.rows if table in there} == {
        table: there[table] for table in state.rows if table in there
    }
    assert state.finished
    assert state.complete is (name == "none")
    db = sqlite3.connect(tmp_path / "x.db")
    in_blocks = db.execute("SELECT count(*) FROM tx WHERE id >= 0").fetchone()[0]
    db.close()
    assert summary.kept <= summary.transactions
    assert summary.kept == in_blocks
    assert summary.blocks == 4_320


def test_nothing_is_finished_before_anything_is_committed(tmp_path: Path) -> None:
    stop = Stop()
    stop.number = 2
    job(tmp_path / "x.db", plan_text(SAMPLE, processors=FEW), stop=stop)
    state = read_state(tmp_path / "x.db")
    assert (state.finished, state.complete, state.coverage, state.slot) == (False, False, (), None)
    text = nectar("status", "--db", "x.db", folder=tmp_path).stdout
    assert "not finished" in text
    assert "complete" not in text.replace("not there yet", "")


def test_the_last_block_is_the_highest_whichever_range_came_last(tmp_path: Path) -> None:
    """However many commits there were since."""

    def over(first: int, last: int) -> str:
        return plan_text(
            SAMPLE, f"start_slot = {first}\nend_slot = {last}", processors="blocks = true", performance="batch_blocks = 10"
        )

    job(tmp_path / "x.db", over(60_000, 60_100))
    job(tmp_path / "x.db", over(0, 40_000))
    db = sqlite3.connect(tmp_path / "x.db")
    highest = db.execute("SELECT slot_no, lower(hex(hash)), block_no FROM block ORDER BY id DESC LIMIT 1").fetchone()
    db.close()
    state = read_state(tmp_path / "x.db")
    assert (state.slot, state.block_hash, state.block_no) == highest


class Seen(Quiet):
    def __init__(self) -> None:
        self.all: list[tuple[float, Progress]] = []

    def progress(self, progress: Progress) -> None:
        self.all.append((time.monotonic(), progress))


def _too_big_once(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    real, calls = SqliteSink.commit, 0

    def commit(self: SqliteSink, commit: Commit) -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls == at:
            raise TooBigError("too much", code="NEC-M004")
        return real(self, commit)

    monkeypatch.setattr(SqliteSink, "commit", commit)


def _right(seen: Seen, first: int, last: int, began: float) -> None:
    """Each share is that of the slots up to there; blocks over seconds is the speed since the job began."""
    assert seen.all
    for at, one in seen.all:
        assert one.share == pytest.approx((one.slot - first + 1) / (last - first + 1))
        assert 0 < one.seconds <= at - began
    assert [one.share for _, one in seen.all] == sorted(one.share for _, one in seen.all)
    assert [one.seconds for _, one in seen.all] == sorted(one.seconds for _, one in seen.all)
    assert seen.all[-1][1].share == 1


@pytest.mark.parametrize("at", [0, 1, 5])
def test_shares_and_speeds_are_of_the_whole_job_whatever_the_batches_are(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _too_big_once(monkeypatch, at)
    seen, began = Seen(), time.monotonic()
    summary = job(
        tmp_path / "x.db", plan_text(SAMPLE, "end_slot = 40000", processors=FEW, performance="batch_blocks = 200"), report=seen
    )
    _right(seen, -1, 40_000, began)
    assert summary.blocks == counted(tmp_path / "x.db")["block"] - 1
    assert seen.all[-1][1].blocks == summary.blocks


@pytest.mark.parametrize("at", [0, 2])
def test_and_on_a_node(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _too_big_once(monkeypatch, at)
    seen, began = Seen(), time.monotonic()
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        plan = node_plan("end_slot = 40000", processors="blocks = true", more="[performance]\nbatch_blocks = 300")
        node_job(tmp_path / "x.db", tmp_path / "s", plan, report=seen)
    _right(seen, -1, 40_000, began)


@pytest.mark.parametrize("where", ["fee > 999 ada", "fee <= 999 ada", "any(outputs, value > 0)"])
def test_a_sample_says_what_it_kept_and_no_empty_pages(where: str) -> None:
    plan = compiled(plan_text(SAMPLE, processors=FEW, more=f"[filters]\nkeep = 'tx'\nwhere = '{where}'"))
    found = sample(plan, SAMPLE, Quiet(), Stop())
    assert found.selectivity == (0 if where == "fee > 999 ada" else 1)
    rows = sum(count for table, count in found.summary.rows.items())
    assert found.growing <= 2_000 * rows
    assert found.gigabytes == found.growing / found.share / 1e9
    assert found.growing <= sum(found.bytes.values())
