"""How often connections may be tried: so many a minute, whatever asks for them."""

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
    """One for all connections to a server, whatever thread they are made in. It never waits: that is the runner's to do.

    `failures` by place: those that failed least often are tried first, so that each has its turn however few there are.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures: Counter[SocketAddress] = Counter()
        self._clock = clock
        self._turns: deque[float] = deque([-math.inf] * per_minute, maxlen=per_minute)
        self._lock = threading.Lock()

    def admit(self, where: str) -> None:
        """Takes a turn. Errors: TransientError NEC-Y041, which says after how many seconds there is one."""
        with self._lock:
            now = self._clock()
            left = self._turns[0] + MINUTE - now
            if left > 0:
                error = faults.TOO_OFTEN.at(where, f"{len(self._turns)} are allowed, the next in {left:.0f} s")
                assert isinstance(error, TransientError)
                error.retry_after = left
                raise error
            self._turns.append(now)
