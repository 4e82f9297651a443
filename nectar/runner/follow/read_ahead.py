"""A source read ahead, in a thread of its own: what came waits in memory, a bounded number of bytes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition

from nectar.runner.threads import lost, started
from nectar.sources.events import Event, RollForward

AHEAD_BYTES = 32 << 20
END_SECONDS = 5.0  # that the thread is given to end, once it was told to


class Feed:
    """Begins to read at once. `stop` must make the reading end, from another thread."""

    def __init__(self, events: Iterator[list[Event]], stop: Callable[[], None]) -> None:
        self._events, self._stop = events, stop
        self._waiting: deque[tuple[list[Event], int]] = deque()
        self._bytes = 0
        self._trouble: BaseException | None = None
        self._closed = False
        self._changed = Condition()
        self._thread = started(self._read, "nectar-reader")

    def get(self, seconds: float) -> list[Event] | None:
        """What came together, in order; None when nothing came in so many seconds.

        Trouble with the source is raised when everything read before it has been given. Errors: FatalError NEC-R003 besides.
        """
        with self._changed:
            if not self._waiting and self._trouble is None:
                self._changed.wait(seconds)
            if self._waiting:
                events, size = self._waiting.popleft()
                self._bytes -= size
                self._changed.notify()
                return events
            if self._trouble is not None:
                raise self._trouble
            if not self._thread.is_alive():
                raise lost(self._thread.name)
            return None

    @property
    def waits(self) -> bool:
        """Something is there to be got."""
        return bool(self._waiting) or self._trouble is not None

    def close(self) -> None:
        """What waits is dropped. The thread has ended when this returns, or can do nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._stop()
        self._thread.join(END_SECONDS)

    def _read(self) -> None:
        try:
            for events in self._events:
                size = sum(len(event.raw) for event in events if isinstance(event, RollForward))
                with self._changed:
                    while self._bytes > AHEAD_BYTES and not self._closed:
                        self._changed.wait()
                    if self._closed:
                        return
                    self._waiting.append((events, size))
                    self._bytes += size
                    self._changed.notify()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the runner raises it
            with self._changed:
                self._trouble = error
                self._changed.notify()
