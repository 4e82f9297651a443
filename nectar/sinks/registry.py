"""The databases that Nectar fills: by name, how to define, stage for, open and look at them.

A family is imported when it is chosen: a job for a file needs no network, one for a server no SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from nectar.config.profile.model import Kind, Server, SqliteFile, Target
from nectar.sinks.base import Layout, Sink, Stager, Statement
from nectar.sinks.derived import Spelling
from nectar.sinks.state import State
from nectar.tables import Table


class Family(NamedTuple):
    """`dialect` as in `compiler.ddl.dialects`; `epochs` as in `processors.blocks.epoch_sql`."""

    dialect: str
    epochs: str
    spelling: Spelling
    look_ups: Callable[[Sequence[Table]], tuple[Statement, ...]]
    stager: Callable[[Layout], Stager]


@cache
def family(name: str) -> Family:
    """Of sqlite, mysql or tidb."""
    if name == "sqlite":
        from nectar.sinks.sqlite import derived as sqlite
        from nectar.sinks.sqlite.stage import SqliteStager

        spelling, look_ups = sqlite.SPELLING, sqlite.look_ups
        return Family(name, "sqlite", spelling, look_ups, lambda layout: SqliteStager(layout.tables, layout.definitions))
    from nectar.sinks.mysql import derived as mysql
    from nectar.sinks.mysql.stage import MysqlStager

    return Family(name, "mysql", mysql.SPELLING, mysql.look_ups, lambda layout: MysqlStager(layout.tables))


def family_of(target: Target) -> str:
    """The family's name, by what the profile says: no server is asked. Plans are compiled for the family's dialect."""
    return _family_named("sqlite" if isinstance(target, SqliteFile) else target.kind.value)


def _family_named(connection_type: str) -> str:
    return connection_type if connection_type in ("sqlite", Kind.MYSQL.value) else "tidb"


def dialect_of(target: Target) -> str:
    """What plans for it are compiled to."""
    return family(family_of(target)).dialect


def dialect_named(connection_type: str) -> str:
    """The same of a database of which no more is known."""
    return family(_family_named(connection_type)).dialect


def stager(name: str, layout: Layout) -> Stager:
    return family(name).stager(layout)


def opener(target: Target, layout: Layout) -> Callable[[], Sink]:
    """Opens it; may be called again when that failed. Errors of a call: those of the family's sink, and of connecting."""
    if isinstance(target, Server):
        from nectar.sinks.mysql.factory import server_opener

        return server_opener(target, layout)
    from nectar.sinks.sqlite.sink import SqliteSink

    return lambda: SqliteSink(target.path, layout)


def open_sink(target: Target, layout: Layout) -> Sink:
    """Errors: those of the family's sink, and of connecting."""
    return opener(target, layout)()


def read_state(target: Target) -> State:
    """Without changing it. Errors: SinkError NEC-K003 when Nectar did not make it; those of opening and connecting."""
    if isinstance(target, Server):
        from nectar.sinks.mysql.state import read_state as read_server

        return read_server(target)
    from nectar.sinks.sqlite.state import read_state as read_file

    return read_file(target.path)


def may_be_filled(target: Target) -> bool:
    """Whether something can be there already, as far as one sees without opening it: a file is not made by looking."""
    return isinstance(target, Server) or target.path.exists()
