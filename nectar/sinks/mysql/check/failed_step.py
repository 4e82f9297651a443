"""Which step of an attempt to connect failed, by the error's code and the attempt's record."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.server.audit import OK, Attempt

CONNECTING = ("profile", "name", "tcp", "tunnel", "server", "tls", "login")

_AT = {
    "profile": ("NEC-Y020", "NEC-Y021", "NEC-Y042", "NEC-Y050", "NEC-Y054"),
    "name": ("NEC-Y001", "NEC-Y040", "NEC-Y041"),
    "tcp": ("NEC-Y002", "NEC-Y003", "NEC-Y004"),
    "tunnel": ("NEC-Y051", "NEC-Y052", "NEC-Y053", "NEC-Y055", "NEC-Y056", "NEC-Y057"),
    "tls": (*(f"NEC-Y0{number}" for number in range(10, 20)), "NEC-Y033"),
    "login": ("NEC-Y030", "NEC-Y031", "NEC-Y032", "NEC-Y034", "NEC-Y038", "NEC-Y043", "NEC-Y044"),
}
_STEP = {code: step for step, codes in _AT.items() for code in codes}
EITHER = frozenset({"NEC-Y005", "NEC-Y006", "NEC-Y007", "NEC-Y029", "NEC-Y035", "NEC-Y036", "NEC-Y037", "NEC-Y039"})
"""Errors that the server may send at once, or after the login. TLS begins between the two, so it tells them apart."""


def failed_step(code: str, attempts: Sequence[Attempt]) -> str:
    """The step that failed, one of CONNECTING."""
    if code in EITHER:
        return "login" if attempts and attempts[-1].tls_version else "server"
    return _STEP.get(code, "profile")  # a secret that could not be read


def others_tried(attempts: Sequence[Attempt]) -> list[tuple[str, str]]:
    """Addresses of the same host that failed before the last one was tried, with their errors' codes."""
    return [(attempt.address, attempt.outcome) for attempt in attempts[:-1] if attempt.outcome != OK and attempt.address]
