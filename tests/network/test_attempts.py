"""Never more attempts than allowed within any minute, whoever asks and whenever."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.errors import ConnectError, TransientError
from nectar.network import faults
from nectar.network.attempts import MINUTE, Attempts
from nectar.network.audit import AuditLog
from tests.mysql.server import Server
from tests.network.making import joined, server


class Clock:
    """Stands still but for sleeps and waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _most_in_a_minute(times: list[float]) -> int:
    ordered = sorted(times)
    return max(sum(1 for other in ordered if 0 <= other - one < MINUTE - 1e-6) for one in ordered)


@settings(max_examples=300)
@given(
    most=st.integers(1, 8),
    steps=st.lists(st.floats(0, 90), min_size=1, max_size=60),
    dice=st.randoms(use_true_random=False),
    patience=st.floats(0, 200),
)
def test_never_more_in_any_minute(most: int, steps: list[float], dice: random.Random, patience: float) -> None:
    """One after the other, at any moments."""
    clock = Clock()
    attempts = Attempts(most, patience=patience, clock=clock, sleep=clock.sleep, dice=dice.random)
    made = []
    for step in steps:
        clock.now += step
        before = clock.now
        try:
            waited = attempts.admit("here")
        except TransientError as error:
            assert error.code == faults.TOO_OFTEN.code
            assert clock.now == before                           # it does not wait in vain
            continue
        assert waited == pytest.approx(clock.now - before)
        assert waited <= patience * 1.1 + 1e-6
        made.append(clock.now)
    assert _most_in_a_minute(made) <= most if made else patience < MINUTE


@settings(max_examples=200)
@given(most=st.integers(1, 6), moments=st.lists(st.floats(0, 300), min_size=1, max_size=50), dice=st.randoms(use_true_random=False))
def test_nor_when_many_wait_at_once(most: int, moments: list[float], dice: random.Random) -> None:
    """Callers that sleep side by side: the clock goes on while none is woken."""
    clock = Clock()
    attempts = Attempts(most, patience=10_000, clock=clock, sleep=lambda _: None, dice=dice.random)
    made = []
    for moment in sorted(moments):
        clock.now = 1_000 + moment
        made.append(clock.now + attempts.admit("here"))
    assert _most_in_a_minute(made) <= most


@given(chance=st.floats(0, 1), passed=st.floats(0, 59.9))
def test_the_wait_is_stretched_by_a_tenth_at_most(chance: float, passed: float) -> None:
    clock = Clock()
    attempts = Attempts(1, clock=clock, sleep=clock.sleep, dice=lambda: chance)
    assert attempts.admit("here") == 0
    clock.now += passed
    waited = attempts.admit("here")
    least = MINUTE - passed
    assert least - 1e-6 <= waited <= least * 1.1 + 1e-6
    assert waited == pytest.approx(least * (1 + 0.1 * chance))
    assert clock.slept == [waited]


def test_who_would_wait_too_long_is_told_at_once() -> None:
    clock = Clock()
    attempts = Attempts(2, patience=5, clock=clock, sleep=clock.sleep)
    attempts.admit("here")
    attempts.admit("here")
    with pytest.raises(TransientError, match="2 are allowed, the next in 60 s") as caught:
        attempts.admit("user@host:1/db")
    assert caught.value.where == "user@host:1/db"
    assert clock.slept == []
    clock.now += MINUTE
    assert attempts.admit("here") == 0                          # the refused one took no turn


def test_threads_share_it() -> None:
    clock = Clock()
    attempts = Attempts(10, patience=1_000_000, clock=clock, sleep=lambda _: None, dice=lambda: 0.0)
    waited: list[float] = []
    gate = threading.Barrier(8)

    def work() -> None:
        gate.wait()
        waited.extend(attempts.admit("here") for _ in range(25))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waited) == [MINUTE * (turn // 10) for turn in range(200)]


def test_connections_are_counted_whether_they_succeed_or_not(secured: Server) -> None:
    clock = Clock()
    attempts = Attempts(3, patience=0, clock=clock, sleep=clock.sleep)
    audit = AuditLog()
    to = server(secured.port)
    for _ in range(3):
        with pytest.raises(ConnectError, match="access denied"):
            joined(to, "wrong", attempts=attempts, audit=audit)
    with pytest.raises(TransientError) as caught:
        joined(to, "wrong", attempts=attempts, audit=audit)
    assert [one.outcome for one in audit.records] == [faults.ACCESS_DENIED.code] * 3 + [faults.TOO_OFTEN.code]
    assert caught.value.code == faults.TOO_OFTEN.code
