"""The table of servers' errors: nothing that is known of TiDB and MySQL is missing, and each code it gives is documented."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pymysql
import pytest
from pymysql.constants import CR, ER

from nectar.errors import NectarError, QuotaError, SinkError, TooBigError, TransientError
from nectar.mysql import server_errors
from nectar.mysql.server_errors import MEANING, TEXTS, Action, action_of, as_nectar_error
from nectar.server import faults

ERRORS_PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "errors.md"
REPEAT, WAIT, RECONNECT, HALVE, PAUSE, STOP = Action
CLASSES: dict[Action, tuple[int, ...]] = {
    REPEAT: (9007, 8002, 8022, 8028, 8005, 8147, 1213, 1205, 3572, 1020),
    WAIT: (9001, 9002, 9003, 9004, 9005, 9008, 9012, 9013, 8027, 8120, 1040, 1203),
    RECONNECT: (2003, 2006, 2013, 2014, 2055, 4031, 1053, 1927, 1317, 2026, 0),
    HALVE: (8004, 9500, 8025, 8175, 8001, 8229, 1153),
    PAUSE: (8252,),
    STOP: (
        1044,
        1045,
        1142,
        1049,
        8048,
        1148,
        4166,
        1064,
        1054,
        1146,
        1062,
        1406,
        1264,
        3140,
        3903,
        8141,
        8138,
        8139,
        8140,
        8003,
        8223,
    ),
}
"""What TiDB's documentation and code say of their codes, by what is to be done. 1040 and 1203 end no connection: they are waited for."""
SAID = {
    "Due to the usage quota being exhausted, access to the cluster has been restricted": PAUSE,
    "Connection limit exceeded": PAUSE,
    "Information schema is changed. [try again later]": REPEAT,
    "Missing user name prefix": STOP,
    "Connections using insecure transport are prohibited while --require_secure_transport=ON.": STOP,
    "something that nobody has seen": STOP,
}
"""Of 1105, which is many things."""
PASSING = {
    "CR": {
        "SOCKET_CREATE_ERROR",
        "CONNECTION_ERROR",
        "CONN_HOST_ERROR",
        "IPSOCK_ERROR",
        "UNKNOWN_HOST",
        "SERVER_GONE_ERROR",
        "SERVER_HANDSHAKE_ERR",
        "SERVER_LOST",
        "COMMANDS_OUT_OF_SYNC",
        "NET_PACKET_TOO_LARGE",
        "SSL_CONNECTION_ERROR",
        "MALFORMED_PACKET",
        "SERVER_LOST_EXTENDED",
    },
    "ER": {
        "CHECKREAD",
        "DUP_FIELDNAME",
        "DUP_KEYNAME",
        "CANT_DROP_FIELD_OR_KEY",
        "OUTOFMEMORY",
        "CON_COUNT_ERROR",
        "OUT_OF_RESOURCES",
        "SERVER_SHUTDOWN",
        "NORMAL_SHUTDOWN",
        "SHUTDOWN_COMPLETE",
        "ABORTING_CONNECTION",
        "NET_PACKET_TOO_LARGE",
        "NET_READ_ERROR_FROM_PIPE",
        "NET_FCNTL_ERROR",
        "NET_PACKETS_OUT_OF_ORDER",
        "NET_UNCOMPRESS_ERROR",
        "NET_READ_ERROR",
        "NET_READ_INTERRUPTED",
        "NET_ERROR_ON_WRITE",
        "NET_WRITE_INTERRUPTED",
        "ERROR_DURING_COMMIT",
        "NEW_ABORTING_CONNECTION",
        "TRANS_CACHE_FULL",
        "TOO_MANY_USER_CONNECTIONS",
        "LOCK_WAIT_TIMEOUT",
        "LOCK_TABLE_FULL",
        "LOCK_DEADLOCK",
        "USER_LIMIT_REACHED",
        "QUERY_INTERRUPTED",
        "TABLE_DEF_CHANGED",
        "STATEMENT_TIMEOUT",
        "QUERY_TIMEOUT",
        "CONNECTION_KILLED",
        "TOO_MANY_CONCURRENT_TRXS",
    },
}
"""All that PyMySQL has a name for and that another try, or a smaller one, may help. Everything else stops the job."""
KINDS = {
    REPEAT: TransientError,
    WAIT: TransientError,
    RECONNECT: TransientError,
    HALVE: TooBigError,
    PAUSE: QuotaError,
    STOP: SinkError,
}


