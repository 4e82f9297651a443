"""How long to wait before the next try, and when to give up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from nectar.errors import StoppedError, TransientError
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Stop

FIRST, LONGEST = 0.5, 30.0  # seconds between two tries: doubled each time
TRIES = 6  # before anything came at all: the address may be wrong
HOURS = 24  # without any progress, once there was some: a node may be restarted, or replay its ledger


class Patience:
    """Progress makes it new."""

    def __init__(self) -> None:
        self._tries = 0
        self._rewarded: float | None = None

    def rewarded(self) -> None:
        """Something came."""
        self._tries = 0
        self._rewarded = time.monotonic()

    def after(self, error: TransientError) -> float:
        """Seconds to wait now. Errors: StoppedError, with the error's own words, when it was tried long enough."""
        self._tries += 1
        if isinstance(error, StoppedError):
            raise error
        over = self._tries >= TRIES if self._rewarded is None else time.monotonic() - self._rewarded > HOURS * 3600
        if over:
            raise StoppedError(error.what, where=error.where, hint=error.hint, code=error.code) from error
        return min(FIRST * 2.0 ** (self._tries - 1), LONGEST)

    def wait(self, error: TransientError, report: Report, stop: Stop) -> None:
        """Says what happened, and waits. Errors: as `after`; Halted when the job is to stop."""
        if stop:
            raise Halted
        seconds = self.after(error)
        report.say("retry", f"{error}; trying again in {seconds:g} s", code=error.code, seconds=seconds)
        stop.wait(seconds)


T = TypeVar("T")


def persistently(attempt: Callable[[], T], let_go: Callable[[], None], report: Report, stop: Stop) -> T:
    """Tries until it works; `let_go` after each try that did not. Errors: StoppedError; Halted when the job is to stop."""
    patience = Patience()
    while True:
        if stop:
            raise Halted
        try:
            return attempt()
        except TransientError as error:
            let_go()
            patience.wait(error, report, stop)
