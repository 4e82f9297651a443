"""Whatever the order, the cut and the number of processes: the same database."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.coverage import Coverage
from tests.runner.jobs import between, content, job, plan_text, same

LAST = 24 * 43_200 - 1  # preview's first 240 chunks: epochs 0 to 11
BUSY = 15 * 43_200  # from here on there is traffic
MIDDLE = 19 * 43_200 + 7

Content = dict[str, list[Any]]


@pytest.fixture(scope="module")
def source(chain: Path) -> Path:
    return chain / "preview/immutable"


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Content:
    """One run from the origin, in this process."""
    database = tmp_path_factory.mktemp("whole") / "whole.db"
    summary = job(database, plan_text(source, between(-1, LAST)))
    rows = content(database)
    assert summary.blocks + 1 == len(rows["block"]) == 46_715
    assert summary.transactions + 8 == len(rows["tx"])
    assert summary.rows["tx_out"] == len(rows["tx_out"])
    return rows


@pytest.fixture(scope="module")
def busy_database(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run over the busy part alone."""
    database = tmp_path_factory.mktemp("busy") / "busy.db"
    job(database, plan_text(source, between(BUSY, LAST)))
    return database


@pytest.fixture(scope="module")
def busy(busy_database: Path) -> Content:
    return content(busy_database)


def test_the_whole_is_worth_comparing(whole: Content) -> None:
    """Every kind of row that a closing pass fills is there."""
    columns = {"tx_in": 2, "tx_out": -1, "redeemer": 7, "pool_update": 6, "tx": 6, "reference_tx_in": 2, "collateral_tx_in": 2}
    for table, at in columns.items():
        assert sum(row[at] is not None for row in whole[table]) > 20, table
    assert {row[6] for row in whole["pool_update"]} >= {2, 9, 10, 11, 12, 13, 14}
    assert all(row[6] is not None for row in whole["tx"])


def test_two_runs_with_two_processes(whole: Content, source: Path, tmp_path: Path) -> None:
    text = plan_text(source, between(-1, LAST))
    for name in ("one.db", "two.db"):
        assert job(tmp_path / name, text, workers=2).workers == 2
        same(content(tmp_path / name), whole)


def test_small_batches(busy: Content, source: Path, tmp_path: Path) -> None:
    job(tmp_path / "x.db", plan_text(source, between(BUSY, LAST), performance="batch_blocks = 37"))
    same(content(tmp_path / "x.db"), busy)


def test_two_halves(whole: Content, source: Path, tmp_path: Path) -> None:
    database = tmp_path / "x.db"
    job(database, plan_text(source, between(-1, MIDDLE)))
    second = job(database, plan_text(source, between(-1, LAST)))
    assert second.skipped == [str(Coverage(-1, MIDDLE))]
    assert 0 < second.blocks < len(whole["block"]) / 2
    same(content(database), whole)


CUTS = [(-1, BUSY - 1), (BUSY, MIDDLE), (MIDDLE + 1, LAST)]


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_ranges_in_another_order(order: tuple[int, ...], whole: Content, source: Path, tmp_path: Path) -> None:
    """Each run finishes what it can; the last one leaves what one run would have."""
    for at in order:
        job(tmp_path / "x.db", plan_text(source, between(*CUTS[at])))
    same(content(tmp_path / "x.db"), whole)


def test_a_range_that_overlaps_fills_the_gaps_only(whole: Content, source: Path, tmp_path: Path) -> None:
    database = tmp_path / "x.db"
    job(database, plan_text(source, between(BUSY + 4_000, MIDDLE)))
    job(database, plan_text(source, between(MIDDLE + 50_000, MIDDLE + 60_000)))
    filled = sqlite3.connect(database).execute("SELECT count(*) FROM block").fetchone()[0]
    last = job(database, plan_text(source, between(-1, LAST)), workers=2)
    assert len(last.skipped) == 2
    assert last.blocks + filled + 1 == len(whole["block"])
    same(content(database), whole)


