"""A database with which the runner is patient: whatever may work at another try is tried again, within bounds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from nectar.cardano.point import Numbered
from nectar.config.profile.model import Retry, Server, Target
from nectar.coverage import Coverage
from nectar.errors import QuotaError, StoppedError, TooBigError, TransientError
from nectar.runner.report import Report
from nectar.runner.signals import Halted, Stop
from nectar.sinks.base import Commit, Epochs, Finished, Layout, Sink, Staged
from nectar.sinks.registry import opener

FILE = Retry(first=1.0, longest=1.0, patience=25.0, quota=1.0)
"""Another process holds the file: besides these pauses, SQLite itself waits for a second each time."""
AT_FIRST = 30.0  # seconds: before anything was ever answered the address may be wrong

T = TypeVar("T")


def retry_of(target: Target) -> Retry:
    return target.retry if isinstance(target, Server) else FILE


class Patient:
    """A `Sink`. Errors: those of the sink that no other try can help; TooBigError, for whoever makes batches; StoppedError when
    patience ends; Halted when the job is to stop instead of trying again."""

    def __init__(self, target: Target, layout: Layout, report: Report, stop: Stop) -> None:
        self._retry, self._report, self._stop = retry_of(target), report, stop
        self._sink: Sink = self._do(opener(target, layout), AT_FIRST)

    def coverage(self) -> Sequence[Coverage]:
        return self._do(self._sink.coverage)

    def known_blocks(self) -> Sequence[Numbered]:
        return self._do(self._sink.known_blocks)

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return self._do(lambda: self._sink.block_within(slots, last=last))

    def highest_block_no(self) -> int:
        return self._do(self._sink.highest_block_no)

    def writers(self) -> int:
        return self._sink.writers()

    def expect(self, writers: int) -> None:
        self._sink.expect(writers)

    def commit(self, commit: Commit) -> dict[str, int]:
        return self._do(lambda: self._sink.commit(commit))

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        self._do(lambda: self._sink.roll_back(to, epochs, highest))

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        return self._do(lambda: self._sink.finish(epochs, stopping, live=live))

    def finished(self) -> bool:
        return self._do(self._sink.finished)

    def write_once(self, staged: Staged) -> None:
        self._do(lambda: self._sink.write_once(staged))

    def looked_after(self) -> Sequence[tuple[bytes, int, int]]:
        return self._do(self._sink.looked_after)

    def size(self) -> int:
        return self._do(self._sink.size)

    def notes(self) -> Sequence[str]:
        return self._sink.notes()

    def close(self) -> None:
        self._sink.close()

    def _do(self, attempt: Callable[[], T], patience: float | None = None) -> T:
        retry = self._retry
        until = time.monotonic() + (retry.patience if patience is None else min(patience, retry.patience))
        pause = retry.first
        while True:
            try:
                return attempt()
            except TooBigError:
                raise
            except TransientError as error:
                if self._stop:
                    raise Halted from error
                at_will = not (isinstance(error, QuotaError) or error.retry_after)
                seconds = self._pause(error, pause)
                if at_will and time.monotonic() + seconds > until:
                    raise StoppedError(error.what, where=error.where, hint=error.hint, code=error.code) from error
                self._report.say("retry", f"{error}; trying again in {seconds:.1f} s", code=error.code, seconds=round(seconds, 1))
                self._stop.wait(seconds)
                pause = min(pause * 2, retry.longest) if at_will else pause

    def _pause(self, error: TransientError, usual: float) -> float:
        """Seconds, a little more than they must be: clients that were refused together do not come back together."""
        if isinstance(error, QuotaError):
            return self._retry.quota
        return error.retry_after * random.uniform(1.0, 1.1) if error.retry_after else usual * random.uniform(1.0, 1.5)
