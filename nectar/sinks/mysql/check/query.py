"""Queries on one connection, outside of any job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from nectar.config.profile.model import Server
from nectar.errors import NectarError
from nectar.mysql.connection import MysqlConnection
from nectar.mysql.server_errors import Action, action_of, as_nectar_error
from nectar.sinks.mysql.session import ERRORS


class Refused(Exception):
    """The server refused a statement. `number`: the server's error number, 0 without one. `lost`: the connection is gone."""

    def __init__(self, error: NectarError, number: int, lost: bool) -> None:
        super().__init__(str(error))
        self.error, self.number, self.lost = error, number, lost


class Asking(NamedTuple):
    """A connection with its profile. Errors of every method: Refused."""

    connection: MysqlConnection
    server: Server

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        except ERRORS as error:
            raise self._refused(error) from error

    def execute(self, sql: str) -> None:
        try:
            self.connection.query(sql)
        except ERRORS as error:
            raise self._refused(error) from error

    def load(self, sql: str, text: bytes) -> int:
        try:
            return self.connection.load_local(sql, (text,))
        except ERRORS as error:
            raise self._refused(error) from error

    def variables(self, *names: str) -> dict[str, str]:
        """The values of those variables that the server has."""
        listed = ", ".join(f"'{name}'" for name in names)
        return {str(name): str(value) for name, value in self.rows(f"SHOW VARIABLES WHERE Variable_name IN ({listed})")}

    def variable(self, name: str) -> str | None:
        """None when the server has none of that name."""
        return next((str(value) for shown, value in self.rows(f"SHOW VARIABLES LIKE '{name}'") if shown == name), None)

    def _refused(self, error: BaseException) -> Refused:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        return Refused(as_nectar_error(error, str(self.server)), number, action_of(error) is Action.RECONNECT)


@contextmanager
def held(connection: MysqlConnection) -> Iterator[MysqlConnection]:
    """Close the connection afterwards, also after an error."""
    try:
        yield connection
    finally:
        if connection.open:
            try:
                connection.close()
            except ERRORS:
                connection.drop()
