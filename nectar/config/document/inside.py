"""Line and column of a character inside a text value of a TOML file."""

from __future__ import annotations

from nectar.config.document.positions import TextPlace

_LONG = ('"""', "'''")


def place_inside(source: str, value_at: TextPlace, offset: int) -> TextPlace:
    """Line and column of the value's character `offset`, where the value begins at `value_at` with its quotes.

    Escapes count as the one character that they stand for.
    """
    lines = source.split("\n")
    if not 0 < value_at.line <= len(lines):
        return value_at
    at = sum(len(line) + 1 for line in lines[: value_at.line - 1]) + value_at.col - 1
    long = source[at : at + 3] in _LONG
    quote = source[at : at + 1]
    if quote not in ('"', "'"):
        return value_at
    at += 3 if long else 1
    if long and source[at : at + 1] == "\n":
        at += 1
    for _ in range(offset):
        at = _next(source, at, escapes=quote == '"')
    at = _joined(source, at) if quote == '"' else at
    before = source[:at]
    return TextPlace(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)


def _next(source: str, at: int, *, escapes: bool) -> int:
    """Where the character after the one at `at` begins."""
    if not escapes:
        return at + 1
    at = _joined(source, at)
    if source[at : at + 1] != "\\":
        return at + 1
    return at + {"u": 6, "U": 10}.get(source[at + 1 : at + 2], 2)


def _joined(source: str, at: int) -> int:
    """The offset after a backslash at a line's end and the blanks that follow it: TOML drops them."""
    while source[at : at + 1] == "\\" and source[at + 1 : at + 2].isspace():
        at += 1
        while source[at : at + 1].isspace():
            at += 1
    return at
