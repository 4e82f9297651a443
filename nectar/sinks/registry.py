"""The databases that Nectar fills: a name, how to stage for it, how to open it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nectar.sinks.seam import Layout, Sink, Stager
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.stage import SqliteStager

STAGERS: Mapping[str, Callable[[Layout], Stager]] = {
    "sqlite": lambda layout: SqliteStager(layout.tables, layout.definitions),
}

SINKS: Mapping[str, Callable[[Path, Layout], Sink]] = {
    "sqlite": SqliteSink,
}


def stager(database: str, layout: Layout) -> Stager:
    return STAGERS[database](layout)