def test_nothing_left_to_do_is_quick_and_changes_nothing(
    busy: Content, busy_database: Path, source: Path, tmp_path: Path
) -> None:
    shutil.copy(busy_database, tmp_path / "x.db")
    again = job(tmp_path / "x.db", plan_text(source, between(BUSY, LAST)))
    assert again.blocks == 0
    assert again.closing == {}
    same(content(tmp_path / "x.db"), busy)


def test_a_range_loaded_again_replaces_its_rows(busy: Content, busy_database: Path, source: Path, tmp_path: Path) -> None:
    """skip_existing = false: rows that do not belong there go, rows that were lost come back."""
    database = tmp_path / "x.db"
    shutil.copy(busy_database, database)
    db = sqlite3.connect(database)
    with db:
        db.execute("DELETE FROM tx_out WHERE id IN (SELECT id FROM tx_out WHERE tx_id < ? LIMIT 50)", (MIDDLE << TX_BITS,))
        db.execute("UPDATE block SET size = size + 1 WHERE slot_no < ?", (MIDDLE,))
        db.execute("UPDATE epoch SET blk_count = 0")
        db.execute("INSERT INTO tx_in VALUES (?, 1, NULL, 0, NULL, x'00')", ((BUSY << TX_BITS + ITEM_BITS) + 5,))
    db.close()
    again = job(database, plan_text(source, between(BUSY, MIDDLE) + "\nskip_existing = false"), workers=2)
    assert again.blocks > 1_000
    same(content(database), busy)


def test_a_stretch_without_blocks_is_filled_too(source: Path, tmp_path: Path) -> None:
    """Slots between two blocks: known to be empty, so that the ranges around them grow together."""
    database = tmp_path / "x.db"
    job(database, plan_text(source, between(20, 2_000)))
    db = sqlite3.connect(database)
    slots = [slot for (slot,) in db.execute("SELECT slot_no FROM block ORDER BY slot_no")]
    at, following = next((a, b) for a, b in itertools.pairwise(slots) if b - a > 3)
    with db:
        db.execute("UPDATE nectar_coverage SET last_slot = ?", (at,))
        db.execute("INSERT INTO nectar_coverage SELECT '*', ?, 2000, fingerprint, complete FROM nectar_coverage", (following,))
    assert job(database, plan_text(source, between(20, 2_000))).blocks == 0
    assert db.execute("SELECT first_slot, last_slot FROM nectar_coverage").fetchall() == [(20, 2_000)]


def test_the_origin_alone_can_come_last(source: Path, tmp_path: Path) -> None:
    """A range that begins with the first block itself leaves only genesis to do, a stretch without blocks."""
    first = 'start = { slot = 0, hash = "268ae601af8f9214804735910a3301881fbe0eec9936db7d1fb9fc39e93d1e37" }\nend_slot = 90_000'
    assert job(tmp_path / "late.db", plan_text(source, first)).skipped == []
    assert job(tmp_path / "late.db", plan_text(source, between(-1, 90_000))).blocks == 0
    job(tmp_path / "first.db", plan_text(source, between(-1, 90_000)))
    same(content(tmp_path / "late.db"), content(tmp_path / "first.db"))


@pytest.mark.parametrize("resolve", ["live", "off"])
def test_inputs_are_resolved_when_the_plan_says(resolve: str, busy: Content, source: Path, tmp_path: Path) -> None:
    from tests.runner.jobs import EVERYTHING

    processors = EVERYTHING.replace("transactions = true", f'transactions = {{ resolve_inputs = "{resolve}" }}')
    job(tmp_path / "x.db", plan_text(source, between(BUSY, LAST), processors=processors, performance="batch_blocks = 300"))
    found = content(tmp_path / "x.db")
    if resolve == "off":
        assert all(row[2] is None for row in found["tx_in"])
        assert all(row[6] is None for row in found["tx"] if row[0] > 0)
        found["tx_in"] = found["tx"] = found["tx_out"] = found["redeemer"] = []
        found["collateral_tx_in"] = found["reference_tx_in"] = []
        assert sum(row[6] is None for row in found["block"]) == 1
        return
    found["nectar_coverage"] = busy["nectar_coverage"]  # another fingerprint
    same(found, busy)
