"""A pasted command line: ``mysql --comments -u 'prefix.root' -h gateway01... -P 4000 -D test --ssl-mode=VERIFY_IDENTITY -p``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from nectar.config.profile.dsn.parts import (
    MODES,
    DsnError,
    DsnKeys,
    is_password,
    mode_of,
    only_value,
    put,
    put_port,
    put_seconds,
    secret_error,
    unsupported_parameter,
)

_FIRST = re.compile(r"\s*(?:(?:sudo|env)\s+)?(?:[A-Za-z_]+=\S*\s+)*(?:\S*/)?(?:mysql|mariadb)(?:\.exe)?(?:\s|\Z)")
_ASSIGNED = re.compile(r"[A-Za-z_]+=.*", re.DOTALL)
_SHORT: Mapping[str, str] = {
    "u": "user",
    "h": "host",
    "P": "port",
    "D": "database",
    "p": "password",
    "c": "comments",
    "S": "socket",
}

_OTHERS: Mapping[str, str] = {
    "--socket": "name a host: Nectar connects over TCP",
    "--defaults-file": "write its keys into the profile",
    "--defaults-extra-file": "write its keys into the profile",
    "--skip-ssl-verify-server-cert": "write --ssl-mode=REQUIRED",
    "--ssl-cipher": "",
    "--tls-version": "leave it out: TLS 1.2 and 1.3 are used",
    "--compress": "",
    "--execute": "",
    "--local-infile": "",
    "--no-auto-rehash": "",
    "--batch": "",
    "--table": "",
}


class _Option(NamedTuple):
    """`needs`: takes the next word when no value is joined to it."""

    take: Callable[[DsnKeys, str], None]
    needs: bool = True


def is_command(text: str) -> bool:
    return _FIRST.match(text) is not None


def read_command(text: str) -> DsnKeys:
    """The keys that the options say. Errors: DsnError."""
    try:
        words = shlex.split(text.replace("\\\n", " "))
    except ValueError as error:
        raise DsnError("custom_dsn's quotes do not close", "paste the whole command line") from error
    while words and not re.fullmatch(r"(.*/)?(mysql|mariadb)(\.exe)?", words[0]):
        word = words.pop(0)
        if _ASSIGNED.fullmatch(word):
            raise secret_error("custom_dsn sets a variable before the command, which may be a password")
    keys: DsnKeys = {}
    _read_words(keys, words[1:])
    return keys


def _read_words(keys: DsnKeys, words: list[str]) -> None:
    after_password = False
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            if after_password:
                raise secret_error("a word stands after -p: mysql takes it for a database, people mean a password by it")
            put(keys, "database", word)
            continue
        name, value = _split(word)
        after_password = name == "password" and value is None
        if name == "password":
            if is_password(value):
                raise secret_error()
            continue
        if name not in _OPTIONS:
            raise unsupported_parameter(f"--{name}", _SUPPORTED, _OTHERS)
        option = _OPTIONS[name]
        if value is None and option.needs:
            if not words:
                raise DsnError(f"--{name} has no value")
            value = words.pop(0)
        option.take(keys, value or "")


def _split(word: str) -> tuple[str, str | None]:
    """``--ssl_mode=X`` -> (ssl-mode, X); ``-uroot`` -> (user, root)."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name.replace("_", "-"), value if equals else None
    return _SHORT.get(word[1], word[1:2]), word[2:] or None


def _text(key: str) -> Callable[[DsnKeys, str], None]:
    return lambda keys, value: put(keys, key, value)


def _flag(option: str, mode: str) -> Callable[[DsnKeys, str], None]:
    def take(keys: DsnKeys, value: str) -> None:
        only_value(option, value, ("1", "", "true", "on"))
        _put_mode(keys, mode)

    return take


def _put_mode(keys: DsnKeys, mode: str) -> None:
    """Several options may ask for TLS, and the one that asks for most holds: ``--ssl --ssl-verify-server-cert``."""
    before = str(keys.get("ssl_mode", mode))
    if before != mode and "DISABLED" in (before, mode):
        raise DsnError("custom_dsn's options ask for TLS and refuse it", "leave one out")
    keys["ssl_mode"] = max(before, mode, key=MODES.index)


def _anyway(option: str, *values: str) -> Callable[[DsnKeys, str], None]:
    return lambda _, value: only_value(option, value, values)


_OPTIONS: Mapping[str, _Option] = {
    "user": _Option(_text("user")),
    "host": _Option(_text("host")),
    "port": _Option(put_port),
    "database": _Option(_text("database")),
    "ssl-mode": _Option(lambda keys, value: _put_mode(keys, mode_of(value, "--ssl-mode"))),
    "ssl-ca": _Option(_text("ssl_ca_path")),
    "ssl-cert": _Option(_text("ssl_cert_path")),
    "ssl-key": _Option(_text("ssl_key_path")),
    "ssl-verify-server-cert": _Option(_flag("--ssl-verify-server-cert", "VERIFY_IDENTITY"), needs=False),
    "ssl": _Option(_flag("--ssl", "REQUIRED"), needs=False),
    "skip-ssl": _Option(_flag("--skip-ssl", "DISABLED"), needs=False),
    "connect-timeout": _Option(lambda keys, value: put_seconds(keys, "connect_seconds", value, "--connect-timeout")),
    # What follows states what Nectar does anyway, or is about the client's terminal alone.
    "default-character-set": _Option(_anyway("--default-character-set", "utf8mb4")),
    "protocol": _Option(_anyway("--protocol", "tcp")),
    "comments": _Option(_anyway("--comments", ""), needs=False),
}
_SUPPORTED = tuple(f"--{name}" for name in _OPTIONS)
