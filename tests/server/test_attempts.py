"""Never more attempts than allowed within any minute, whoever asks and whenever."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.errors import ConnectError, TransientError
from nectar.server import faults, resolve
from nectar.server.audit import AuditLog
from nectar.server.rate_limit import MINUTE, Attempts
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server, free_port
from tests.server.making import joined, server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _most_in_a_minute(times: list[float]) -> int:
    ordered = sorted(times)
    return max(sum(1 for other in ordered if 0 <= other - one < MINUTE - 1e-6) for one in ordered)


def _refused(attempts: Attempts) -> float:
    """Seconds after which another try is worth it; 0 when a turn was taken."""
    try:
        attempts.admit("user@host:1/db")
    except TransientError as error:
        assert (error.code, error.where) == (faults.TOO_OFTEN.code, "user@host:1/db")
        assert 0 < error.retry_after <= MINUTE
        return error.retry_after
    return 0.0


@settings(max_examples=300)
@given(most=st.integers(1, 8), steps=st.lists(st.floats(0, 90), min_size=1, max_size=60))
def test_never_more_in_any_minute_and_never_a_wait(most: int, steps: list[float]) -> None:
    """At any moments. Who comes again when it was told to is let in."""
    clock = Clock()
    attempts = Attempts(most, clock=clock)
    made = []
    for step in steps:
        clock.now += step
        if after := _refused(attempts):
            clock.now += after
            assert _refused(attempts) == 0
        made.append(clock.now)
    assert _most_in_a_minute(made) <= most


def test_a_refused_one_takes_no_turn() -> None:
    clock = Clock()
    attempts = Attempts(2, clock=clock)
    attempts.admit("here")
    attempts.admit("here")
    for _ in range(3):
        with pytest.raises(TransientError, match="2 are allowed, the next in 60 s"):
            attempts.admit("here")
    clock.now += MINUTE
    attempts.admit("here")


def test_threads_share_it() -> None:
    clock = Clock()
    attempts = Attempts(10, clock=clock)
    outcomes: list[float] = []
    gate = threading.Barrier(8)

    def work() -> None:
        gate.wait()
        outcomes.extend(_refused(attempts) for _ in range(25))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0.0] * 10 + [MINUTE] * 190


def test_each_address_has_its_turn_however_few_there_are(secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt a minute, and the first of two addresses answers nobody: the second one is tried in the next minute."""
    clock = Clock()
    attempts = Attempts(1, clock=clock)
    silent, real = free_port(), resolve.socket_addresses
    both = lambda host, port, where, hosts: [*real("127.0.0.1", silent, where), *real("127.0.0.1", port, where)]  # noqa: E731
    monkeypatch.setattr(resolve, "socket_addresses", both)
    with pytest.raises(TransientError) as caught:
        joined(server(secured.port), attempts=attempts)
    assert 0 < caught.value.retry_after <= MINUTE
    clock.now += MINUTE
    joined(server(secured.port), attempts=attempts).close()


def test_connections_are_counted_whether_they_succeed_or_not(secured: Server) -> None:
    clock = Clock()
    attempts = Attempts(3, clock=clock)
    audit = AuditLog()
    to = server(secured.port)
    for _ in range(3):
        with pytest.raises(ConnectError, match="access denied"):
            joined(to, "wrong", attempts=attempts, audit=audit)
    with pytest.raises(TransientError) as caught:
        joined(to, "wrong", attempts=attempts, audit=audit)
    assert [one.outcome for one in audit.records] == [faults.ACCESS_DENIED.code] * 3 + [faults.TOO_OFTEN.code]
    assert caught.value.code == faults.TOO_OFTEN.code
