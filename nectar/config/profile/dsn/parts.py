"""What the forms have in common. Nothing of a text is ever repeated in an error but words that this package knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeAlias

from nectar.config import codes
from nectar.config.profile.hosts import address_of

Said: TypeAlias = dict[str, str | int | float]
"""Key of [database], or of [pool] for a time -> value. Only what the text says; never a password."""

MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
LOOKS_WRONG = "URL: mysql://user@host:port/database · Go: user@tcp(host:port)/database · mysql -u user -h host -D database"

_PLACEHOLDER = re.compile(r"<[\w -]*pass[\w -]*>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class DsnError(Exception):
    """`what` is a sentence without a subject's value, `hint` the next step, `code` the complaint's."""

    def __init__(self, what: str, hint: str = "", code: str = codes.BAD_DSN) -> None:
        super().__init__(what)
        self.what, self.hint, self.code = what, hint, code


def secret_error(what: str = "custom_dsn holds a password") -> DsnError:
    """The hint is left to whoever knows the key's path."""
    return DsnError(what, code=codes.CLEAR_SECRET)


def is_password(text: str | None) -> bool:
    """Whether it is one, rather than nothing or ``<PASSWORD>``."""
    return bool(text) and not _PLACEHOLDER.fullmatch(text or "")


def put(said: Said, key: str, value: str | int | float) -> None:
    """Errors: DsnError when `key` is said already, or `value` has control characters."""
    if key in said:
        raise DsnError(f"custom_dsn says {key} twice", "leave one out")
    if isinstance(value, str) and _CONTROL.search(value):
        raise DsnError(f"custom_dsn's {key} has a control character")
    said[key] = value


def put_host_and_port(said: Said, text: str) -> None:
    """``host``, ``host:port``, ``[::1]:port``; a bare IPv6 address too. Errors: DsnError."""
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or ":" not in host:
            raise DsnError("custom_dsn's host is not written as [IPv6 address]:port", LOOKS_WRONG)
        port = rest[1:]
    elif address_of(text) is None:
        host, _, port = text.partition(":")
    if not host:
        raise DsnError("custom_dsn names no host", LOOKS_WRONG)
    put(said, "host", host)
    if port:
        put_port(said, port)


def put_port(said: Said, text: str) -> None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65_535):
        raise DsnError("custom_dsn's port is not a number from 1 to 65535")
    put(said, "port", int(text))


def mode_of(text: str, option: str) -> str:
    """One of MODES, in any case. Errors: DsnError."""
    mode = text.upper().replace("-", "_")
    if mode not in MODES:
        raise DsnError(f"{option} is none of {', '.join(MODES)}")
    return mode


def put_seconds(said: Said, key: str, text: str, option: str) -> None:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or not 1 <= float(text) <= 86_400:
        raise DsnError(f"{option} is not a number of seconds, 1 to 86400")
    put(said, key, float(text))


def only_value(option: str, value: str, wanted: Iterable[str]) -> None:
    """For what Nectar does anyway: saying so is fine. Errors: DsnError for any other value."""
    allowed = tuple(wanted)
    if value.lower() not in allowed:
        raise DsnError(f"{option} can only be {allowed[0]}", "leave it out")


def not_heeded(name: str, heeded: Iterable[str], others: Mapping[str, str]) -> DsnError:
    """About a parameter that is not one of `heeded`. `others`: known names that mean nothing here -> what to do instead."""
    if name in others:
        return DsnError(f"Nectar cannot heed {name}", others[name] or "leave it out")
    close = get_close_matches(name[:100], heeded, 1)
    known = f"did you mean {close[0]}?" if close else f"those that are: {', '.join(heeded)}"
    return DsnError("a parameter of custom_dsn is not understood", known)
