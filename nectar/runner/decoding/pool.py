"""Where batches are decoded: in a thread of this process, or in several processes that each decode whole batches."""

from __future__ import annotations

import contextlib
import errno
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from nectar.errors import FatalError, NectarError
from nectar.runner.decoding.batch import Batch
from nectar.runner.decoding.filtering import Ask
from nectar.runner.decoding.tracked_outputs import TrackedState
from nectar.runner.decoding.worker import DecodedBatch, Job, Worker
from nectar.runner.signals import LOOK, NUMBERS, THREAD, Halted
from nectar.runner.threads import Crew, lost_thread, no_room, started

AHEAD = 2  # batches at each process: the one that it decodes and one that waits
COLLECT_EVERY = 64  # batches between two runs of the garbage collector
NO_MEMORY = errno.ENOMEM  # exit code of a decoding process that had too little of it


class WorkerPool(Protocol):
    """Decodes batches. `room`: whether a batch may be given; `ready`: whether `result` returns or raises at once; `result` waits
    for any batch that is decoded, in no order.

    Errors of `result`: Halted when the job is to stop; FatalError NEC-R003 or NEC-R011 when a decoding process or thread died.
    """

    def room(self) -> bool: ...

    def ready(self) -> bool: ...

    def give(self, batch: Batch) -> None: ...

    def result(self) -> DecodedBatch: ...

    def close(self) -> None: ...


class Inline:
    """One thread of this process decodes while the runner's thread commits, which is mostly SQLite's own work."""

    def __init__(self, job: Job, state: TrackedState, ask: Ask | None = None, *, halted: Callable[[], bool] = bool) -> None:
        self._worker, self._halted = Worker(job, state, ask), halted
        self._thread = Crew(1, "nectar-decoder")
        self._under_way: deque[Future[DecodedBatch]] = deque()

    def room(self) -> bool:
        return len(self._under_way) < AHEAD

    def ready(self) -> bool:
        return bool(self._under_way) and (self._under_way[0].done() or not self._thread.is_whole())

    def give(self, batch: Batch) -> None:
        self._under_way.append(self._thread.submit(partial(self._do, batch)))

    def result(self) -> DecodedBatch:
        first = self._under_way[0]
        if not self._thread.settled(first, self._halted):
            raise Halted
        self._under_way.popleft()
        return first.result()

    def close(self) -> None:
        """Drops the batches that wait, and waits for the one that is being decoded, unless the job is to stop."""
        self._thread.close()
        if self._under_way and self._thread.is_whole() and self._under_way[0].running():
            self._thread.settled(self._under_way[0], self._halted)

    def _do(self, batch: Batch) -> DecodedBatch:
        with uncollected():
            return self._worker.do(batch)


class Processes:
    """`count` processes, each with a pipe. A process that dies is a clear error, never a wait without end.

    Each end reads in a thread of its own: if both wrote a large message at once, each would wait for the other.
    """

    def __init__(self, job: Job, count: int, *, halted: Callable[[], bool] = bool) -> None:
        pickled_job, self._halted = pickle.dumps(job), halted
        self._load: dict[Connection, int] = {}
        self._workers: dict[Connection, BaseProcess] = {}
        self._listeners: dict[Connection, Thread] = {}
        self._answers: SimpleQueue[tuple[Connection, Any]] = SimpleQueue()
        for number in range(count):
            ours, process = _start(number, list(self._workers))
            self._load[ours] = 0
            self._workers[ours] = process
        for pipe in self._workers:  # threads come last: a process must not be forked beside them
            self._send(pipe, pickled_job)
            self._listeners[pipe] = started(partial(self._listen, pipe), f"nectar-listener-{len(self._listeners) + 1}")

    def room(self) -> bool:
        return min(self._load.values()) < AHEAD

    def ready(self) -> bool:
        return not self._answers.empty() or not all(thread.is_alive() for thread in self._listeners.values())

    def give(self, batch: Batch) -> None:
        pipe = min(self._load, key=self._load.__getitem__)
        self._load[pipe] += 1
        self._send(pipe, pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))

    def result(self) -> DecodedBatch:
        pipe, answer = self._next()
        if answer is None:
            raise self._dead(pipe)
        self._load[pipe] -= 1
        if isinstance(answer, DecodedBatch):
            return answer
        if isinstance(answer, MemoryError):
            raise no_room("memory ran out while a decoded batch was read")
        if isinstance(answer, NectarError):
            raise answer
        raise WorkerBug(answer)

    def _next(self) -> tuple[Connection, Any]:
        """Waits, but never for a listener that has ended."""
        while True:
            try:
                return self._answers.get(timeout=LOOK)
            except Empty:
                if self._halted():
                    raise Halted from None
            if any(not thread.is_alive() for thread in self._listeners.values()) and self._answers.empty():
                raise lost_thread("nectar-listener")

    def close(self) -> None:
        """Kills all processes; what they were decoding is dropped."""
        for process in self._workers.values():
            process.kill()
        for pipe, process in self._workers.items():
            process.join(5)
            pipe.close()

    def _send(self, pipe: Connection, message: bytes) -> None:
        try:
            pipe.send_bytes(message)
        except OSError as error:
            raise self._dead(pipe) from error

    def _listen(self, pipe: Connection) -> None:
        end: tuple[Connection, Any] = (pipe, None)
        try:
            while True:
                self._answers.put((pipe, pipe.recv()))
        except MemoryError as error:
            end = (pipe, error)
        except BaseException:  # noqa: BLE001 - the pipe has ended, or was closed meanwhile, or this thread is to end
            pass
        self._answers.put(end)

    def _dead(self, pipe: Connection) -> FatalError:
        process = self._workers[pipe]
        process.join(1)
        if process.exitcode == NO_MEMORY:
            return no_room(f"decoding process {process.name} had too little memory")
        return FatalError(
            f"decoding process {process.name} ended unexpectedly (exit code {process.exitcode})",
            hint="nothing of the open batch was written; was memory short? run again, perhaps with fewer --workers",
            code="NEC-R003",
        )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


