"""What a transaction weighs: an estimate by the bytes of the statements, good enough to keep limits honest."""

from __future__ import annotations

import re

WRITES = re.compile(r"\s*(?:/\*.*?\*/\s*)*(INSERT|REPLACE|UPDATE|DELETE|LOAD|BATCH)\b", re.IGNORECASE | re.DOTALL)
TOKENS = re.compile(r"(?P<hex>\b[xX]'[0-9a-fA-F]*'|\b0x[0-9a-fA-F]+)|'(?:[^'\\]+|\\.|'')*'|[()]", re.DOTALL)


def writes(statement: str) -> bool:
    return WRITES.match(statement) is not None


def longest_row(statement: str) -> int:
    """Characters of the longest parenthesis at the top level; hexadecimal literals count half."""
    longest = depth = start = halves = 0
    for token in TOKENS.finditer(statement):
        if token["hex"]:
            halves += len(token[0]) // 2
        elif token[0] == "(":
            if depth == 0:
                start, halves = token.end(), 0
            depth += 1
        elif token[0] == ")":
            depth -= 1
            if depth == 0:
                longest = max(longest, token.start() - start - halves)
    return longest


class Load:
    """The file of a LOAD DATA LOCAL as it passes: its bytes, and the longest line (a row, as Nectar writes such files)."""

    def __init__(self) -> None:
        self.size = self.longest = self._open = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        first, *rest = data.split(b"\n")
        self._open += len(first)
        self.longest = max(self.longest, self._open)
        if rest:
            self.longest = max(self.longest, *map(len, rest))
            self._open = len(rest[-1])
