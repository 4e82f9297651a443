"""How long to pause before the next try, and when to give up. Only the runner waits and retries; adapters never do."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from math import inf
from typing import TypeVar

from nectar.config.profile.model import Retry
from nectar.errors import QuotaError, StoppedError, TooBigError, TransientError
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Stop

FIRST, LONGEST = 0.5, 30.0  # seconds between two tries of a node
TRIES = 6  # before a node answered at all: its address may be wrong
HOURS = 24  # without any progress, once there was some: a node may be restarted, or replay its ledger
OWN_SPREAD = 1.1  # a pause that the server itself names is lengthened by up to a tenth

T = TypeVar("T")


class Backoff:
    """Pauses that double with each try, up to `longest`, until the patience ends; an error's own pause does not count as one.

    `spread`: a pause is lengthened by up to that factor, so clients that were refused together do not come back together.
    `tries`: how many are enough before the first progress; the patience counts from there. Without it, from now.
    """

    def __init__(self, retry: Retry, *, spread: float = 1.0, tries: int | None = None) -> None:
        self._retry, self._spread, self._most = retry, spread, tries
        self._until = time.monotonic() + retry.patience if tries is None else inf
        self._tries, self._next = 0, retry.first

    def progress(self) -> None:
        """Something worked: the pauses and the patience begin again."""
        self._tries, self._next, self._most = 0, self._retry.first, None
        self._until = time.monotonic() + self._retry.patience

    def pause(self, error: TransientError) -> float:
        """Seconds until the next try. Errors: StoppedError, with the error's own words, when the patience ends before it."""
        if isinstance(error, StoppedError):
            raise error
        if isinstance(error, QuotaError):
            return self._retry.quota
        if error.retry_after:
            return error.retry_after * random.uniform(1.0, OWN_SPREAD)
        self._tries += 1
        seconds = self._next * random.uniform(1.0, self._spread)
        if (self._most is not None and self._tries >= self._most) or time.monotonic() + seconds > self._until:
            raise StoppedError(error.what, where=error.where, hint=error.hint, code=error.code) from error
        self._next = min(self._next * 2, self._retry.longest)
        return seconds

    def wait(self, error: TransientError, report: Report, stop: Stop) -> None:
        """Says what happened, and waits. Errors: those of `pause`; Halted when the job is to stop."""
        if stop:
            raise Halted from error
        seconds = self.pause(error)
        report.say("retry", f"{error}; trying again in {seconds:.1f} s", code=error.code, seconds=round(seconds, 1))
        stop.wait(seconds)


def node_backoff() -> Backoff:
    return Backoff(Retry(FIRST, LONGEST, HOURS * 3600, quota=LONGEST), tries=TRIES)


def retried(
    attempt: Callable[[], T], backoff: Backoff, report: Report, stop: Stop, *, let_go: Callable[[], None] | None = None
) -> T:
    """Tries until it works; `let_go` is called after each failure.

    Errors: TooBigError at once, for whoever makes batches; those of `Backoff.wait`; any error that is not transient.
    """
    while True:
        try:
            return attempt()
        except TooBigError:
            raise
        except TransientError as error:
            if let_go is not None:
                let_go()
            backoff.wait(error, report, stop)
