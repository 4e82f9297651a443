"""From what the system, OpenSSL or the server said to the fault that it is. Tables; the first that fits wins."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pymysql

from nectar.errors import NectarError
from nectar.network import faults
from nectar.network.answers import Action, action_of
from nectar.network.faults import Fault

_SERVER = {
    1040: faults.TOO_MANY,              # Too many connections
    1044: faults.NO_RIGHTS,             # Access denied for user .. to database ..
    1045: faults.ACCESS_DENIED,
    1049: faults.NO_DATABASE,
    1129: faults.HOST_REFUSED,          # Host is blocked because of many connection errors
    1130: faults.HOST_REFUSED,          # Host is not allowed to connect
    1203: faults.TOO_MANY,              # max_user_connections
    1226: faults.USER_LIMIT,            # max_connections_per_hour
    1227: faults.NO_RIGHTS,
    1251: faults.ACCESS_DENIED,         # the authentication's protocol
    1698: faults.ACCESS_DENIED,         # no password can let this user in
    3118: faults.ACCESS_DENIED,         # account locked
    3159: faults.INSECURE,
    4151: faults.ACCESS_DENIED,         # account locked (MariaDB)
}
_TEXTS = (                              # TiDB says these with code 1105, which is anything
    ("user name prefix", faults.NO_PREFIX),
    ("usage quota", faults.QUOTA),
    ("insecure transport", faults.INSECURE),
    ("connection limit exceeded", faults.QUOTA),
)
_CERTIFICATE = {                        # X509_V_ERR_..
    9: faults.NOT_YET,
    10: faults.EXPIRED,
    18: faults.SELF_SIGNED,
    19: faults.UNKNOWN_CA,              # a chain that ends in a root that is not trusted
    20: faults.UNKNOWN_CA,
    21: faults.UNKNOWN_CA,
    62: faults.WRONG_NAME,
    64: faults.WRONG_NAME,              # an address
}
_TLS = {
    "UNSUPPORTED_PROTOCOL": faults.OLD_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": faults.OLD_TLS,
    "NO_PROTOCOLS_AVAILABLE": faults.OLD_TLS,
    "TLSV1_ALERT_UNKNOWN_CA": faults.CLIENT_CERTIFICATE,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": faults.CLIENT_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": faults.CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": faults.CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": faults.CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": faults.CLIENT_CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": faults.CLIENT_CERTIFICATE,
}
_NEVER_MYSQL = (0, 2014, 2027)          # out of step, malformed packets


def of_opening(error: OSError | UnicodeError, where: str) -> NectarError:
    """While looking a name up, or opening a socket."""
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return faults.UNKNOWN_NAME.at(where, getattr(error, "strerror", None) or "it is no host name")
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return faults.TIMED_OUT.at(where)
    if error.errno == errno.ECONNREFUSED:
        return faults.REFUSED.at(where)
    return faults.UNREACHABLE.at(where, _told(error))


def of_login(error: Exception, where: str) -> NectarError:
    """From the server's greeting to the first statement."""
    below = _below(error)
    if below is not None:
        return _of_stream(below, where)
    if isinstance(error, pymysql.err.MySQLError):
        numbered = bool(error.args) and isinstance(error.args[0], int)
        return of_server(error, where) if numbered else faults.NOT_MYSQL.at(where, str(error))
    if isinstance(error, RuntimeError):               # PyMySQL, when a kind of login needs a package that is not there
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


def _of_stream(error: OSError, where: str) -> NectarError:
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _CERTIFICATE.get(error.verify_code, faults.BAD_CHAIN)
        return fault.at(where, error.verify_message)
    if isinstance(error, TimeoutError):
        return faults.SLOW_LOGIN.at(where)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or not isinstance(error, ssl.SSLError):
        return faults.LOST.at(where, _told(error))
    return _of_tls(error, where)


def _of_tls(error: ssl.SSLError, where: str) -> NectarError:
    reason = error.reason or str(error)
    fault: Fault = _TLS.get(reason, faults.BAD_TLS)
    return fault.at(where, reason.replace("_", " ").lower())


def _told(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):               # its number is no system's
        return (error.reason or "the connection ended").replace("_", " ").lower()
    return (os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__).lower()


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
