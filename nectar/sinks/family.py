"""What a family of databases provides.

Each folder of this room is one family. Its module `family` has a function `family(dialect)`, which the registry calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from nectar.sinks.base import Definition, Layout, Sink, Stager
from nectar.sinks.check_step import Step
from nectar.sinks.derived import Spelling
from nectar.sinks.introspect import Schema
from nectar.sinks.state import State
from nectar.tables import Table


class CreatedDatabase(NamedTuple):
    """`is_new` is False when the database existed before. `tables` are the names of its tables."""

    is_new: bool
    charset: str
    collation: str
    tables: tuple[str, ...]


class Family(NamedTuple):
    """Everything that differs between families. The functions' first argument is a target of the family's own class.

    `dialect`: a name of `compiler.ddl.dialects`. `epochs`: an argument of `processors.blocks.epoch_sql`.
    `spelling` and `look_ups`: the statements that derive columns, and the indexes that they read.
    `stager`: encodes rows in a decoding process, without a connection.
    `opener`: returns a function that opens the sink. It may be called until it succeeds.
    `may_exist`: False when the database is known not to exist; nothing is opened.
    `state`, `schema`: read a database without changing it. `state` raises SinkError NEC-K003 for one that Nectar did not make.
    `check(target, count, tries, layout)`: yields each step as it is known, raises nothing; see `registry.check_database`.
    `create`: creates the database if it does not exist; None where a job creates it with its tables.
    """

    dialect: str
    epochs: str
    spelling: Spelling
    look_ups: Callable[[Sequence[Table]], tuple[Definition, ...]]
    stager: Callable[[Layout], Stager]
    opener: Callable[[Any, Layout], Callable[[], Sink]]
    may_exist: Callable[[Any], bool]
    state: Callable[[Any], State]
    schema: Callable[[Any], Schema]
    check: Callable[[Any, int, bool, Layout | None], Iterator[Step]]
    create: Callable[[Any], CreatedDatabase | None]
