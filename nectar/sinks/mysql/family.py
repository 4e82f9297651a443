"""MySQL, MariaDB and TiDB as a family of databases.

What needs a connection is imported when it is called, because a decoding process chooses the family for its stager alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nectar.config.profile.model import Server
from nectar.sinks.base import Layout, Sink
from nectar.sinks.check_step import Step
from nectar.sinks.family import CreatedDatabase, Family
from nectar.sinks.introspect import Schema
from nectar.sinks.mysql.derived import SPELLING, look_ups
from nectar.sinks.mysql.stage import MysqlStager
from nectar.sinks.state import State


def family(dialect: str) -> Family:
    """`dialect`: mysql or tidb."""
    return Family(
        dialect=dialect,
        epochs="mysql",
        spelling=SPELLING,
        look_ups=look_ups,
        stager=lambda layout: MysqlStager(layout.tables),
        opener=_opener,
        may_exist=lambda _server: True,
        state=_state,
        schema=_schema,
        check=_check,
        create=_create,
    )


def _opener(server: Server, layout: Layout) -> Callable[[], Sink]:
    from nectar.sinks.mysql.factory import server_opener

    return server_opener(server, layout)


def _state(server: Server) -> State:
    from nectar.sinks.mysql.state import read_state

    return read_state(server)


def _schema(server: Server) -> Schema:
    from nectar.sinks.mysql.introspect import database_schema

    return database_schema(server)


def _check(server: Server, count: int, tries: bool, layout: Layout | None) -> Iterator[Step]:
    from nectar.sinks.mysql.check.run import check_server

    return check_server(server, count=count, tries=tries, layout=layout)


def _create(server: Server) -> CreatedDatabase:
    from nectar.sinks.mysql.create import create_database

    return create_database(server)