def _error(code: int, text: str = "told") -> pymysql.err.MySQLError:
    """As PyMySQL raises it for an answer of the server."""
    with pytest.raises(pymysql.err.MySQLError) as caught:
        pymysql.err.raise_mysql_exception(b"\xff" + code.to_bytes(2, "little") + b"#HY000" + text.encode())
    return caught.value


@pytest.mark.parametrize("action", Action)
def test_every_code_that_is_known_has_its_action(action: Action) -> None:
    assert {code: MEANING.get(code, (None,))[0] for code in CLASSES[action]} == dict.fromkeys(CLASSES[action], action)
    for code in CLASSES[action]:
        told = as_nectar_error(_error(code), "user@host:1/db")
        assert type(told) is KINDS[action]
        assert told.where == "user@host:1/db"
        assert code == 0 or f"(error {code}: told)" in told.what


@pytest.mark.parametrize("said", SAID)
def test_error_1105_is_known_by_its_words(said: str) -> None:
    assert action_of(_error(1105, said)) is SAID[said]


def test_every_text_of_the_table_is_tried() -> None:
    said = (*SAID, "Transaction is too large, size: 104857601", "[global:2]execution result undetermined")
    assert [pattern.pattern for pattern, *_ in TEXTS if not any(pattern.search(one) for one in said)] == []


@pytest.mark.parametrize("family", ["CR", "ER"])
def test_what_pymysql_knows_stops_the_job_or_is_known_to_pass(family: str) -> None:
    named = {"CR": CR, "ER": ER}[family]
    codes = {name.removeprefix("CR_"): code for name, code in vars(named).items() if isinstance(code, int) and code >= 1000}
    assert len(codes) > 60
    passing = {name for name, code in codes.items() if action_of(_error(code)) is not STOP}
    assert passing == PASSING[family] & codes.keys()


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(), BrokenPipeError(), TimeoutError(), EOFError(), ssl.SSLEOFError(), pymysql.err.InterfaceError(0, "")],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_ends_without_a_code_is_made_anew(error: Exception) -> None:
    assert action_of(error) is RECONNECT


def test_what_a_server_says_is_one_short_line() -> None:
    told = as_nectar_error(_error(1064, "near\n'x'\x1b[2J" + "y" * 5_000), "here")
    assert len(told.what) < 500
    assert told.what.isprintable()


def test_every_code_is_on_the_page_and_nothing_else() -> None:
    page = ERRORS_PAGE.read_text()
    ours = {fault.code for fault in faults.FAULTS} | set(server_errors._CODES.values()) | _raised("NEC-M")
    told = dict(re.findall(r"^\| (NEC-[YM]\d{3}) \| (.+) \|$", page, re.MULTILINE))
    assert told.keys() == ours
    assert len(page.split("| NEC-Y001 |")) == 2
    for fault in faults.FAULTS:
        assert told[fault.code].startswith(fault.what), fault


def _raised(prefix: str) -> set[str]:
    """Codes that stand anywhere in the source."""
    source = Path(server_errors.__file__).resolve().parent.parent
    return {code for path in source.rglob("*.py") for code in re.findall(rf"{prefix}\d\d\d", path.read_text())}


def test_no_two_faults_share_a_code() -> None:
    codes = [fault.code for fault in faults.FAULTS]
    assert len(codes) == len(set(codes))
    assert all(isinstance(fault.at("here"), NectarError) for fault in faults.FAULTS)
