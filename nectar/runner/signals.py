"""Ctrl-C, SIGTERM and the terminal's hang-up stop a command, whatever it waits for.

Python runs a signal's handler between two bytecodes of the main thread. While that thread waits within SQLite or the name
service, no handler runs. So the system also writes each signal's number into a pipe, and a thread reads it there. That thread
gives the command a moment to end by itself, then interrupts what the main thread waits for, then ends the process. This is as
safe as a kill: rows, checkpoint and coverage are one transaction.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

GRACE = 1.5  # seconds in which a job may reach the next place where it stops by itself
TIDY = 1.0  # seconds more in which it may close what is open
LOOK = 0.1  # seconds: so often a wait looks whether to stop
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
THREAD = "nectar-signals"

_ENDED = 0  # written into the pipe when the command has ended
_SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(KeyboardInterrupt):
    """Raised in the main thread: a signal came, and interrupts what the thread does."""


class Halted(Exception):
    """The job is to stop, so it neither waits nor tries again."""


class Stop:
    """`number`: the signal that came, 0 when none did; `told`: the command has said that it was stopped."""

    def __init__(self) -> None:
        self.number, self.told = 0, False

    def __bool__(self) -> bool:
        return self.number != 0

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM, 129 after a hang-up."""
        return 128 + self.number

    def wait(self, seconds: float) -> None:
        """Waits so many seconds. Errors: Halted, as soon as the job is to stop."""
        end = time.monotonic() + seconds
        while True:
            if self:
                raise Halted
            if (left := end - time.monotonic()) <= 0:
                return
            time.sleep(min(left, LOOK))


class SignalListener:
    """Handles these signals for one command. `gently`: the first one only asks the job to stop, the second one interrupts it."""

    def __init__(self) -> None:
        self.stop, self.gently = Stop(), False
        self.last_words = "interrupted"
        self._handled, self._dropped, self._interrupting, self._closing = 0, False, False, False
        self._pipe, self._into = os.pipe()
        os.set_blocking(self._into, False)
        self._thread = threading.Thread(target=self._listen, name=THREAD, daemon=True)

    def open(self) -> None:
        """Must be called in the main thread, which is the one that is interrupted."""
        nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # started so, the command is to outlive the terminal
        handled = [number for number in NUMBERS if number != signal.SIGHUP or not nohup]
        self._hook, sys.unraisablehook = sys.unraisablehook, self._see_dropped
        self._before = {number: signal.signal(number, self._handle) for number in handled}
        self._wakeup = signal.set_wakeup_fd(self._into, warn_on_full_buffer=False)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)  # the listener's own: signals are for the main thread
        try:
            self._thread.start()
        except RuntimeError:
            pass  # the system gives no thread: the handlers work all the same
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def close(self) -> None:
        """Restores the handlers from before. A signal that comes now has no effect."""
        self._closing = True
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook
        if self._thread.is_alive():
            os.write(self._into, bytes([_ENDED]))
            self._thread.join()
        os.close(self._pipe)
        os.close(self._into)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.stop.number = self.stop.number or number
        self._handled += 1
        if self._closing:
            return
        if not self.gently or self._interrupting or self._handled > 1:
            raise Interrupted

    def _see_dropped(self, unraisable: sys.UnraisableHookArgs) -> None:
        """A destructor or a callback swallows errors, Interrupted too. So the listener raises it again."""
        if not issubclass(unraisable.exc_type, Interrupted):
            self._hook(unraisable)
        elif not self._closing:
            self._dropped = True
            os.write(self._into, bytes([self.stop.number]))

    def raise_dropped(self) -> NoReturn:
        """Raises it before the listener does."""
        self._dropped = False
        raise Interrupted

    def _listen(self) -> None:
        number = self._next(None) or _ENDED
        if number == _ENDED:
            return
        self.stop.number = self.stop.number or number
        if self._next(GRACE) == _ENDED:
            return
        if self._dropped:
            time.sleep(LOOK)  # until the main thread has left the hook
        if self.gently or self._dropped or not self._handled:
            self._interrupting = True
            signal.pthread_kill(threading.main_thread().ident or 0, number)
        if self._ended_within(TIDY):
            return
        self._leave(number)

    def _next(self, seconds: float | None) -> int | None:
        """The next of our signals, `_ENDED`, or None when so many seconds are over."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if end is None else max(end - time.monotonic(), 0.0)
            if not select.select([self._pipe], [], [], left)[0]:
                return None
            number = os.read(self._pipe, 1)
            if not number or number[0] == _ENDED:
                return _ENDED
            if number[0] in NUMBERS:
                return number[0]

    def _ended_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._next(left) == _ENDED:
                return True
        return False

    def _leave(self, number: int) -> NoReturn:
        """Ends the process at once. The main thread may hold the lock of standard error, so this writes to the descriptor."""
        words = f"{self.last_words}\n".encode()
        with suppress(OSError):  # the terminal is gone
            if select.select([], [2], [], LOOK)[1]:
                os.write(2, _SHOW_CURSOR + words if os.isatty(2) else words)
        os._exit(128 + number)


_listener: SignalListener | None = None


@contextmanager
def hearing() -> Iterator[SignalListener]:
    """A signal within the block raises Interrupted in it. If the block does not end then, the process does."""
    global _listener
    listener, before = SignalListener(), _listener
    listener.open()
    _listener = listener
    try:
        yield listener
    finally:
        _listener = before
        listener.close()


@contextmanager
def listening() -> Iterator[Stop]:
    """A first signal within the block only asks to stop. A block that does not stop soon is interrupted with Interrupted."""
    if _listener is None:
        with hearing(), listening() as stop:
            yield stop
        return
    listener = _listener
    listener.gently = True
    try:
        yield listener.stop
    finally:
        listener.gently = False


def raise_if_heard() -> None:
    """Raises Interrupted again when a signal came: code that swallows errors may have lost the first one."""
    if _listener is not None and _listener.stop:
        _listener.raise_dropped()


def say_at_the_end(words: str) -> None:
    """Sets what is written to standard error when the listener has to end the process."""
    if _listener is not None:
        _listener.last_words = words
