"""What a running job reports: a bar on a terminal, JSON lines elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import IO, Any, NamedTuple, Protocol

EVERY = 1.0  # seconds between two JSON lines
REDRAW = 0.1  # seconds between two drawings of the bar


class Progress(NamedTuple):
    """The job's state after a commit. `share`: of its slots that are done, 0 to 1; rates are since the job began; `filters`: each
    filter's answers so far."""

    blocks: int
    transactions: int
    slot: int
    era: str
    share: float
    seconds: float
    filters: Mapping[str, Mapping[str, int]] = MappingProxyType({})

    @property
    def rate(self) -> float:
        return self.blocks / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float | None:
        """Seconds to the end, estimated from the share that is done; None while that is 0."""
        return self.seconds / self.share - self.seconds if self.share > 0 else None


class Report(Protocol):
    def say(self, event: str, text: str, **facts: Any) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def __enter__(self) -> Report: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class _Plain:
    """The context manager of reports that hold nothing open."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


class Quiet(_Plain):
    """Nothing but errors and the summary."""

    def say(self, event: str, text: str, **facts: Any) -> None:
        return None

    def progress(self, progress: Progress) -> None:
        return None


@dataclass
class JsonLines(_Plain):
    """One JSON object a line: events at once, progress about once a second."""

    stream: IO[str]
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0

    def say(self, event: str, text: str, **facts: Any) -> None:
        self._write({"event": event, "text": text, **facts})

    def progress(self, progress: Progress) -> None:
        now = self.clock()
        if now < self._next and progress.share < 1:
            return
        self._next = now + EVERY
        left = progress.left
        self._write(
            {
                "event": "progress",
                "blocks": progress.blocks,
                "transactions": progress.transactions,
                "slot": progress.slot,
                "era": progress.era,
                "share": round(progress.share, 4),
                "blocks_per_second": round(progress.rate, 1),
                "seconds": round(progress.seconds, 2),
                "seconds_left": None if left is None else round(left, 1),
                **({"filters": progress.filters} if progress.filters else {}),
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        print(json.dumps(line), file=self.stream, flush=True)


class Bar:
    """A progress bar: share of the slots, blocks a second, slot, era, time left.

    It is drawn after commits, without a thread of its own: decoding processes are forked from this one.
    """

    def __init__(self, stream: IO[str]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Drawn

        self._next = 0.0
        self._console = Console(file=stream, highlight=False)
        columns = (
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]} blocks/s"),
            TextColumn("slot {task.fields[slot]}"),
            TextColumn("{task.fields[era]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._drawn = Drawn(*columns, console=self._console, transient=False, auto_refresh=False, expand=True)
        self._task = self._drawn.add_task("", total=1.0, rate="-", slot="-", era="", left="", visible=False)

    def say(self, event: str, text: str, **facts: Any) -> None:
        self._drawn.console.print(text, markup=False, soft_wrap=True)

    def progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next and progress.share < 1:
            return
        self._next = now + REDRAW
        left = progress.left
        time_left = "" if left is None or progress.share >= 1 else f"{_time(left)} left"
        self._drawn.update(
            self._task,
            completed=progress.share,
            visible=True,
            rate=f"{progress.rate:,.0f}",
            slot=f"{progress.slot:,}",
            era=progress.era,
            left=time_left,
            refresh=True,
        )

    def __enter__(self) -> Bar:
        self._drawn.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._drawn.stop()


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def report_of(kind: str) -> Report:
    """The report `bar`, `json` (lines) or `off`. It writes to standard error; the summary goes to standard output."""
    if kind == "bar":
        return Bar(sys.stderr)
    return JsonLines(sys.stderr) if kind == "json" else Quiet()
