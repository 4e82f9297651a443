"""What a server's errors mean and what to do about them: one table by code, and one by text, for TiDB's code 1105.

From the vendors' documentation and code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

import pymysql

from nectar.errors import NectarError, QuotaError, SinkError, TooBigError, TransientError
from nectar.server.faults import one_line


class Action(Enum):
    """What the runner does next.

    REPEAT: run the lost transaction again. WAIT: run it again later. RECONNECT: the connection is gone. HALVE: write less at a
    time. PAUSE: a quota is used up. STOP: a person must act.
    """

    REPEAT = "repeat"
    WAIT = "wait"
    RECONNECT = "reconnect"
    HALVE = "halve"
    PAUSE = "pause"
    STOP = "stop"


MEANING: Mapping[int, tuple[Action, str]] = {
    1205: (Action.REPEAT, "a lock was waited for too long"),
    1213: (Action.REPEAT, "two transactions waited for each other"),
    1020: (Action.REPEAT, "a row changed since it was read"),
    3572: (Action.REPEAT, "a row is locked"),
    1412: (Action.REPEAT, "a table's definition changed meanwhile"),
    1060: (Action.REPEAT, "another session added this column at the same moment"),
    1061: (Action.REPEAT, "another session built this index at the same moment"),
    1091: (Action.REPEAT, "another session dropped this index at the same moment"),
    8002: (Action.REPEAT, "the transaction was rolled back"),
    8005: (Action.REPEAT, "a write conflict"),
    8022: (Action.REPEAT, "the commit failed and was rolled back"),
    8028: (Action.REPEAT, "a table's definition changed meanwhile"),
    8147: (Action.REPEAT, "the transaction was aborted"),
    9007: (Action.REPEAT, "a write conflict"),
    8027: (Action.WAIT, "the server's view of the tables is out of date"),
    8120: (Action.WAIT, "no start time for the transaction"),
    9001: (Action.WAIT, "the placement driver did not answer"),
    9002: (Action.WAIT, "the storage did not answer"),
    9003: (Action.WAIT, "the storage is busy"),
    9004: (Action.WAIT, "locks were not resolved in time"),
    9005: (Action.WAIT, "a region is unavailable"),
    9008: (Action.WAIT, "the storage is out of reach"),
    9012: (Action.WAIT, "the column store did not answer"),
    9013: (Action.WAIT, "the column store is busy"),
    0: (Action.RECONNECT, "the connection is closed"),
    1040: (Action.WAIT, "too many connections"),
    1203: (Action.WAIT, "too many connections of this user"),
    1637: (Action.WAIT, "too many transactions at once"),
    1037: (Action.WAIT, "the server is out of memory"),
    1041: (Action.WAIT, "the server is out of memory"),
    1053: (Action.RECONNECT, "the server is shutting down"),
    1077: (Action.RECONNECT, "the server is shutting down"),
    1079: (Action.RECONNECT, "the server is shutting down"),
    1152: (Action.RECONNECT, "the connection was aborted"),
    1154: (Action.RECONNECT, "the connection broke"),
    1155: (Action.RECONNECT, "the connection broke"),
    1156: (Action.RECONNECT, "packets came out of order"),
    1157: (Action.RECONNECT, "a packet could not be read"),
    1158: (Action.RECONNECT, "the connection broke"),
    1159: (Action.RECONNECT, "the connection timed out"),
    1160: (Action.RECONNECT, "the connection broke"),
    1161: (Action.RECONNECT, "the connection timed out"),
    1180: (Action.RECONNECT, "the commit's outcome is not known"),
    1184: (Action.RECONNECT, "the connection was aborted"),
    1317: (Action.RECONNECT, "the statement was killed"),
    1927: (Action.RECONNECT, "the connection was killed"),
    2001: (Action.RECONNECT, "the server cannot be reached"),
    2002: (Action.RECONNECT, "the server cannot be reached"),
    2003: (Action.RECONNECT, "the server cannot be reached"),
    2004: (Action.RECONNECT, "the server cannot be reached"),
    2005: (Action.RECONNECT, "the server's name is not known"),
    2006: (Action.RECONNECT, "the server has gone away"),
    2012: (Action.RECONNECT, "the server hung up while greeting"),
    2013: (Action.RECONNECT, "the connection was lost"),
    2014: (Action.RECONNECT, "answers came out of order"),
    2026: (Action.RECONNECT, "TLS failed"),
    2027: (Action.RECONNECT, "the server sent a malformed packet"),
    2055: (Action.RECONNECT, "the connection was lost"),
    4031: (Action.RECONNECT, "the server closed an idle connection"),
    1153: (Action.HALVE, "a packet is larger than the server takes"),
    1197: (Action.HALVE, "the transaction is larger than the server's cache for it"),
    1206: (Action.HALVE, "the transaction holds more locks than the server has room for"),
    1969: (Action.HALVE, "a statement took longer than the server allows"),
    2020: (Action.HALVE, "a packet is larger than the server takes"),
    3024: (Action.HALVE, "a statement took longer than the server allows"),
    8001: (Action.HALVE, "the server's memory quota is used up"),
    8004: (Action.HALVE, "the transaction is too large"),
    8025: (Action.HALVE, "a row is too large"),
    8175: (Action.HALVE, "the server's memory quota is used up"),
    8229: (Action.HALVE, "the transaction took too long"),
    9500: (Action.HALVE, "the transaction is too large"),
    1226: (Action.PAUSE, "the user has used up what it may in this hour"),
    8252: (Action.PAUSE, "the resource group's quota is used up"),
    1044: (Action.STOP, "the user has no rights on this database"),
    1045: (Action.STOP, "the user or the password is wrong"),
    1142: (Action.STOP, "the user may not do this"),
    1227: (Action.STOP, "the user may not do this"),
    1143: (Action.STOP, "the user may not use a column"),
    1290: (Action.STOP, "the server takes no writes"),
    1792: (Action.STOP, "the server takes no writes"),
    1836: (Action.STOP, "the server takes no writes"),
    1049: (Action.STOP, "there is no such database"),
    1054: (Action.STOP, "a column is not there"),
    1064: (Action.STOP, "the server does not understand a statement"),
    1146: (Action.STOP, "a table is not there"),
    1148: (Action.STOP, "LOAD DATA LOCAL is not allowed"),
    4166: (Action.STOP, "LOAD DATA LOCAL is not allowed"),
    3948: (Action.STOP, "LOAD DATA LOCAL is not allowed"),
    8048: (Action.STOP, "the isolation level is not supported"),
    1021: (Action.STOP, "the server's disk is full"),
    1114: (Action.STOP, "a table is full"),
    1062: (Action.STOP, "rows of these slots are there already: was it filled by other means?"),
    1264: (Action.STOP, "a number is out of range"),
    1406: (Action.STOP, "a value is too long for its column"),
    3140: (Action.STOP, "a value is no JSON"),
    3903: (Action.STOP, "a value does not fit an index"),
    8003: (Action.STOP, "the server found its data and indexes to differ"),
    8138: (Action.STOP, "the server found its data and indexes to differ"),
    8139: (Action.STOP, "the server found its data and indexes to differ"),
    8140: (Action.STOP, "the server found its data and indexes to differ"),
    8141: (Action.STOP, "the server found its data and indexes to differ"),
    8223: (Action.STOP, "the server found its data and indexes to differ"),
}
"""Code -> what to do, what it means. 0 is PyMySQL's own code for a closed connection."""

