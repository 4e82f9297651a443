"""A job that follows the tip, stopped once the database has come to a slot."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from nectar.nodeserver.script import Step, Wait
from nectar.runner.signals import Stop

PATIENCE = 60.0


def parted_by_a_commit(first: Iterable[Step], database: Path, slot: int, then: Iterable[Step]) -> Iterator[Step]:
    """A script: after the first steps nothing happens to the chain until a job has written up to that slot."""
    yield from first
    while last_slot(database) != slot:
        yield Wait(0.05)
    yield from then


def last_slot(database: Path) -> int:
    """The newest checkpoint's slot; -1 before there is one. By the sink's own SQLite: two of them in one process would take
    each other's locks away."""
    if not database.exists():
        return -1
    try:
        db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            row = db.execute("SELECT slot FROM nectar_checkpoint ORDER BY seq DESC LIMIT 1").fetchone()
        finally:
            db.close()
    except apsw.Error:
        return -1
    return -1 if row is None else int(row[0])


@contextmanager
def stop_at(database: Path, slot: int, stop: Stop) -> Iterator[None]:
    """Within it, `stop` is set when the database has everything up to `slot`."""
    ended = threading.Event()

    def watch() -> None:
        end = time.monotonic() + PATIENCE
        while not ended.is_set() and time.monotonic() < end and last_slot(database) < slot:
            time.sleep(0.02)
        time.sleep(0.05)
        stop.number = stop.number or signal.SIGTERM

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
