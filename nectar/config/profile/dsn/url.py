"""``mysql://user@host:port/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE``, as clients and SQLAlchemy write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from nectar.config.profile.dsn.parts import (
    FORMS,
    DsnError,
    DsnKeys,
    is_password,
    mode_of,
    only_value,
    put,
    put_host_and_port,
    put_seconds,
    secret_error,
    unsupported_parameter,
)

_SCHEMES = ("mysql", "mariadb", "tidb", "mysql+pymysql", "mariadb+pymysql", "mysql+mysqldb")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:/{2}(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(\?(?P<query>[^#]*))?", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_SECRETS = ("password", "passwd", "pwd", "user_password")

_OTHERS: Mapping[str, str] = {
    "unix_socket": "name a host: Nectar connects over TCP",
    "socket": "name a host: Nectar connects over TCP",
    "read_default_file": "write its keys into the profile",
    "ssl": "write ssl-mode=VERIFY_IDENTITY",
    "sslaccept": "write ssl-mode=VERIFY_IDENTITY",
    "useSSL": "write ssl-mode=VERIFY_IDENTITY",
    "local_infile": "",
    "collation": "",
    "autocommit": "",
    "pool_size": "write size in [pool]",
    "pool_recycle": "write recycle_seconds in [pool]",
}


def is_url(text: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.:-]*://", text, re.IGNORECASE) is not None


def read_url(text: str) -> DsnKeys:
    """The keys that a URL says. Errors: DsnError."""
    match = _URL.fullmatch(text)
    scheme, _, rest = text.partition("://")
    if "@" in re.sub(r"^[^/?#]*", "", rest):
        raise secret_error("custom_dsn may hold a password: an @ stands after the host's place")
    if match is None or scheme.lower() not in _SCHEMES:
        raise DsnError("custom_dsn is not a URL of MySQL's or TiDB's", f"schemes: {', '.join(_SCHEMES)}")
    keys: DsnKeys = {}
    userinfo, at, address = match["authority"].rpartition("@")
    _put_user(keys, userinfo, bool(at))
    put_host_and_port(keys, address)
    database = _unquoted((match["path"] or "")[1:])
    if database:
        put(keys, "database", database)
    _put_parameters(keys, list(_pairs(match["query"] or "")))
    return keys


def _put_user(keys: DsnKeys, userinfo: str, given: bool) -> None:
    user, colon, password = userinfo.partition(":")
    if colon and is_password(_unquoted_or_not(password)):
        raise secret_error()
    if given and not user:
        raise DsnError("custom_dsn has an @ and no user before it", FORMS)
    if user:
        put(keys, "user", _unquoted(user))


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        yield _unquoted(name), _unquoted(value.replace("+", "%20"))


def _unquoted(text: str) -> str:
    """Errors: DsnError for a percent sign without two digits, or bytes that are no UTF-8."""
    if _BAD_ESCAPE.search(text):
        raise DsnError("custom_dsn has a % that two hexadecimal digits do not follow", "write %25 for a percent sign")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise DsnError("custom_dsn's percent signs do not spell UTF-8") from error


def _unquoted_or_not(text: str) -> str:
    return unquote(text, errors="replace")


def _put_parameters(keys: DsnKeys, pairs: list[tuple[str, str]]) -> None:
    verified: dict[str, bool] = {}
    for name, value in pairs:
        key = name.replace("-", "_")
        if key.lower() in _SECRETS:
            if is_password(value):
                raise secret_error()
            continue
        if key in ("ssl_verify_cert", "ssl_verify_identity"):
            only_value(key, value, ("true", "1"))
            verified[key] = True
        elif key in _PARAMETERS:
            _PARAMETERS[key](keys, value)
        else:
            raise unsupported_parameter(name, _SUPPORTED, _OTHERS)
    if verified:
        put(keys, "ssl_mode", "VERIFY_IDENTITY" if "ssl_verify_identity" in verified else "VERIFY_CA")


def _charset(_: DsnKeys, value: str) -> None:
    only_value("charset", value, ("utf8mb4",))


def _mode(keys: DsnKeys, value: str) -> None:
    put(keys, "ssl_mode", mode_of(value, "ssl-mode"))


def _path(key: str) -> Callable[[DsnKeys, str], None]:
    return lambda keys, value: put(keys, key, value)


def _seconds(key: str, option: str) -> Callable[[DsnKeys, str], None]:
    return lambda keys, value: put_seconds(keys, key, value, option)


_PARAMETERS: Mapping[str, Callable[[DsnKeys, str], None]] = {
    "ssl_mode": _mode,
    "sslMode": _mode,
    "ssl_ca": _path("ssl_ca_path"),
    "ssl_cert": _path("ssl_cert_path"),
    "ssl_key": _path("ssl_key_path"),
    "charset": _charset,
    "connect_timeout": _seconds("connect_seconds", "connect_timeout"),
    "read_timeout": _seconds("read_seconds", "read_timeout"),
    "write_timeout": _seconds("write_seconds", "write_timeout"),
}
_SUPPORTED = (
    "ssl-mode",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl_verify_cert",
    "ssl_verify_identity",
    "charset",
    "connect_timeout",
    "read_timeout",
    "write_timeout",
)
