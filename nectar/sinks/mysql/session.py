"""One connection held open for a run: made when it is needed, made anew when it is old, its transactions whole or not at all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any, NamedTuple

import pymysql

from nectar.config.profile.model import PoolSettings
from nectar.errors import NectarError, SinkError, TransientError
from nectar.mysql.connection import PARTED, MysqlConnection, StatementAnswer
from nectar.mysql.connector import Connector
from nectar.mysql.load_data import Load
from nectar.mysql.server_errors import Action, action_of, as_nectar_error
from nectar.server.faults import one_line

MODE = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""What our statements mean depends on it: backslashes escape, quotes are quotes, a value that does not fit is an error."""

_INTO = re.compile(r"(?:INSERT|REPLACE) INTO `?(\w+)")
_DUPLICATES = re.compile(r"Duplicates: (\d+)")
PACKET = 1_000_000
"""Bytes, until the server says how many it takes."""
MOST_PACKET = 8_000_000
FAR = 0.01
"""Seconds of an exchange, from which on it is worth some trouble to save one."""
_NAMED = "x" * 40
"""As long as the name that a file's bytes are offered under."""

ERRORS = (pymysql.Error, OSError, EOFError)


class StatementOutcome(NamedTuple):
    """Of a statement: rows that it changed; how many came, of an INSERT .. ON DUPLICATE KEY UPDATE (which counts a row that it
    changes as two, and says how many those are; of a single row it does not); rows that it gave."""

    changed: int
    inserted: int
    rows: list[tuple[Any, ...]]


Check = Callable[[Sequence[StatementOutcome]], None]


class _Begun(NamedTuple):
    """A transaction of which the server has heard nothing yet: what it begins with, and what looks at that."""

    statements: tuple[str, ...]
    check: Check


class Undetermined(TransientError):
    """The connection was lost while a commit was under way: the server has it, or not."""


