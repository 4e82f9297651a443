"""A block that cannot be decoded: halt and keep its bytes, or put it in quarantine and go on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nectar.config.profile.model import SqliteFile
from nectar.errors import DecodeError
from nectar.runner.summary import RunSummary
from nectar.sinks.sqlite.state import read_state
from tests.conftest import ROOT
from tests.runner.broken import bodies_as_map, cut_in_body, damaged, later_era
from tests.runner.jobs import between, content, job, plan_text, same

SAMPLE = ROOT / "tests/data/preview/immutable"
LATE = ROOT / "tests/data/preview-late/immutable"
LAST = 3 * 4_320 - 1
SMALL = "batch_blocks = 40"


@pytest.fixture
def source(tmp_path: Path) -> tuple[Path, bytes]:
    """Chunk 1's block 100 is damaged: block 315 of the chain, at slot 6300."""
    raw = damaged(SAMPLE, tmp_path / "immutable", 1, 100, bodies_as_map)
    return tmp_path / "immutable", raw


@pytest.mark.parametrize("workers", [1, 2])
def test_halt_keeps_the_bytes_and_all_that_came_before(workers: int, source: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, raw = source
    database = tmp_path / "x.db"
    text = plan_text(folder, between(-1, LAST), performance=SMALL)
    for _ in range(2):
        with pytest.raises(DecodeError) as caught:
            job(database, text, workers=workers)
        error = caught.value
        db = sqlite3.connect(database)
        blocks = db.execute("SELECT max(block_no), max(slot_no) FROM block").fetchone()
        assert db.execute("SELECT first_slot, last_slot FROM nectar_coverage").fetchall() == [(-1, blocks[1])]
        db.close()
        assert error.slot is not None
        assert error.slot == blocks[1] + 20
        assert blocks[0] == error.slot // 20 - 1
        assert error.block_hash is not None
        assert error.path == "block.body"
        assert error.raw == raw
        kept = tmp_path / "x.db.quarantine" / f"{error.slot}-{error.block_hash.hex()[:16]}.block"
        assert kept.read_bytes() == raw
        assert str(kept) in error.hint
        assert "quarantine" in error.hint

    assert job(database, plan_text(SAMPLE, between(-1, LAST)), workers=workers).blocks == 648 - blocks[0] - 1
    job(tmp_path / "sound.db", plan_text(SAMPLE, between(-1, LAST)))
    same(content(database), content(tmp_path / "sound.db"))


@pytest.mark.parametrize("workers", [1, 2])
def test_quarantine_goes_on_and_says_so(workers: int, source: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, raw = source
    database = tmp_path / "x.db"
    sync = between(-1, LAST) + '\non_decode_error = "quarantine"'
    summary = job(database, plan_text(folder, sync, performance=SMALL), workers=workers)
    assert (summary.blocks, summary.quarantined) == (647, 1)
    assert "nectar_quarantine" in summary.as_text()
    assert read_state(database).quarantined == 1
    ((slot, digest, era, code, path, message, kept),) = content(database)["nectar_quarantine"]
    assert (era, code, path, kept) == (5, "NEC-D001", "block.body", raw)
    assert "cannot be decoded" in message
    missing = [row for row in content(database)["block"] if row[16] == digest]
    assert [(row[3], row[6]) for row in missing] == [(slot + 20, None)]

    again = sync + "\nskip_existing = false"
    assert job(database, plan_text(SAMPLE, again)).quarantined == 0
    job(tmp_path / "sound.db", plan_text(SAMPLE, between(-1, LAST)))
    same(content(database), content(tmp_path / "sound.db"))


def test_an_era_to_come_is_said_with_slot_and_hash(tmp_path: Path) -> None:
    raw = damaged(LATE, tmp_path / "immutable", 22_481, -1, later_era)
    text = plan_text(tmp_path / "immutable", "start_slot = 97117920")
    with pytest.raises(DecodeError, match="era 8 is not known") as caught:
        job(tmp_path / "x.db", text)
    assert caught.value.code == "NEC-D002"
    assert caught.value.slot is not None
    assert caught.value.slot // 4_320 == 22_481
    assert caught.value.block_hash is not None
    assert caught.value.raw == raw


def test_a_boundary_block_waits_for_the_block_that_shares_its_slot(chain: Path, tmp_path: Path) -> None:
    """What is committed ends before it: else its neighbour would never be read again."""
    damaged(chain / "preprod/immutable", tmp_path / "immutable", 0, 1, cut_in_body)
    sync = between(-1, 21_599)
    with pytest.raises(DecodeError):
        job(tmp_path / "x.db", plan_text(tmp_path / "immutable", sync, network="preprod"))
    assert read_state(tmp_path / "x.db").coverage == ()

    sound = plan_text(chain / "preprod/immutable", sync, network="preprod")
    summary: RunSummary = job(tmp_path / "x.db", sound)
    job(tmp_path / "sound.db", sound)
    same(content(tmp_path / "x.db"), content(tmp_path / "sound.db"))
    assert summary.blocks == 11
    assert len(content(tmp_path / "x.db")["block"]) == 12


def test_a_dry_run_writes_no_file(source: tuple[Path, bytes], tmp_path: Path) -> None:
    from nectar.runner.report import Quiet
    from nectar.runner.run import run
    from nectar.runner.signals import Stop
    from nectar.runner.steps import Options
    from tests.runner.jobs import compiled

    before = sorted(tmp_path.iterdir())
    with pytest.raises(DecodeError):
        run(compiled(plan_text(source[0])), Options(SqliteFile(tmp_path / "x.db"), workers=1, dry_run=True), Quiet(), Stop())
    assert sorted(tmp_path.iterdir()) == before
