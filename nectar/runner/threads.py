"""Threads whose end is noticed: whoever waits for a thread that has ended gets an error, and never waits without end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from nectar.errors import FatalError
from nectar.runner.signals import LOOK

T = TypeVar("T")


def started(work: Callable[[], None], name: str) -> Thread:
    """A thread that does not keep the process alive. Errors: FatalError NEC-R011 when the system gives none."""
    thread = Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise no_room(f"the thread {name} could not be started") from error
    return thread


def lost_thread(name: str) -> FatalError:
    return FatalError(
        f"the thread {name} ended unexpectedly",
        hint="nothing of the open batch was written; was memory short? run again, perhaps with fewer --workers",
        code="NEC-R003",
    )


def no_room(what: str) -> FatalError:
    """The system gives no more memory, threads, processes or open files."""
    hint = "nothing of the open batch was written; lower --workers or [performance] batch_bytes, or raise the limits (ulimit -a)"
    return FatalError(what, hint=hint, code="NEC-R011")


class Crew:
    """At most `count` threads, started when there is work for them. The result of a piece of work is in its future."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._threads: list[Thread] = []
        self._todo: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Errors: FatalError NEC-R011."""
        if len(self._threads) < self._count:
            self._threads.append(started(self._work, f"{self._name}-{len(self._threads) + 1}"))
        future: Future[T] = Future()
        self._todo.put((future, work))
        return future

    def is_whole(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def settled(self, future: Future[T], give_up: Callable[[], bool] = bool) -> bool:
        """Waits until it is. False when `give_up` says so before. Errors: FatalError NEC-R003 when a thread has ended."""
        while not wait([future], LOOK).done:
            if not self.is_whole() and not future.done():
                raise lost_thread(self._name)
            if give_up():
                return False
        return True

    def close(self) -> None:
        """Drops the work that waits. Does not wait for work that is being done."""
        with suppress(Empty):
            while True:
                self._todo.get_nowait()
        for _ in self._threads:
            self._todo.put(None)

    def _work(self) -> None:
        try:
            while (given := self._todo.get()) is not None:
                future, work = given
                try:
                    result = work()
                except BaseException as error:  # noqa: BLE001 - whatever it is, whoever waits for the future raises it
                    future.set_exception(error)
                else:
                    future.set_result(result)
        except BaseException:  # noqa: BLE001 - `is_whole` tells of it; a second message would only confuse
            return
