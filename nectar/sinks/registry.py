"""The families of databases that Nectar fills, and what the rest of Nectar asks of a target, whichever family it belongs to.

A family is imported when it is chosen: a job into a file does not pay for a server's driver, nor the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module

from nectar.config.profile.model import SqliteFile, Target
from nectar.sinks.base import Layout, Sink, Stager
from nectar.sinks.check_step import Step
from nectar.sinks.family import CreatedDatabase, Family
from nectar.sinks.introspect import Schema
from nectar.sinks.state import State

FAMILIES: Mapping[str, str] = {
    "sqlite": "nectar.sinks.sqlite.family",
    "mysql": "nectar.sinks.mysql.family",
    "tidb": "nectar.sinks.mysql.family",
}
"""The module of each family. Its name is the first word of a profile's `connection_type`, and the dialect of its SQL."""


@cache
def family(name: str) -> Family:
    """The family of that name, a key of FAMILIES."""
    chosen: Family = import_module(FAMILIES[name]).family(name)
    return chosen


def family_of(target: Target) -> str:
    """The family's name, by what the profile says: no server is asked. Plans are compiled for the family's dialect."""
    return family_named("sqlite" if isinstance(target, SqliteFile) else target.kind.value)


def family_named(connection_type: str) -> str:
    """The name of the family that a profile's `connection_type` chooses."""
    return connection_type.partition("-")[0]


def dialect_of(target: Target) -> str:
    """The dialect that plans for this target are compiled to. It needs no import: a family has the name of its dialect."""
    return family_of(target)


def dialect_named(connection_type: str) -> str:
    """The dialect of a database of which only the `connection_type` is known."""
    return family_named(connection_type)


def stager(name: str, layout: Layout) -> Stager:
    return family(name).stager(layout)


def opener(target: Target, layout: Layout) -> Callable[[], Sink]:
    """A function that opens the sink. It may be called again after an error: one of the family's sink, or of connecting."""
    return family(family_of(target)).opener(target, layout)


def open_sink(target: Target, layout: Layout) -> Sink:
    """Errors: those of the family's sink, and of connecting."""
    return opener(target, layout)()


def may_exist(target: Target) -> bool:
    """False when the database is known not to exist. Nothing is opened, so no file is made."""
    return family(family_of(target)).may_exist(target)


def read_state(target: Target) -> State:
    """Read what a database holds, without changing it.

    Errors: SinkError NEC-K003 when Nectar did not make it; those of opening and connecting.
    """
    return family(family_of(target)).state(target)


def database_schema(target: Target) -> Schema:
    """Read a database's tables, without changing them. A file that does not exist has none.

    Errors: those of connecting and reading.
    """
    return family(family_of(target)).schema(target)


def check_database(target: Target, *, count: int = 20, tries: bool = True, layout: Layout | None = None) -> Iterator[Step]:
    """Check a database before anything is written to it: each step as soon as it is known.

    Nothing is raised: an error is a failed step. `count`: round trips that are timed. `tries`: whether rights are tried by using
    them. `layout`: that of the plan that will fill the database, where it is known.
    """
    return family(family_of(target)).check(target, count, tries, layout)


def create_database(target: Target) -> CreatedDatabase | None:
    """Create the database if it does not exist. None for a file, which `nectar run` creates with its tables.

    Errors: those of connecting; SinkError NEC-M010 when the user may not create it.
    """
    return family(family_of(target)).create(target)
