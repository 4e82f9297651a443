"""Which fault an error of a MySQL login is: by the server's number, by its words, or by what is below PyMySQL's error."""

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
_TEXTS = (  # TiDB says these with code 1105, which is anything
    ("user name prefix", faults.NO_PREFIX),
    ("usage quota", faults.QUOTA),
    ("insecure transport", faults.INSECURE),
    ("connection limit exceeded", faults.QUOTA),
)
_NEVER_MYSQL = (0, 2014, 2027)  # out of step, malformed packets


def of_login(error: Exception, where: str) -> NectarError:
    """From the server's greeting to the first statement."""
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
    """What the server answered to a login: its number and its words."""
    number, told = error.args[0], str(error.args[1] if len(error.args) > 1 else "")
    for text, fault in _TEXTS:
        if text in told.lower():
            return fault.at(where, told)
    if number in _NEVER_MYSQL or "sequence number" in told:
        return faults.NOT_MYSQL.at(where, told)
    if number in (2006, 2013):
        return faults.LOST.at(where)
    usual = faults.OTHER if action_of(error) in (Action.STOP, Action.HALVE) else faults.BUSY
    return _SERVER.get(number, usual).at(where, f"{told} ({number})")


def _below(error: Exception) -> OSError | None:
    """The system's error that PyMySQL made its own of. Not just any `__context__`: a caller may be handling another error."""
    if isinstance(error, OSError):
        return error
    kept = getattr(error, "original_exception", None)
    if isinstance(kept, OSError):
        return kept
    context = error.__context__
    named = isinstance(context, OSError) and (str(context) in str(error) or repr(context) in str(error))
    return context if named and isinstance(context, OSError) else None
