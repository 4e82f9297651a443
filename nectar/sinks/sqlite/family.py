"""A SQLite file as a family of databases. What needs the file is imported when it is called, as in the other families."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nectar.config.profile.model import SqliteFile
from nectar.sinks.base import Layout, Sink
from nectar.sinks.check_step import Step
from nectar.sinks.family import Family
from nectar.sinks.introspect import Schema
from nectar.sinks.sqlite.derived import SPELLING, look_ups
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.sinks.state import State


def family(dialect: str) -> Family:
    """`dialect`: sqlite."""
    return Family(
        dialect=dialect,
        epochs="sqlite",
        spelling=SPELLING,
        look_ups=look_ups,
        stager=lambda layout: SqliteStager(layout.tables, layout.definitions),
        opener=_opener,
        may_exist=lambda file: file.path.exists(),
        state=_state,
        schema=_schema,
        check=_check,
        create=lambda _file: None,
    )


def _opener(file: SqliteFile, layout: Layout) -> Callable[[], Sink]:
    from nectar.sinks.sqlite.sink import SqliteSink

    return lambda: SqliteSink(file.path, layout)


def _state(file: SqliteFile) -> State:
    from nectar.sinks.sqlite.state import read_state

    return read_state(file.path)


def _schema(file: SqliteFile) -> Schema:
    from nectar.sinks.sqlite.introspect import database_schema

    return database_schema(file.path)


def _check(file: SqliteFile, _count: int, _tries: bool, _layout: Layout | None) -> Iterator[Step]:
    """No round trips are timed and no rights are tried in a file: `nectar db check` refuses these options."""
    from nectar.sinks.sqlite.check import check_file

    return check_file(file.path)
