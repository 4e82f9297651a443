"""Where batches are decoded: in this process, or in several that each do whole batches."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from nectar.errors import FatalError, NectarError
from nectar.runner.batch import Batch
from nectar.runner.choose import Ask
from nectar.runner.watch import WatchState
from nectar.runner.work import Done, Job, Worker

AHEAD = 2  # batches at each process: the one it does and one that waits
COLLECT_EVERY = 64  # batches between two runs of the garbage collector


class Pool(Protocol):
    """`room` says whether a batch may be given, `ready` whether one is done; `result` waits for any that is, in no order."""

    def room(self) -> bool: ...

    def ready(self) -> bool: ...

    def give(self, batch: Batch) -> None: ...

    def result(self) -> Done: ...

    def close(self) -> None: ...


class Inline:
    """No other process: one thread decodes while the runner's commits, most of which is SQLite's own work."""

    def __init__(self, job: Job, state: WatchState, ask: Ask | None = None) -> None:
        self._worker = Worker(job, state, ask)
        self._thread = ThreadPoolExecutor(1, "nectar-decoder")
        self._under_way: deque[Future[Done]] = deque()

    def room(self) -> bool:
        return len(self._under_way) < AHEAD

    def ready(self) -> bool:
        return bool(self._under_way) and self._under_way[0].done()

    def give(self, batch: Batch) -> None:
        self._under_way.append(self._thread.submit(self._do, batch))

    def result(self) -> Done:
        return self._under_way.popleft().result()

    def close(self) -> None:
        """What waits is dropped; what is being done is waited for."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _do(self, batch: Batch) -> Done:
        with uncollected():
            return self._worker.do(batch)


class Processes:
    """`count` processes, each with a pipe. A process that dies is a clear error, never a wait without end.

    Both ends read in a thread of their own: were both to write a large message at once, each would wait for the other.
    """

    def __init__(self, job: Job, count: int) -> None:
        told = pickle.dumps(job)
        self._load: dict[Connection, int] = {}
        self._workers: dict[Connection, BaseProcess] = {}
        self._answers: SimpleQueue[tuple[Connection, Any]] = SimpleQueue()
        for number in range(count):
            ours, process = _start(number, list(self._workers))
            self._load[ours] = 0
            self._workers[ours] = process
        for pipe in self._workers:  # threads come last: a process must not be forked beside them
            self._send(pipe, told)
            Thread(target=self._listen, args=(pipe,), daemon=True).start()

    def room(self) -> bool:
        return min(self._load.values()) < AHEAD

    def ready(self) -> bool:
        return not self._answers.empty()

    def give(self, batch: Batch) -> None:
        pipe = min(self._load, key=self._load.__getitem__)
        self._load[pipe] += 1
        self._send(pipe, pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))

    def result(self) -> Done:
        pipe, answer = self._answers.get()
        if answer is None:
            raise self._dead(pipe)
        self._load[pipe] -= 1
        if isinstance(answer, Done):
            return answer
        if isinstance(answer, NectarError):
            raise answer
        raise WorkerBug(answer)

    def close(self) -> None:
        """End them all; what they were doing is dropped."""
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
        try:
            while True:
                self._answers.put((pipe, pipe.recv()))
        except (EOFError, OSError, TypeError):  # TypeError: the pipe was closed meanwhile
            self._answers.put((pipe, None))

    def _dead(self, pipe: Connection) -> FatalError:
        process = self._workers[pipe]
        process.join(1)
        return FatalError(
            f"decoding process {process.name} ended unexpectedly (exit code {process.exitcode})",
            hint="nothing of the open batch was written; was memory short? run again, perhaps with fewer --workers",
            code="NEC-R003",
        )


class WorkerBug(RuntimeError):
    """A bug met in a decoding process: carries that process's lines of code."""

    def __init__(self, told: str) -> None:
        super().__init__("a bug in a decoding process")
        self.add_note(told)


def _start(number: int, others: list[Connection]) -> tuple[Connection, BaseProcess]:
    """A process and our end of its pipe. Forked where that is safe: it starts in milliseconds and shares what is loaded.

    A forked process never touches the database that is open here, and leaves without tidying up (multiprocessing's `_exit`).
    """
    forked = sys.platform == "linux" and threading.active_count() == 1
    ours, theirs = multiprocessing.Pipe()
    held = [*others, ours] if forked else []
    make = multiprocessing.get_context("fork").Process if forked else multiprocessing.get_context("spawn").Process
    process = make(target=serve, args=(theirs, held), name=f"nectar-decoder-{number + 1}", daemon=True)
    if not forked:
        resource_tracker.ensure_running()  # which would let signals through again when it starts
    with _deaf():
        process.start()
    theirs.close()
    return ours, process


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started within it never hear Ctrl-C nor SIGTERM, not even while they start: those are the runner's to handle."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(pipe: Connection, held: Sequence[Connection] = ()) -> None:
    """A decoding process's whole life: the job, then batches until the pipe closes.

    `held` are the runner's ends of pipes that a fork brought along: while they were open here, no end would be seen.
    """
    for other in held:
        other.close()
    given: SimpleQueue[Batch | None] = SimpleQueue()
    with contextlib.suppress(EOFError, OSError):
        worker = Worker(pickle.loads(pipe.recv_bytes()))
        Thread(target=_receive, args=(pipe, given), daemon=True).start()
        gc.collect()
        gc.freeze()
        done = 0
        while (batch := given.get()) is not None:
            with uncollected():
                pipe.send(_answer(worker, batch))
            done += 1
            if done % COLLECT_EVERY == 0:
                gc.collect()


@contextmanager
def uncollected() -> Iterator[None]:
    """Decoded blocks have no cycles: the collector would walk them for nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _receive(pipe: Connection, given: SimpleQueue[Batch | None]) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            given.put(pipe.recv())
    given.put(None)


def _answer(worker: Worker, batch: Batch) -> Done | NectarError | str:
    try:
        return worker.do(batch)
    except NectarError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a bug here must reach the runner's process, which reports it
        frames = traceback.format_tb(error.__traceback__)
        return f"{type(error).__module__}.{type(error).__qualname__}\n{''.join(frames)}"
