"""Where batches are decoded: in this process, or in several that each do whole batches."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import traceback
from collections import deque
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from nectar.errors import FatalError
from nectar.runner.batch import Batch
from nectar.runner.work import Done, Job, Worker

AHEAD = 2                      # batches that wait in each process besides the one it does


class Pool(Protocol):
    """`room` says whether a batch may be given; `result` waits for any that is done, in no order."""

    def room(self) -> bool: ...

    def give(self, batch: Batch) -> None: ...

    def result(self) -> Done: ...

    def close(self) -> None: ...


class Inline:
    """No other process: a batch is done when it is asked for."""

    def __init__(self, job: Job) -> None:
        self._worker = Worker(job)
        self._waiting: deque[Batch] = deque()

    def room(self) -> bool:
        return not self._waiting

    def give(self, batch: Batch) -> None:
        self._waiting.append(batch)

    def result(self) -> Done:
        return self._worker.do(self._waiting.popleft())

    def close(self) -> None:
        """Nothing is held."""


class Processes:
    """`count` processes, each with a pipe. A process that dies is a clear error, never a wait without end.

    Both ends read in a thread of their own: were both to write a large message at once, each would wait for the other.
    """

    def __init__(self, job: Job, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        told = pickle.dumps(job)
        self._load: dict[Connection, int] = {}
        self._workers: dict[Connection, BaseProcess] = {}
        self._answers: SimpleQueue[tuple[Connection, Any]] = SimpleQueue()
        for number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), name=f"nectar-decoder-{number + 1}", daemon=True)
            process.start()
            theirs.close()
            ours.send_bytes(told)
            self._load[ours] = 0
            self._workers[ours] = process
            Thread(target=self._listen, args=(ours,), daemon=True).start()

    def room(self) -> bool:
        return min(self._load.values()) < AHEAD

    def give(self, batch: Batch) -> None:
        pipe = min(self._load, key=self._load.__getitem__)
        self._load[pipe] += 1
        try:
            pipe.send(batch)
        except OSError as error:
            raise self._dead(pipe) from error

    def result(self) -> Done:
        pipe, answer = self._answers.get()
        if answer is None:
            raise self._dead(pipe)
        self._load[pipe] -= 1
        if isinstance(answer, Done):
            return answer
        raise WorkerBug(answer)

    def close(self) -> None:
        """End them all; what they were doing is dropped."""
        for process in self._workers.values():
            process.terminate()
        for pipe, process in self._workers.items():
            process.join(5)
            pipe.close()

    def _listen(self, pipe: Connection) -> None:
        try:
            while True:
                self._answers.put((pipe, pipe.recv()))
        except (EOFError, OSError, TypeError):      # TypeError: the pipe was closed meanwhile
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
    """A bug met in a decoding process: carries that process's traceback."""

    def __init__(self, told: str) -> None:
        super().__init__(f"in a decoding process:\n{told}")


def serve(pipe: Connection) -> None:
    """A decoding process's whole life: the job, then batches until the pipe closes. Ctrl-C is the runner's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given: SimpleQueue[Batch | None] = SimpleQueue()
    worker = Worker(pickle.loads(pipe.recv_bytes()))
    Thread(target=_receive, args=(pipe, given), daemon=True).start()
    with contextlib.suppress(OSError):
        while (batch := given.get()) is not None:
            pipe.send(_answer(worker, batch))


def _receive(pipe: Connection, given: SimpleQueue[Batch | None]) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            given.put(pipe.recv())
    given.put(None)


def _answer(worker: Worker, batch: Batch) -> Done | str:
    try:
        return worker.do(batch)
    except Exception:  # noqa: BLE001 - a bug here must reach the runner's process, which reports it
        return traceback.format_exc()
