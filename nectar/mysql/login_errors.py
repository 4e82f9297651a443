"""The fault behind an error of a MySQL login: by the server's number, its text, or the system's error under PyMySQL's."""

from __future__ import annotations

import pymysql

from nectar.errors import NectarError
from nectar.mysql.server_errors import Action, action_of
from nectar.server import faults
from nectar.server.connect_errors import of_stream

_SERVER = {
    1040: faults.TOO_MANY,  # Too many connections
    1044: faults.NO_RIGHTS,  # Access denied for user .. to database ..
    1045: faults.ACCESS_DENIED,
    1049: faults.NO_DATABASE,
    1129: faults.HOST_REFUSED,  # Host is blocked because of many connection errors
    1130: faults.HOST_REFUSED,  # Host is not allowed to connect
    1203: faults.TOO_MANY,  # max_user_connections
    1226: faults.USER_LIMIT,  # max_connections_per_hour
    1227: faults.NO_RIGHTS,
    1251: faults.ACCESS_DENIED,  # the authentication's protocol
    1698: faults.ACCESS_DENIED,  # no password can let this user in
    3118: faults.ACCESS_DENIED,  # account locked
    3159: faults.INSECURE,
    4151: faults.ACCESS_DENIED,  # account locked (MariaDB)
}
_TEXTS = (  # TiDB sends these with code 1105, which it uses for many errors
    ("user name prefix", faults.NO_PREFIX),
    ("usage quota", faults.QUOTA),
    ("insecure transport", faults.INSECURE),
    ("connection limit exceeded", faults.QUOTA),
)
_NEVER_MYSQL = (0, 2014, 2027)  # packets out of order or malformed


def of_login(error: Exception, where: str) -> NectarError:
    """The error of a login, from the server's greeting to the first statement."""
    below = _below(error)
    if below is not None:
        return of_stream(below, where)
    if isinstance(error, pymysql.err.MySQLError):
        numbered = bool(error.args) and isinstance(error.args[0], int)
        return of_server(error, where) if numbered else faults.NOT_MYSQL.at(where, str(error))
    if isinstance(error, RuntimeError):  # PyMySQL, when a kind of login needs a package that is not there
        return faults.OTHER.at(where, str(error), hint="install that, or give the user another authentication plugin")
    return faults.NOT_MYSQL.at(where, type(error).__name__)


def of_server(error: pymysql.err.MySQLError, where: str) -> NectarError:
    """The error that the server answered to a login, by its number and text."""
    number, text = error.args[0], str(error.args[1] if len(error.args) > 1 else "")
    for part, fault in _TEXTS:
        if part in text.lower():
            return fault.at(where, text)
    if number in _NEVER_MYSQL or "sequence number" in text:
        return faults.NOT_MYSQL.at(where, text)
    if number in (2006, 2013):
        return faults.LOST.at(where)
    usual = faults.OTHER if action_of(error) in (Action.STOP, Action.HALVE) else faults.BUSY
    return _SERVER.get(number, usual).at(where, f"{text} ({number})")


def _below(error: Exception) -> OSError | None:
    """The system's error that PyMySQL turned into its own. `__context__` alone is not enough: it may belong to another error."""
    if isinstance(error, OSError):
        return error
    original = getattr(error, "original_exception", None)
    if isinstance(original, OSError):
        return original
    context = error.__context__
    named = isinstance(context, OSError) and (str(context) in str(error) or repr(context) in str(error))
    return context if named and isinstance(context, OSError) else None
