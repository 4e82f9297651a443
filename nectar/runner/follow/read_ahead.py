"""A thread that reads a source ahead of the job: at most a bounded number of bytes wait in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition

from nectar.runner.threads import lost_thread, started
from nectar.sources.events import Event, RollForward

AHEAD_BYTES = 32 << 20
END_SECONDS = 5.0  # that the thread has to end, once it was told to


class ReadAheadQueue:
    """Begins to read at once. `stop` is called from another thread, and must make the reading end."""

    def __init__(self, events: Iterator[list[Event]], stop: Callable[[], None]) -> None:
        self._events, self._stop = events, stop
        self._waiting: deque[tuple[list[Event], int]] = deque()
        self._bytes = 0
        self._error: BaseException | None = None
        self._closed = False
        self._changed = Condition()
        self._thread = started(self._read, "nectar-reader")

    def get(self, seconds: float) -> list[Event] | None:
        """Events that came together, in order; None when nothing came in so many seconds.

        The source's error is raised after everything read before it was given. Errors: FatalError NEC-R003 besides.
        """
        with self._changed:
            if not self._waiting and self._error is None:
                self._changed.wait(seconds)
            if self._waiting:
                events, size = self._waiting.popleft()
                self._bytes -= size
                self._changed.notify()
                return events
            if self._error is not None:
                raise self._error
            if not self._thread.is_alive():
                raise lost_thread(self._thread.name)
            return None

    @property
    def has_events(self) -> bool:
        """`get` returns events, or raises the source's error, without waiting."""
        return bool(self._waiting) or self._error is not None

    def close(self) -> None:
        """Drops the events that wait. When it returns, the thread has ended or can do nothing any more."""
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
        except BaseException as error:  # noqa: BLE001 - whatever it is, `get` raises it
            with self._changed:
                self._error = error
                self._changed.notify()
