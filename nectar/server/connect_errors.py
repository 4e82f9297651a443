"""The fault behind an error of the system or of OpenSSL, by tables that hold for every server."""

from __future__ import annotations

import errno
import os
import socket
import ssl

from nectar.errors import NectarError
from nectar.server import faults
from nectar.server.faults import Fault

_CERTIFICATE = {  # X509_V_ERR_..
    9: faults.NOT_YET,
    10: faults.EXPIRED,
    18: faults.SELF_SIGNED,
    19: faults.UNKNOWN_CA,  # a chain that ends in a root that is not trusted
    20: faults.UNKNOWN_CA,
    21: faults.UNKNOWN_CA,
    62: faults.WRONG_NAME,
    64: faults.WRONG_NAME,  # an address
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


def of_opening(error: OSError | UnicodeError, where: str) -> NectarError:
    """The error of looking a name up, or of opening a socket."""
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return faults.UNKNOWN_NAME.at(where, getattr(error, "strerror", None) or "it is no host name")
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return faults.TIMED_OUT.at(where)
    if error.errno == errno.ECONNREFUSED:
        return faults.REFUSED.at(where)
    return faults.UNREACHABLE.at(where, _text(error))


def of_stream(error: OSError, where: str) -> NectarError:
    """The error of an open socket."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _CERTIFICATE.get(error.verify_code, faults.BAD_CHAIN)
        return fault.at(where, error.verify_message)
    if isinstance(error, TimeoutError):
        return faults.SLOW_LOGIN.at(where)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or not isinstance(error, ssl.SSLError):
        return faults.LOST.at(where, _text(error))
    return _of_tls(error, where)


def _of_tls(error: ssl.SSLError, where: str) -> NectarError:
    reason = error.reason or str(error)
    fault: Fault = _TLS.get(reason, faults.BAD_TLS)
    return fault.at(where, reason.replace("_", " ").lower())


def _text(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):  # its number is not one of the system's
        return (error.reason or "the connection ended").replace("_", " ").lower()
    return (os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__).lower()
