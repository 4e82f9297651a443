"""What is said of a server's clock, in figures that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nectar.sinks.mysql.check import run


class _Asked:
    def rows(self, _: str) -> list[tuple[Any, ...]]:
        return [(7,)]


def test_our_clock_is_read_in_the_middle_of_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stood at 1,000 when the exchange of two seconds began."""
    clock = SimpleNamespace(time=lambda: 1_000.0, perf_counter=iter([5.0, 7.0]).__next__)
    monkeypatch.setattr(run, "time", clock)
    assert run._timed(_Asked(), "SELECT 7") == (2.0, 1_001.0, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.0, "1.0 seconds"),
        (119.0, "119.0 seconds"),
        (120.0, "2 minutes"),
        (3_600.0, "60 minutes"),
        (7_199.0, "120 minutes"),
        (7_200.0, "2 hours"),
        (172_799.0, "48 hours"),
        (172_800.0, "2 days"),
        (864_000.0, "10 days"),
    ],
)
def test_how_long_it_is(seconds: float, text: str) -> None:
    assert run._long(seconds) == text
