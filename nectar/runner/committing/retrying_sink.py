"""A sink that retries transient errors with backoff, within the profile's bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from nectar.cardano.point import Numbered
from nectar.config.profile.model import Retry, Server, Target
from nectar.coverage import Coverage
from nectar.runner.report import Report
from nectar.runner.retry import Backoff, retried
from nectar.runner.signals import Stop
from nectar.sinks.base import Commit, Epochs, Finished, Layout, Sink, Staged
from nectar.sinks.registry import opener

FILE = Retry(first=1.0, longest=1.0, patience=25.0, quota=1.0)
"""Another process holds the file: besides these pauses, SQLite itself waits for a second each time."""
AT_FIRST = 30.0  # seconds: before the server ever answered, its address may be wrong
SPREAD = 1.5  # clients that a server refused together do not come back together

T = TypeVar("T")


def retry_of(target: Target) -> Retry:
    return target.retry if isinstance(target, Server) else FILE


class RetryingSink:
    """A `Sink`. Errors: those of the sink that retrying cannot fix; TooBigError, for whoever makes batches; StoppedError when the
    patience ends; Halted when the job is to stop instead of trying again."""

    def __init__(self, target: Target, layout: Layout, report: Report, stop: Stop) -> None:
        self._retry, self._report, self._stop = retry_of(target), report, stop
        at_first = replace(self._retry, patience=min(AT_FIRST, self._retry.patience))
        self._sink: Sink = self._retried(opener(target, layout), at_first)

    def coverage(self) -> Sequence[Coverage]:
        return self._retried(self._sink.coverage)

    def known_blocks(self) -> Sequence[Numbered]:
        return self._retried(self._sink.known_blocks)

    def block_within(self, slots: Coverage, *, last: bool) -> Numbered | None:
        return self._retried(lambda: self._sink.block_within(slots, last=last))

    def highest_block_no(self) -> int:
        return self._retried(self._sink.highest_block_no)

    def writers(self) -> int:
        return self._sink.writers()

    def expect(self, writers: int) -> None:
        self._sink.expect(writers)

    def commit(self, commit: Commit) -> dict[str, int]:
        return self._retried(lambda: self._sink.commit(commit))

    def roll_back(self, to: Numbered, epochs: Epochs | None, highest: int) -> None:
        self._retried(lambda: self._sink.roll_back(to, epochs, highest))

    def finish(self, epochs: Epochs | None, stopping: Callable[[], bool], *, live: bool = False) -> Finished:
        return self._retried(lambda: self._sink.finish(epochs, stopping, live=live))

    def finished(self) -> bool:
        return self._retried(self._sink.finished)

    def write_once(self, staged: Staged) -> None:
        self._retried(lambda: self._sink.write_once(staged))

    def tracked_outputs(self) -> Sequence[tuple[bytes, int, int]]:
        return self._retried(self._sink.tracked_outputs)

    def size(self) -> int:
        return self._retried(self._sink.size)

    def notes(self) -> Sequence[str]:
        return self._sink.notes()

    def close(self) -> None:
        self._sink.close()

    def _retried(self, attempt: Callable[[], T], retry: Retry | None = None) -> T:
        return retried(attempt, Backoff(retry or self._retry, spread=SPREAD), self._report, self._stop)
