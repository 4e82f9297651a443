"""Decoding beside the runner: when a result may be asked for, and what becomes of the garbage collector."""

from __future__ import annotations

import gc
import time

import pytest

from nectar.coverage import Coverage
from nectar.runner.decoding.batch import BatchLimits, batches
from nectar.runner.decoding.pool import Inline, uncollected
from nectar.runner.decoding.tracked_outputs import NOTHING
from nectar.runner.decoding.worker import Job
from nectar.runner.sink_layout import layout
from tests.runner.jobs import compiled, plan_text
from tests.runner.test_batch import SAMPLE, events

GENEROUS = 60.0


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_a_result_is_ready_once_it_is_there() -> None:
    """Never while it is still being made: whoever asks then would wait."""
    plan = compiled(plan_text(SAMPLE))
    pool = Inline(Job(plan, layout(plan), "sqlite"), NOTHING)
    (batch,) = batches(events(SAMPLE / "00001.chunk"), Coverage(4_320, 8_639), BatchLimits(1 << 30, 1 << 30))
    try:
        assert not pool.ready()
        pool.give(batch)
        end = time.monotonic() + GENEROUS
        while not (ready := pool.ready()) and time.monotonic() < end:
            time.sleep(0.001)
        assert ready
        assert pool._under_way[0].done()
        assert pool.result().counts.blocks == len(batch.raws)
        assert not pool.ready()
    finally:
        pool.close()
