"""Numbers of a run's connections, for whoever wants to serve them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Of seconds, or of anything: how many, their sum, median, 95th percentile and greatest, of the last thousand."""

    count: int
    total: float
    median: float
    p95: float
    greatest: float


class Measured:
    """Values as they come."""

    def __init__(self) -> None:
        self._count, self._total = 0, 0.0
        self._last: deque[float] = deque(maxlen=KEPT)

    def add(self, value: float) -> None:
        self._count += 1
        self._total += value
        self._last.append(value)

    def spread(self) -> Spread:
        ordered = sorted(self._last) or [0.0]
        at = len(ordered)
        return Spread(self._count, self._total, ordered[(at - 1) // 2], ordered[max(-(-at * 95 // 100) - 1, 0)], ordered[-1])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Seconds, bytes, rows; `retries` by error code."""

    in_use: int
    waiting: int
    connections: int
    handshake: Spread
    round_trip: Spread
    commit: Spread
    batch_rows: Spread
    bytes: int
    retries: dict[str, int]


class Metrics:
    """One run's; `snapshot` may be asked for by another thread at any time."""

    def __init__(self) -> None:
        self.in_use = self.waiting = self.connections = self.bytes = 0
        self.handshake, self.round_trip, self.commit, self.batch_rows = Measured(), Measured(), Measured(), Measured()
        self.retries: Counter[str] = Counter()

    def snapshot(self) -> Snapshot:
        handshake, trip, commit, rows = (one.spread() for one in (self.handshake, self.round_trip, self.commit, self.batch_rows))
        return Snapshot(
            self.in_use, self.waiting, self.connections, handshake, trip, commit, rows, self.bytes, dict(self.retries)
        )