class ServerSession:
    """Errors of every method: those of `faults.translated`, and `Undetermined`."""

    def __init__(self, connector: Connector, pool: PoolSettings, settings: Sequence[tuple[str, str]]) -> None:
        self.connector, self.metrics, self.where = connector, connector.metrics, str(connector.server)
        self._recycle, self._lifetime, self._settings = pool.recycle, pool.lifetime, settings
        self._connection: MysqlConnection | None = None
        self._made = self._used = 0.0
        self._begun: _Begun | None = None
        self.notes: list[str] = []
        self.packet, self.largest = PACKET, 0  # of those that are put together; that the server takes, 0 not known yet
        self.round_trip = 0.0  # seconds, at the last connection's beginning
        self.commit_seconds = 0.0  # of the last one
        self.version = ""

    # -- statements ------------------------------------------------------------------------------------------------

    def execute(self, sql: str) -> int:
        """Rows that it changed."""
        (outcome,) = self.several([sql])
        return outcome.changed

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        (outcome,) = self.several([sql])
        return outcome.rows

    def index_names(self) -> set[str]:
        """Of every table of the database."""
        sql = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        return {name for (name,) in self.rows(sql)}

    def several(self, statements: Iterable[str | Load]) -> list[StatementOutcome]:
        """What each did, in as few exchanges as packets allow. What stands before one that fails is done, nothing behind it."""
        begun, self._begun = self._begun, None
        waits = len(begun.statements) if begun is not None else 0
        if begun is not None:
            statements = chain(begun.statements, statements)
        found: list[StatementOutcome] = []
        with self._told():
            connection = self._live()
            for pack in packed(statements, self.packet, self._refuse_beyond):
                with closing(connection.several(pack)) as answers:
                    for told in answers:
                        found.append(_outcome(told))
                        if begun is not None and len(found) == waits:
                            begun.check(found[1:])
        return found[waits:]

    @contextmanager
    def transaction(self, *first: str, check: Check = lambda _: None) -> Iterator[None]:
        """Everything within it or nothing. Its `first` statements go with those that follow, and what they did is given to
        `check` before anything that follows has a file. Errors: `Undetermined` when the answer to COMMIT was lost."""
        self._begun = _Begun(("BEGIN", *first), check)
        try:
            yield
            if self._begun is not None:
                self.several(())
        except BaseException:
            self._begun = None
            self.roll_back()
            raise
        self._commit()

    def in_turn(self, transactions: Sequence[Sequence[str]]) -> None:
        """Each whole or not at all, all sent together. For what may be done again: after an error those before it are done, and
        of it and those behind it nobody knows."""
        try:
            self.several(chain.from_iterable(("BEGIN", *one, "COMMIT") for one in transactions))
        except NectarError:
            self.roll_back()
            raise

    def _commit(self) -> None:
        began = time.monotonic()
        try:
            self._live().commit()
            self.commit_seconds = time.monotonic() - began
        except ERRORS as error:
            lost = action_of(error) in (Action.RECONNECT, Action.WAIT)
            told = self._counted(error)
            if not lost:
                self.roll_back()
                raise told from error
            self.drop()
            what = f"whether the last commit is in the database is not known yet: {told.what}"
            raise Undetermined(what, where=self.where, code="NEC-M007") from error

    def roll_back(self) -> None:
        if self._connection is not None:
            try:
                self._connection.rollback()
            except ERRORS:
                self.drop()

    # -- the connection --------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Now, and not when it is first asked something."""
        with self._told():
            self._live()

    def between(self) -> None:
        """Between two transactions: a connection that is old, or was idle for long, is made anew before it breaks."""
        now = time.monotonic()
        if self._connection is not None and (now - self._made > self._lifetime or now - self._used > self._recycle):
            self.drop()

    def drop(self, *, used: bool = False) -> None:
        """`used`: another thread waits for its answer. Then nothing is said to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if used:
                    connection.drop()
                else:
                    connection.close()
            except ERRORS:
                connection.drop()
            self.metrics.move(in_use=-1)

    def _live(self) -> MysqlConnection:
        if self._connection is None:
            connection = self.connector.connect()
            self.metrics.move(in_use=1)
            self._made = time.monotonic()
            self._connection = connection
            try:
                self._agree(connection)
            except BaseException:  # the next one starts anew, not from half of what was agreed
                self.drop()
                raise
        self._used = time.monotonic()
        return self._connection

    def _agree(self, connection: MysqlConnection) -> None:
        """The one setting that must be, then those that may be tried, each on its own."""
        began = time.monotonic()
        self.version = connection.facts.server_version
        connection.query(f"SET SESSION sql_mode = '{MODE}'")
        self.round_trip = time.monotonic() - began
        self.metrics.round_trip(self.round_trip)
        wanted, done = [f"SET SESSION {name} = {value}" for name, value in self._settings], 0
        while done < len(wanted):
            try:
                for _ in connection.several(wanted[done:]):
                    done += 1
            except ERRORS as error:
                if action_of(error) is Action.RECONNECT:
                    raise
                said = one_line(str(error.args[-1] if error.args else error))
                self.note(f"the server does not take {wanted[done].replace('SESSION ', '')}: {said}")
                done += 1

    def _refuse_beyond(self, sql: str, size: int) -> None:
        """A server hangs up on who sends it more than it takes, and would do so again. A statement that large is one row."""
        if self.largest and size >= self.largest:
            table = _INTO.match(sql)
            what = f"a row{f' of {table[1]}' if table else ''} takes {size:,} bytes: more than max_allowed_packet"
            hint = f"on the server: SET GLOBAL max_allowed_packet = {1 << size.bit_length()}, and in its configuration"
            raise SinkError(f"{what}, {self.largest:,}", where=self.where, hint=hint, code="NEC-M011")

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ERRORS as error:
            told = self._counted(error)
            if action_of(error) is Action.RECONNECT:
                self.drop()
            raise told from error

    def _counted(self, error: BaseException) -> NectarError:
        told = as_nectar_error(error, self.where)
        if isinstance(told, TransientError):
            self.metrics.retried(told.code)
        return told


def packed(
    statements: Iterable[str | Load], most: int, look: Callable[[str, int], None] = lambda _, __: None
) -> Iterator[list[str | Load]]:
    """Statements put together as long as `most` bytes hold them; `look` sees each with its size."""
    waiting: list[str | Load] = []
    size = 0
    for one in statements:
        sql = one if isinstance(one, str) else one.sql + _NAMED
        room = (len(sql) if sql.isascii() else len(sql.encode())) + len(PARTED)
        look(sql, room)
        if waiting and size + room > most:
            yield waiting
            waiting, size = [], 0
        waiting.append(one)
        size += room
    if waiting:
        yield waiting


def _outcome(told: StatementAnswer) -> StatementOutcome:
    duplicates = _DUPLICATES.search(told.words)
    inserted = told.changed - 2 * int(duplicates[1]) if duplicates else int(told.changed == 1)
    return StatementOutcome(told.changed, inserted, list(told.rows or ()))
