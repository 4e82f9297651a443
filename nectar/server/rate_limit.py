"""A limit on the attempts to connect in a minute, whichever thread makes them."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from nectar.errors import TransientError
from nectar.server import faults
from nectar.server.resolve import SocketAddress

MINUTE = 60.0


class Attempts:
    """One object for all connections to a server. It never waits: only the runner waits.

    `failures` by address: those that failed least often are tried first, so each has its turn however few attempts are allowed.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures: Counter[SocketAddress] = Counter()
        self._clock = clock
        self._turns: deque[float] = deque([-math.inf] * per_minute, maxlen=per_minute)
        self._lock = threading.Lock()

    def admit(self, where: str) -> None:
        """Count an attempt. Errors: TransientError NEC-Y041, whose `retry_after` says in how many seconds the next is allowed."""
        with self._lock:
            now = self._clock()
            left = self._turns[0] + MINUTE - now
            if left > 0:
                error = faults.TOO_OFTEN.at(where, f"{len(self._turns)} are allowed, the next in {left:.0f} s")
                assert isinstance(error, TransientError)
                error.retry_after = left
                raise error
            self._turns.append(now)
