"""What connections cost: counted where it happens, read as frozen values. Nothing serves them yet."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Spread:
    """Count, sum, least and most of a quantity. `least` and `most` are 0 when the count is 0."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    def plus(self, value: float) -> Spread:
        least = min(self.least, value) if self.count else value
        return Spread(self.count + 1, self.total + value, least, max(self.most, value))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Connections now `in_use` and callers now `waiting` for one; seconds; rows and bytes of a batch; retries by error code."""

    in_use: int = 0
    waiting: int = 0
    handshake: Spread = Spread()
    round_trip: Spread = Spread()
    commit: Spread = Spread()
    batch_rows: Spread = Spread()
    batch_bytes: Spread = Spread()
    retries: tuple[tuple[str, int], ...] = ()


@dataclass
class Metrics:
    """Several threads may count at once."""

    _now: Snapshot = field(default_factory=Snapshot)
    _retries: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def move(self, *, in_use: int = 0, waiting: int = 0) -> None:
        """Change the numbers by these amounts, up or down."""
        with self._lock:
            self._now = replace(self._now, in_use=self._now.in_use + in_use, waiting=self._now.waiting + waiting)

    def handshake(self, seconds: float) -> None:
        with self._lock:
            self._now = replace(self._now, handshake=self._now.handshake.plus(seconds))

    def round_trip(self, seconds: float) -> None:
        with self._lock:
            self._now = replace(self._now, round_trip=self._now.round_trip.plus(seconds))

    def committed(self, seconds: float, rows: int, size: int) -> None:
        """A batch of `rows` and `size` bytes, whose COMMIT took `seconds`."""
        with self._lock:
            self._now = replace(
                self._now,
                commit=self._now.commit.plus(seconds),
                batch_rows=self._now.batch_rows.plus(rows),
                batch_bytes=self._now.batch_bytes.plus(size),
            )

    def retried(self, code: str) -> None:
        with self._lock:
            self._retries[code] += 1

    def snapshot(self) -> Snapshot:
        with self._lock:
            return replace(self._now, retries=tuple(sorted(self._retries.items())))
