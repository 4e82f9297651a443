"""How often connections may be tried: so many a minute, whatever asks for them."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable

from nectar.network import faults

MINUTE = 60.0
_JITTER = 0.1  # of the wait, at most: clients that were refused together do not come back together


class Attempts:
    """One for all connections to a server, whatever thread they are made in.

    `patience`: seconds that an attempt waits for its turn at most. `clock`, `sleep` in seconds; `dice` gives 0 to 1.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        patience: float = MINUTE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._patience, self._clock, self._sleep, self._dice = patience, clock, sleep, dice
        self._turns: deque[float] = deque([-math.inf] * per_minute, maxlen=per_minute)
        self._lock = threading.Lock()

    def admit(self, where: str) -> float:
        """Waits until an attempt may be made; how many seconds that took. Errors: TransientError NEC-Y041, without waiting."""
        with self._lock:
            now = self._clock()
            free = self._turns[0] + MINUTE
            wait = 0.0 if free <= now else (free - now) * (1 + _JITTER * self._dice())
            if wait > self._patience * (1 + _JITTER):
                raise faults.TOO_OFTEN.at(where, f"{len(self._turns)} are allowed, the next in {free - now:.0f} s")
            self._turns.append(now + wait)
        if wait:
            self._sleep(wait)
        return wait
