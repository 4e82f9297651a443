"""A packet of statements taken apart."""

from __future__ import annotations

import re

TOKEN = re.compile(r"'(?:[^'\\]+|\\.|'')*'|\"(?:[^\"\\]+|\\.|\"\")*\"|`[^`]*`|/\*.*?\*/|;", re.DOTALL)


def apart(packet: str) -> list[str]:
    """At the semicolons that stand in no quotes and no comment; without those that say nothing."""
    parts, start = [], 0
    for token in TOKEN.finditer(packet):
        if token[0] == ";":
            parts.append(packet[start : token.start()])
            start = token.end()
    parts.append(packet[start:])
    return [part.strip() for part in parts if part.strip()] or [packet]
