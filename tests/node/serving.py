"""Our own server in a thread, with a chain that the test changes as it likes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nectar.cardano.network import Network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Fork, Step
from nectar.nodeserver.server import Answers, Stage, serve
from nectar.sources.node.connection import NodeAddress
from tests.node.forging import PREVIEW


@contextmanager
def serving(
    socket: Path,
    base: Sequence[Offered],
    script: Iterable[Step] | None = None,
    forks: Sequence[Sequence[Offered]] = (),
    network: Network = PREVIEW,
    answers: Answers | None = None,
) -> Iterator[Stage]:
    """A node at `socket` with the blocks `base`; a script's `Fork(Path("3"), skip, blocks)` takes blocks of `forks[3]`."""

    def fork(step: Fork) -> Iterator[Offered]:
        return iter(forks[int(step.folder.name)][step.skip : step.skip + step.blocks])

    lines: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stage = Stage(network, iter(base), None if script is None else iter(script), fork, lines.append)
    if answers is not None:
        stage.answers = answers
    task: asyncio.Task[None] | None = None

    def run() -> None:
        nonlocal task
        asyncio.set_event_loop(loop)
        task = loop.create_task(serve(stage, NodeAddress(path=str(socket)), lambda _port: ready.set()))
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            for left in asyncio.all_tasks(loop):
                left.cancel()
            loop.run_until_complete(asyncio.sleep(0.01))
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield stage
    finally:
        assert task is not None
        loop.call_soon_threadsafe(task.cancel)
        thread.join(60)
