"""How long to wait before the next try, and when to give up."""

from __future__ import annotations

import time

from nectar.errors import StoppedError, TransientError

FIRST, LONGEST = 0.5, 30.0     # seconds between two tries: doubled each time
TRIES = 6                      # before anything came at all: the address may be wrong
HOURS = 24                     # without any progress, once there was some: a node may be restarted, or replay its ledger


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
