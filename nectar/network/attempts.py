"""How often connections are attempted: so many a minute at most, parted by chance so that many writers do not come at once."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable

WINDOW = 60.0
JITTER = 0.25       # of the wait, at most


class Attempts:
    """`wait` returns when the next one may be made: at once while there were few in the last minute."""

    def __init__(
        self, a_minute: int, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._most, self._clock, self._sleep = a_minute, clock, sleep
        self._made: deque[float] = deque(maxlen=a_minute)

    def wait(self) -> float:
        """Seconds that it waited."""
        waited = 0.0
        if len(self._made) == self._most:
            left = self._made[0] + WINDOW - self._clock()
            if left > 0:
                waited = left * random.uniform(1.0, 1.0 + JITTER)
                self._sleep(waited)
        self._made.append(self._clock())
        return waited
