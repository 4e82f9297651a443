"""Complaints for people: the place, what is wrong, the line with a caret under the error, and what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TextIO
from unicodedata import combining, east_asian_width

from nectar.errors import Complaint

_WIDEST = 120
_SECRET = re.compile(r"pass|pwd|secret|token|dsn|://\S*:|[^\s\"']@", re.IGNORECASE)


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour text for `stream`: it is a terminal, NO_COLOR (no-color.org) is not set, TERM is not dumb."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def complaints_text(complaints: Iterable[Complaint], colour: bool) -> str:
    """One paragraph for each complaint."""
    return "".join(f"{_paragraph(complaint, colour)}\n" for complaint in complaints)


def _paragraph(complaint: Complaint, colour: bool) -> str:
    place = _paint(printable(complaint.place), "1", colour)
    lines = [f"{place}: {_paint(complaint.code, '31', colour)} {printable(complaint.what)}"]
    lines += _quoted(complaint, colour)
    if complaint.allowed:
        lines.append(f"  allowed: {printable(complaint.allowed)}")
    if complaint.suggestion:
        lines.append(f"  {_paint('next:', '36', colour)} {printable(complaint.suggestion)}")
    return "".join(f"{line}\n" for line in lines)


def _quoted(complaint: Complaint, colour: bool) -> list[str]:
    """The line with a caret under it. A line that may hold a secret is not shown."""
    line = complaint.source
    if not line.strip() or _SECRET.search(line) or _is_misspelt_secret(line):
        return []
    at = min(complaint.col - 1, len(line))
    cut = max(0, at - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = line[cut : cut + _WIDEST]
    number = str(complaint.line)
    gutter = " " * len(number)
    under = "".join(_blank(character) for character in shown[: at - cut])
    return [
        f"  {number} | {printable(shown.replace(chr(9), ' '))}",
        f"  {gutter} | {under}{_paint('^', '31', colour)}",
    ]


def _is_misspelt_secret(line: str) -> bool:
    """Whether the key looks like a misspelt ``password``: its value is a secret although the key is unknown."""
    key = line.partition("=")[0].strip().lower()
    return bool(get_close_matches(key[:100], ("password", "passwd", "secret", "custom_dsn"), 1, 0.75))


def _blank(character: str) -> str:
    """As many spaces as the character is wide on a terminal."""
    if combining(character):
        return ""
    return "  " if east_asian_width(character) in "WF" else " "


def printable(text: str) -> str:
    """`text` without the characters that would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
