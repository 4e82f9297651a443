"""What a job says of its chunk files is said once, however often it reads them."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import ROOT
from tests.mysql.jobs import Heard
from tests.runner.jobs import between, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"


def test_an_index_that_is_wrong_is_told_once(tmp_path: Path) -> None:
    """The chunk is read for each of two gaps."""
    folder, database = tmp_path / "immutable", tmp_path / "x.db"
    shutil.copytree(SAMPLE, folder)
    secondary = min(folder.glob("*.secondary"))
    secondary.write_bytes(bytes(reversed(secondary.read_bytes())))
    job(database, plan_text(SAMPLE, between(1_000, 1_400), processors="blocks = true"))
    heard = Heard()
    job(database, plan_text(folder, between(-1, 2_000), processors="blocks = true"), report=heard)
    notes = [text for text in heard.of("note") if secondary.stem in text]
    assert len(notes) == 1
