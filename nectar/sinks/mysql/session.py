"""One connection of a job: opened when it is needed, opened again when it is old. Its transactions happen whole or not at all."""

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
from nectar.mysql.connection import SEPARATOR, MysqlConnection, StatementAnswer
from nectar.mysql.connector import Connector
from nectar.mysql.load_data import Load
from nectar.mysql.server_errors import Action, action_of, as_nectar_error
from nectar.server.faults import one_line

MODE = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""The SQL mode that our statements need: backslashes escape, quotes are quotes, a value that does not fit is an error."""

_INTO = re.compile(r"(?:INSERT|REPLACE) INTO `?(\w+)")
_DUPLICATES = re.compile(r"Duplicates: (\d+)")
PACKET = 1_000_000
"""Bytes of a packet, until the server says how many it accepts."""
MOST_PACKET = 8_000_000
FAR = 0.01
"""Seconds of a round trip. A server at this distance is far away: saving exchanges is worth some trouble."""
_NAMED = "x" * 40
"""As long as the name under which LOAD DATA's bytes are offered."""

ERRORS = (pymysql.Error, OSError, EOFError)


class StatementOutcome(NamedTuple):
    """What a statement did.

    `changed`: affected rows, as the server counts them. `inserted`: new rows of an INSERT .. ON DUPLICATE KEY UPDATE, in which
    the server counts an updated row as two, and says how many those are unless there is a single row. `rows`: those that it
    returned.
    """

    changed: int
    inserted: int
    rows: list[tuple[Any, ...]]


Check = Callable[[Sequence[StatementOutcome]], None]


class _Begun(NamedTuple):
    """A transaction that was not sent yet: its first statements, and the check of their outcomes."""

    statements: tuple[str, ...]
    check: Check


class Undetermined(TransientError):
    """The connection was lost during a COMMIT: the server has the commit, or has it not."""


