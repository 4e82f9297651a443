"""How long a job waits for its node, and when it gives up."""

from __future__ import annotations

import pytest

from nectar.errors import StoppedError, TransientError
from nectar.runner import retry
from nectar.runner.retry import node_backoff

LOST = TransientError("the connection was lost", where="/ipc/node.socket", hint="wait", code="NEC-W002")


def test_waits_are_doubled_and_a_few_tries_are_enough_where_nothing_ever_came() -> None:
    backoff = node_backoff()
    assert [backoff.pause(LOST) for _ in range(5)] == [0.5, 1, 2, 4, 8]
    with pytest.raises(StoppedError) as caught:
        backoff.pause(LOST)
    error = caught.value
    assert (error.what, error.where, error.hint, error.code) == (LOST.what, LOST.where, LOST.hint, LOST.code)


def test_a_node_that_answered_once_is_waited_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("nectar.runner.retry.time.monotonic", lambda: now)
    backoff = node_backoff()
    backoff.progress()
    waits = [backoff.pause(LOST) for _ in range(30)]
    assert waits[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert max(waits) == retry.LONGEST
    backoff.progress()
    assert backoff.pause(LOST) == retry.FIRST
    now += retry.HOURS * 3600 - 1
    backoff.pause(LOST)
    now += 2
    with pytest.raises(StoppedError):
        backoff.pause(LOST)