class WorkerBug(RuntimeError):
    """A bug in a decoding process, with that process's traceback."""

    def __init__(self, traceback_text: str) -> None:
        super().__init__("a bug in a decoding process")
        self.add_note(traceback_text)


def _start(number: int, others: list[Connection]) -> tuple[Connection, BaseProcess]:
    """A process and our end of its pipe. It is forked where that is safe: so it starts in milliseconds and shares loaded code.

    A forked process never touches the database that is open here, and exits without cleaning up (multiprocessing's `_exit`).
    """
    alone = all(thread is threading.main_thread() or thread.name == THREAD for thread in threading.enumerate())
    forked = sys.platform == "linux" and alone
    ours, theirs = multiprocessing.Pipe()
    held = [*others, ours] if forked else []
    make = multiprocessing.get_context("fork").Process if forked else multiprocessing.get_context("spawn").Process
    process = make(target=run_decoder, args=(theirs, held), name=f"nectar-decoder-{number + 1}", daemon=True)
    if not forked:
        resource_tracker.ensure_running()  # it unblocks signals when it starts, so it must not start below
    with _signals_blocked():
        try:
            process.start()
        except (OSError, MemoryError) as error:
            raise no_room(f"the decoding process {process.name} could not be started") from error
    theirs.close()
    return ours, process


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Processes started within it get none of these signals, not even while they start: the runner's process handles those."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_decoder(pipe: Connection, held: Sequence[Connection] = ()) -> None:
    """The main function of a decoding process: it receives the job, then batches until the pipe closes.

    `held` are the runner's ends of pipes that a fork copied: while they are open here, the pipes never close.
    """
    signal.set_wakeup_fd(-1)
    for other in held:
        other.close()
    try:
        _decode_batches(pipe)
    except MemoryError:
        os._exit(NO_MEMORY)


def _decode_batches(pipe: Connection) -> None:
    given: SimpleQueue[Batch | None] = SimpleQueue()
    with contextlib.suppress(EOFError, OSError):
        worker = Worker(pickle.loads(pipe.recv_bytes()))
        Thread(target=_receive, args=(pipe, given), daemon=True).start()
        gc.collect()
        gc.freeze()
        decoded = 0
        while (batch := given.get()) is not None:
            with uncollected():
                pipe.send(_answer(worker, batch))
            decoded += 1
            if decoded % COLLECT_EVERY == 0:
                gc.collect()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector: decoded blocks have no cycles, so it would walk them for nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _receive(pipe: Connection, given: SimpleQueue[Batch | None]) -> None:
    """Runs until the runner closes the pipe. If this thread ends otherwise, it ends the process, which would wait without end."""
    try:
        while True:
            given.put(pipe.recv())
    except (EOFError, OSError):
        given.put(None)
    except MemoryError:
        os._exit(NO_MEMORY)
    except BaseException:  # noqa: BLE001 - the runner sees the process end, and says so
        os._exit(1)


def _answer(worker: Worker, batch: Batch) -> DecodedBatch | NectarError | str:
    try:
        return worker.do(batch)
    except NectarError as error:
        return error
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug here must reach the runner's process, which reports it
        frames = traceback.format_tb(error.__traceback__)
        return f"{type(error).__module__}.{type(error).__qualname__}\n{''.join(frames)}"
