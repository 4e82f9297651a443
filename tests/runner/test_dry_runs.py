"""A dry run writes nothing, wherever blocks come from and however it ends; and says nothing else."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.point import Numbered, Point
from nectar.config.profile.model import SqliteFile
from nectar.coverage import Coverage
from nectar.runner.report import Progress
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary
from nectar.sinks.base import Commit, Staged
from nectar.sinks.null import NullSink
from tests.conftest import ROOT
from tests.node.forging import real_blocks
from tests.node.jobs import node_plan
from tests.node.peers import Said
from tests.node.serving import serving
from tests.runner.jobs import compiled, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"
WRITTEN = ("is written", "go on", "resolving", "committed")
"""Words that a dry run cannot mean."""


class Stopping(Said):
    """Stops the job at the first event of a kind."""

    def __init__(self, stop: Stop, at: str, number: int = signal.SIGTERM) -> None:
        super().__init__()
        self._stop, self._at, self._number = stop, at, number

    def say(self, event: str, text: str, **facts: Any) -> None:
        super().say(event, text, **facts)
        if event == self._at:
            self._stop.number = self._number

    def progress(self, progress: Progress) -> None:
        if self._at == "progress":
            self._stop.number = self._number


def _from_files(database: Path, place: Path, report: Said, stop: Stop, workers: int, **more: Any) -> RunSummary:
    text = plan_text(SAMPLE, processors=FEW, performance="batch_blocks = 7")
    return run(compiled(text), replace(Options(SqliteFile(database), workers=workers, dry_run=True), **more), report, stop)


def _from_a_node(database: Path, place: Path, report: Said, stop: Stop, workers: int, **more: Any) -> RunSummary:
    plan = compiled(node_plan(processors=FEW, more="[performance]\nbatch_blocks = 7"))
    with serving(place / "s", real_blocks(SAMPLE)[:900]):
        options = replace(Options(SqliteFile(database), socket=str(place / "s"), workers=workers, dry_run=True), **more)
        return run(plan, options, report, stop)


def _files(place: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in place.iterdir() if one.is_file()}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("source", "at"), [(_from_files, "progress"), (_from_a_node, "progress"), (_from_a_node, "tip")])
def test_one_that_is_stopped_says_so(source: Callable[..., RunSummary], at: str, workers: int, tmp_path: Path) -> None:
    """Its counts are of a part, and there is nothing to go on from."""
    stop = Stop()
    report = Stopping(stop, at)
    summary = source(tmp_path / "x.db", tmp_path, report, stop, workers)
    assert summary.blocks <= 900
    assert summary.stopped == "as asked, what was read until then is counted; nothing was written"
    assert not any(word in text for _, text, _ in report.said for word in WRITTEN)
    assert not _files(tmp_path)


@pytest.mark.parametrize("source", [_from_files, _from_a_node])
def test_one_that_ends_by_itself_does_not(source: Callable[..., RunSummary], tmp_path: Path) -> None:
    """Beside a database that is there, which is left as it is."""
    report = Said()
    job(tmp_path / "x.db", plan_text(SAMPLE, 'start = "origin"\nend_slot = 4_000', processors=FEW))
    before = _files(tmp_path)
    summary = source(tmp_path / "x.db", tmp_path, report, Stop(), 1, once=True)
    assert (summary.stopped, summary.blocks) == ("", 900 if source is _from_a_node else 4_320)
    assert not any(word in text for _, text, _ in report.said for word in WRITTEN)
    assert _files(tmp_path) == before


def test_what_a_fork_takes_away_is_new_when_it_comes_again() -> None:
    """A thing that came before the fork is not."""
    staged = Staged(b"", {}, {"pool": [(b"early", 10), (b"late", 20)]})
    commit = Commit(staged, Point(20, bytes(32)), 2, Coverage(-1, 20), highest=2)
    sink = NullSink()
    assert sink.commit(commit) == {"pool": 2}
    sink.roll_back(Numbered(Point(10, bytes(32)), 1), None, 2)
    assert sink.coverage() == [Coverage(-1, 10)]
    assert sink.commit(commit) == {"pool": 1}
    assert sink.commit(commit) == {"pool": 0}