TEXTS: tuple[tuple[re.Pattern[str], Action, str], ...] = (
    (re.compile("usage quota", re.I), Action.PAUSE, "the usage quota is exhausted"),
    (re.compile("connection limit exceeded", re.I), Action.PAUSE, "too many connections for this plan of the service"),
    (re.compile("information schema is changed", re.I), Action.REPEAT, "a table's definition changed meanwhile"),
    (re.compile("missing user name prefix", re.I), Action.STOP, "the user's name lacks its prefix"),
    (re.compile("insecure transport", re.I), Action.STOP, "the server takes encrypted connections only"),
    (re.compile("transaction is too large", re.I), Action.HALVE, "the transaction is too large"),
    (re.compile("undetermined", re.I), Action.RECONNECT, "the commit's outcome is not known"),
)
"""Texts that decide whatever the code is: TiDB sends 1105 for many errors."""

_CODES = {
    Action.REPEAT: "NEC-M001",
    Action.WAIT: "NEC-M002",
    Action.RECONNECT: "NEC-M003",
    Action.HALVE: "NEC-M004",
    Action.PAUSE: "NEC-M005",
    Action.STOP: "NEC-M006",
}
_HINTS = {
    1045: "check user and password in the profile; a TiDB Cloud user has a prefix",
    1044: "grant the user all rights on the database, or name another one",
    1142: "grant the user all rights on the database: `nectar db check` lists what it has",
    1049: "make it with `nectar db init`, or name another one",
    1021: "make room and run again, nothing is lost",
    1114: "make room and run again, nothing is lost",
}


def action_of(error: BaseException) -> Action:
    """What to do about an error of PyMySQL or of the system."""
    return _meaning(error)[0]


def as_nectar_error(error: BaseException, where: str) -> NectarError:
    """The error as Nectar's own: TransientError when another try may do, TooBigError, QuotaError, SinkError."""
    action, means = _meaning(error)
    number = _number(error)
    text = one_line(_text(error))
    what = f"the database refused: {means}" + (f" (error {number}: {text})" if text else "")
    kind: type[NectarError] = {Action.HALVE: TooBigError, Action.PAUSE: QuotaError, Action.STOP: SinkError}.get(
        action, TransientError
    )
    return kind(what, where=where, hint=_HINTS.get(number, ""), code=_CODES[action])


def _meaning(error: BaseException) -> tuple[Action, str]:
    text = _text(error)
    for pattern, action, means in TEXTS:
        if pattern.search(text):
            return action, means
    if isinstance(error, pymysql.err.InterfaceError) or (isinstance(error, OSError) and not isinstance(error, pymysql.Error)):
        return Action.RECONNECT, "the connection was lost"
    return MEANING.get(_number(error), (Action.STOP, "an error that Nectar does not know"))


def _number(error: BaseException) -> int:
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def _text(error: BaseException) -> str:
    return str(error.args[1]) if len(error.args) > 1 else str(error)
