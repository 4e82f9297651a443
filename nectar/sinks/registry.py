"""The databases that Nectar fills: by name, how to define, stage for, open and look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nectar.config.server import Kind, Server, SqliteFile, Target
from nectar.sinks.closing import Spelling
from nectar.sinks.mysql import closing as mysql_closing
from nectar.sinks.mysql.open import server_opener
from nectar.sinks.mysql.stage import MysqlStager
from nectar.sinks.mysql.state import read_state as read_server
from nectar.sinks.seam import Layout, Sink, Stager, Statement
from nectar.sinks.sqlite import closing as sqlite_closing
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.sinks.sqlite.state import read_state as read_file
from nectar.sinks.state import State
from nectar.tables import Table


class Family(NamedTuple):
    """`dialect` as in `compiler.dialects`; `epochs` as in `processors.blocks.epoch_sql`."""

    dialect: str
    epochs: str
    spelling: Spelling
    look_ups: Callable[[Sequence[Table]], tuple[Statement, ...]]
    stager: Callable[[Layout], Stager]


_MYSQL = Family(
    "mysql",
    "mysql",
    mysql_closing.SPELLING,
    mysql_closing.look_ups,
    lambda layout: MysqlStager(layout.tables),
)

FAMILIES: Mapping[str, Family] = {
    "sqlite": Family(
        "sqlite",
        "sqlite",
        sqlite_closing.SPELLING,
        sqlite_closing.look_ups,
        lambda layout: SqliteStager(layout.tables, layout.definitions),
    ),
    "mysql": _MYSQL,
    "tidb": _MYSQL._replace(dialect="tidb"),
}


def family_of(target: Target) -> str:
    """A key of FAMILIES, by what the profile says: no server is asked. Plans are compiled for the family's dialect."""
    if isinstance(target, SqliteFile):
        return "sqlite"
    return "mysql" if target.kind is Kind.MYSQL else "tidb"


def dialect_of(target: Target) -> str:
    """What plans for it are compiled to."""
    return FAMILIES[family_of(target)].dialect


def stager(family: str, layout: Layout) -> Stager:
    return FAMILIES[family].stager(layout)


def opener(target: Target, layout: Layout) -> Callable[[], Sink]:
    """Opens it; may be called again when that failed. Errors of a call: those of the family's sink, and of connecting."""
    if isinstance(target, Server):
        return server_opener(target, layout)
    return lambda: SqliteSink(target.path, layout)


def open_sink(target: Target, layout: Layout) -> Sink:
    """Errors: those of the family's sink, and of connecting."""
    return opener(target, layout)()


def read_state(target: Target) -> State:
    """Without changing it. Errors: SinkError NEC-K003 when Nectar did not make it; those of opening and connecting."""
    return read_server(target) if isinstance(target, Server) else read_file(target.path)


def may_be_filled(target: Target) -> bool:
    """Whether something can be there already, as far as one sees without opening it: a file is not made by looking."""
    return isinstance(target, Server) or target.path.exists()
