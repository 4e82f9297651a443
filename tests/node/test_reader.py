"""The thread that reads a node ahead ends with the job, whatever it waits for."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from nectar.runner.follow import read_ahead
from nectar.runner.report import Progress, Quiet
from tests.conftest import ROOT
from tests.node.forging import real_blocks
from tests.node.jobs import node_job, node_plan
from tests.node.serving import serving

SAMPLE = ROOT / "tests/data/preview/immutable"


class Slow(Quiet):
    """After each batch there is time to read ahead until there is no room."""

    def progress(self, progress: Progress) -> None:
        time.sleep(0.3)


def test_no_reader_is_left_that_waits_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan ends long before the chain, so that what was read ahead is never asked for."""
    monkeypatch.setattr(read_ahead, "AHEAD_BYTES", 1)
    blocks = real_blocks(SAMPLE)
    plan = node_plan(f"end_slot = {blocks[300].point.slot}", processors="blocks = true", more="[performance]\nbatch_blocks = 100")
    with serving(tmp_path / "s", blocks):
        node_job(tmp_path / "x.db", tmp_path / "s", plan, report=Slow())
        assert not [thread for thread in threading.enumerate() if thread.name == "nectar-reader"]
