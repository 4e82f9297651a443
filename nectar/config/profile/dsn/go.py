"""Go's form: ``user@tcp(host:4000)/database?tls=custom&charset=utf8mb4&parseTime=True&loc=UTC``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

from nectar.config.profile.dsn.parts import (
    FORMS,
    DsnError,
    DsnKeys,
    is_password,
    only_value,
    put,
    put_host_and_port,
    secret_error,
    unsupported_parameter,
)

_TARGET = re.compile(r"(?P<net>[A-Za-z0-9]*)\((?P<address>[^()]*)\)")
_TRUE = ("true", "1", "t")
_TLS: Mapping[str, str] = {
    "custom": "VERIFY_IDENTITY",  # a configuration that the program registers; by every example it verifies
    "tidb": "VERIFY_IDENTITY",
    "true": "VERIFY_IDENTITY",
    "1": "VERIFY_IDENTITY",
    "skip-verify": "REQUIRED",
    "preferred": "PREFERRED",
    "false": "DISABLED",
    "0": "DISABLED",
}
_TIMES: Mapping[str, str] = {"timeout": "connect_seconds", "readTimeout": "read_seconds", "writeTimeout": "write_seconds"}
_SUPPORTED = ("tls", "charset", "parseTime", "loc", *_TIMES)
_OTHERS: Mapping[str, str] = dict.fromkeys(
    (
        "allowAllFiles",
        "allowCleartextPasswords",
        "allowFallbackToPlaintext",
        "allowNativePasswords",
        "allowOldPasswords",
        "checkConnLiveness",
        "clientFoundRows",
        "collation",
        "columnsWithAlias",
        "compress",
        "connectionAttributes",
        "interpolateParams",
        "maxAllowedPacket",
        "multiStatements",
        "rejectReadOnly",
        "serverPubKey",
        "timeTruncate",
    ),
    "",
)
_UNITS: Mapping[str, float] = {"h": 3_600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001, "ns": 0.000_000_001}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:h|ms|us|µs|ns|m|s))+")
_DURATION_PART = re.compile(r"([0-9.]+)(h|ms|us|µs|ns|m|s)")


def read_go(text: str) -> DsnKeys:
    """The keys that Go's form says, read as its driver does: the last slash ends the address, the last @ before it ends the user.

    Errors: DsnError.
    """
    before, slash, after = text.rpartition("/")
    if "@" in after:
        raise secret_error("custom_dsn may hold a password: an @ stands after the host's place")
    userinfo, at, target = before.rpartition("@")
    user, colon, password = userinfo.partition(":")
    if colon and is_password(password):
        raise secret_error()
    match = _TARGET.fullmatch(target)
    if not slash or match is None:
        raise DsnError("custom_dsn has none of the three forms", FORMS)
    keys: DsnKeys = {}
    if user:
        put(keys, "user", user)
    elif at:
        raise DsnError("custom_dsn has an @ and no user before it", FORMS)
    _put_address(keys, match["net"], match["address"])
    database, _, query = after.partition("?")
    if database:
        put(keys, "database", unquote_plus(database.replace("+", "%2B")))
    for name, value in _pairs(query):
        _put_parameter(keys, name, value)
    return keys


def _put_address(keys: DsnKeys, net: str, address: str) -> None:
    if net == "unix":
        raise DsnError("custom_dsn names a Unix socket, which Nectar does not use", "write tcp(127.0.0.1:3306)")
    if net not in ("tcp", "tcp4", "tcp6"):
        raise DsnError("custom_dsn's network is not tcp", FORMS)
    put_host_and_port(keys, address)


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        yield name, unquote_plus(value)


def _put_parameter(keys: DsnKeys, name: str, value: str) -> None:
    if name == "tls":
        if value.lower() not in _TLS:
            raise DsnError("tls names a configuration that only a Go program has", f"those understood: {', '.join(_TLS)}")
        put(keys, "ssl_mode", _TLS[value.lower()])
    elif name == "charset":
        only_value(name, value, ("utf8mb4",))
    elif name == "parseTime":
        only_value(name, value, _TRUE)
    elif name == "loc":
        only_value(name, value, ("utc",))
    elif name in _TIMES:
        _put_time(keys, name, value)
    else:
        raise unsupported_parameter(name, _SUPPORTED, _OTHERS)


def _put_time(keys: DsnKeys, name: str, value: str) -> None:
    """Go's durations: 30s, 1m30s, 500ms."""
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(value))
    if not _DURATION.fullmatch(value) or not 1 <= seconds <= 86_400:
        raise DsnError(f"{name} is not a time from 1s to 24h", "such as 30s or 1m30s")
    put(keys, _TIMES[name], round(seconds, 3))
