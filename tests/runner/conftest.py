"""The tests' servers, for jobs that fill one; a hang-up that reaches what is started."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.mysql.conftest import database, running, server

__all__ = ["database", "running", "server"]


@pytest.fixture
def hang_up() -> Iterator[int]:
    """The signal reaches commands even where the tests themselves were started with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield signal.SIGHUP
    signal.signal(signal.SIGHUP, before)