class ServerSession:
    """Errors of every method: those of `server_errors.as_nectar_error`, and `Undetermined`."""

    def __init__(self, connector: Connector, pool: PoolSettings, settings: Sequence[tuple[str, str]]) -> None:
        self.connector, self.metrics, self.where = connector, connector.metrics, str(connector.server)
        self._recycle, self._lifetime, self._settings = pool.recycle, pool.lifetime, settings
        self._connection: MysqlConnection | None = None
        self._made = self._used = 0.0
        self._begun: _Begun | None = None
        self.notes: list[str] = []
        self.packet, self.largest = PACKET, 0  # bytes of packets that we send; that the server accepts, 0 until it is known
        self.round_trip = 0.0  # seconds, measured when the last connection was opened
        self.commit_seconds = 0.0  # of the last commit
        self.version = ""

    # -- statements ------------------------------------------------------------------------------------------------

    def execute(self, sql: str) -> int:
        """Run one statement; returns the number of rows that it changed."""
        (outcome,) = self.several([sql])
        return outcome.changed

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        (outcome,) = self.several([sql])
        return outcome.rows

    def index_names(self) -> set[str]:
        """The names of the indexes of all tables."""
        sql = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        return {name for (name,) in self.rows(sql)}

    def several(self, statements: Iterable[str | Load]) -> list[StatementOutcome]:
        """Run statements in as few exchanges as packets allow. After an error those before it are done, and none behind it."""
        begun, self._begun = self._begun, None
        first = len(begun.statements) if begun is not None else 0
        if begun is not None:
            statements = chain(begun.statements, statements)
        outcomes: list[StatementOutcome] = []
        with self._translated():
            connection = self._live()
            for pack in packed(statements, self.packet, self._refuse_beyond):
                with closing(connection.several(pack)) as answers:
                    for answer in answers:
                        outcomes.append(_outcome(answer))
                        if begun is not None and len(outcomes) == first:
                            begun.check(outcomes[1:])
        return outcomes[first:]

    @contextmanager
    def transaction(self, *first: str, check: Check = lambda _: None) -> Iterator[None]:
        """Everything within it is committed, or nothing.

        The `first` statements are sent with those that follow. `check` gets their outcomes before any LOAD DATA gets its bytes.
        Errors: `Undetermined` when the answer to COMMIT was lost.
        """
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
        """Send several transactions together; each happens whole or not at all.

        Only for statements that may run twice: after an error the transactions before it are committed, and whether the failed
        one and those behind it are is not known.
        """
        try:
            self.several(chain.from_iterable(("BEGIN", *statements, "COMMIT") for statements in transactions))
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
            counted = self._counted(error)
            if not lost:
                self.roll_back()
                raise counted from error
            self.drop()
            what = f"whether the last commit is in the database is not known yet: {counted.what}"
            raise Undetermined(what, where=self.where, code="NEC-M007") from error

    def roll_back(self) -> None:
        if self._connection is not None:
            try:
                self._connection.rollback()
            except ERRORS:
                self.drop()

    # -- the connection --------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect now, not at the first statement."""
        with self._translated():
            self._live()

    def between(self) -> None:
        """Called between two transactions: drop a connection that is old or was idle for long, before the server does."""
        now = time.monotonic()
        if self._connection is not None and (now - self._made > self._lifetime or now - self._used > self._recycle):
            self.drop()

    def drop(self, *, used: bool = False) -> None:
        """Close the connection. `used`: another thread waits for its answer, so no goodbye is sent to the server."""
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
                self._apply_settings(connection)
            except BaseException:  # the next attempt starts afresh, not with half of the settings
                self.drop()
                raise
        self._used = time.monotonic()
        return self._connection

    def _apply_settings(self, connection: MysqlConnection) -> None:
        """Set the SQL mode, which must succeed; then try the profile's settings one by one and note each refusal."""
        began = time.monotonic()
        self.version = connection.facts.server_version
        connection.query(f"SET SESSION sql_mode = '{MODE}'")
        self.round_trip = time.monotonic() - began
        self.metrics.round_trip(self.round_trip)
        statements, done = [f"SET SESSION {name} = {value}" for name, value in self._settings], 0
        while done < len(statements):
            try:
                for _ in connection.several(statements[done:]):
                    done += 1
            except ERRORS as error:
                if action_of(error) is Action.RECONNECT:
                    raise
                reason = one_line(str(error.args[-1] if error.args else error))
                self.note(f"the server does not take {statements[done].replace('SESSION ', '')}: {reason}")
                done += 1

    def _refuse_beyond(self, sql: str, size: int) -> None:
        """Refuse a statement that is larger than the server accepts: it would hang up, each time.

        Such a statement is a single row.
        """
        if self.largest and size >= self.largest:
            table = _INTO.match(sql)
            what = f"a row{f' of {table[1]}' if table else ''} takes {size:,} bytes: more than max_allowed_packet"
            hint = f"on the server: SET GLOBAL max_allowed_packet = {1 << size.bit_length()}, and in its configuration"
            raise SinkError(f"{what}, {self.largest:,}", where=self.where, hint=hint, code="NEC-M011")

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ERRORS as error:
            counted = self._counted(error)
            if action_of(error) is Action.RECONNECT:
                self.drop()
            raise counted from error

    def _counted(self, error: BaseException) -> NectarError:
        translated = as_nectar_error(error, self.where)
        if isinstance(translated, TransientError):
            self.metrics.retried(translated.code)
        return translated


def packed(
    statements: Iterable[str | Load], most: int, look: Callable[[str, int], None] = lambda _, __: None
) -> Iterator[list[str | Load]]:
    """Statements grouped into packets of at most `most` bytes. `look` is called with each statement and its size."""
    waiting: list[str | Load] = []
    size = 0
    for statement in statements:
        sql = statement if isinstance(statement, str) else statement.sql + _NAMED
        room = (len(sql) if sql.isascii() else len(sql.encode())) + len(SEPARATOR)
        look(sql, room)
        if waiting and size + room > most:
            yield waiting
            waiting, size = [], 0
        waiting.append(statement)
        size += room
    if waiting:
        yield waiting


def _outcome(answer: StatementAnswer) -> StatementOutcome:
    duplicates = _DUPLICATES.search(answer.words)
    inserted = answer.changed - 2 * int(duplicates[1]) if duplicates else int(answer.changed == 1)
    return StatementOutcome(answer.changed, inserted, list(answer.rows or ()))
