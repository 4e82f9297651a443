"""What the three forms share. An error repeats no part of a text but words that this package knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeAlias

from nectar.config import codes
from nectar.config.profile.hosts import address_of

DsnKeys: TypeAlias = dict[str, str | int | float]
"""What a connection text says: keys of [database], and of [pool] for times. Never a password."""

MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
FORMS = "URL: mysql://user@host:port/database · Go: user@tcp(host:port)/database · mysql -u user -h host -D database"

_PLACEHOLDER = re.compile(r"<[\w -]*pass[\w -]*>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class DsnError(Exception):
    """Something is wrong with a connection text. `what` is a sentence that repeats none of it, `hint` the next step."""

    def __init__(self, what: str, hint: str = "", code: str = codes.BAD_DSN) -> None:
        super().__init__(what)
        self.what, self.hint, self.code = what, hint, code


def secret_error(what: str = "custom_dsn holds a password") -> DsnError:
    """A password stands in the text. The caller, who knows the key's path, adds the hint."""
    return DsnError(what, code=codes.CLEAR_SECRET)


def is_password(text: str | None) -> bool:
    """False for no text, and for a placeholder such as ``<PASSWORD>``."""
    return bool(text) and not _PLACEHOLDER.fullmatch(text or "")


def put(keys: DsnKeys, key: str, value: str | int | float) -> None:
    """Set a key. Errors: DsnError when the text says it twice, or `value` has control characters."""
    if key in keys:
        raise DsnError(f"custom_dsn says {key} twice", "leave one out")
    if isinstance(value, str) and _CONTROL.search(value):
        raise DsnError(f"custom_dsn's {key} has a control character")
    keys[key] = value


def put_host_and_port(keys: DsnKeys, text: str) -> None:
    """Of ``host``, ``host:port``, ``[::1]:port`` or a bare IPv6 address. Errors: DsnError."""
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or ":" not in host:
            raise DsnError("custom_dsn's host is not written as [IPv6 address]:port", FORMS)
        port = rest[1:]
    elif address_of(text) is None:
        host, _, port = text.partition(":")
    if not host:
        raise DsnError("custom_dsn names no host", FORMS)
    put(keys, "host", host)
    if port:
        put_port(keys, port)


def put_port(keys: DsnKeys, text: str) -> None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65_535):
        raise DsnError("custom_dsn's port is not a number from 1 to 65535")
    put(keys, "port", int(text))


def mode_of(text: str, option: str) -> str:
    """One of MODES, in any case. Errors: DsnError."""
    mode = text.upper().replace("-", "_")
    if mode not in MODES:
        raise DsnError(f"{option} is none of {', '.join(MODES)}")
    return mode


def put_seconds(keys: DsnKeys, key: str, text: str, option: str) -> None:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or not 1 <= float(text) <= 86_400:
        raise DsnError(f"{option} is not a number of seconds, 1 to 86400")
    put(keys, key, float(text))


def only_value(option: str, value: str, allowed_values: Iterable[str]) -> None:
    """For an option that states what Nectar does anyway. Errors: DsnError for any other value."""
    allowed = tuple(allowed_values)
    if value.lower() not in allowed:
        raise DsnError(f"{option} can only be {allowed[0]}", "leave it out")


def unsupported_parameter(name: str, supported: Iterable[str], others: Mapping[str, str]) -> DsnError:
    """About a parameter that is not one of `supported`. `others`: known names without a use here -> what to do instead."""
    if name in others:
        return DsnError(f"Nectar does not support {name}", others[name] or "leave it out")
    close = get_close_matches(name[:100], supported, 1)
    known = f"did you mean {close[0]}?" if close else f"supported: {', '.join(supported)}"
    return DsnError("a parameter of custom_dsn is not understood", known)
