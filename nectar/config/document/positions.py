"""Line and column of every key and value of a TOML text, which `tomllib` does not give.

The text must already have been accepted by `tomllib`; nothing is checked twice here. A path is a tuple of table keys and array
indexes from the root: ``("views", 1, "where")``.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

TomlPath: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BASIC = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LITERAL = re.compile(r"'[^']*'")
_LONG_BASIC = re.compile(r'"""(?:"{0,2}(?:\\.|[^"\\]))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:'{0,2}[^'])*'{3,5}", re.DOTALL)


class TextPlace(NamedTuple):
    """Line and column, from 1; `col` counts characters, not bytes."""

    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Positions:
    """Offsets into the text. An array's element has no key: its own offset stands for it. The root has no place.

    Without lines (`NOWHERE`), for values that come from no text, every place is 0:0.
    """

    keys: Mapping[TomlPath, int]
    values: Mapping[TomlPath, int]
    line_starts: tuple[int, ...]

    def key(self, path: TomlPath) -> TextPlace:
        """Where the last key of `path` stands; the nearest table or key around it where the text has no such key."""
        return self._place(self.keys, path)

    def value(self, path: TomlPath) -> TextPlace:
        """Where the value of `path` begins; a table's value is where its header's name stands."""
        return self._place(self.values, path)

    def _place(self, offsets: Mapping[TomlPath, int], path: TomlPath) -> TextPlace:
        if not self.line_starts:
            return TextPlace(0, 0)
        while path and path not in offsets:
            path = path[:-1]
        offset = offsets.get(path, 0)
        line = bisect_right(self.line_starts, offset)
        return TextPlace(line, offset - self.line_starts[line - 1] + 1)


NOWHERE = Positions({}, {}, ())
"""The positions of values that stand in no text, such as flags."""


def find_positions(text: str) -> Positions:
    """Positions in `text`, whose lines end in LF (or CRLF). Needs as much recursion as `tomllib` does."""
    scan = _Scan(text)
    scan.document()
    starts = (0, *(match.end() for match in re.finditer("\n", text)))
    return Positions(scan.keys, scan.values, starts)


class _Scan:
    """A cursor over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[TomlPath, int] = {}
        self.values: dict[TomlPath, int] = {}
        self.arrays: dict[TomlPath, int] = {}  # arrays of tables and how many elements each has so far

    def document(self) -> None:
        table: TomlPath = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)

    def header(self) -> TomlPath:
        is_element = self.text.startswith("[[", self.at)
        self.at += 2 if is_element else 1
        names = self.dotted_key()
        self.at += 2 if is_element else 1
        path: TomlPath = ()
        for depth, (name, offset) in enumerate(names):
            path = (*path, name)
            self.mark(path, offset, offset)
            last = depth == len(names) - 1
            if last and is_element:
                self.arrays[path] = self.arrays.get(path, 0) + 1
            if path in self.arrays:
                path = (*path, self.arrays[path] - 1)
                self.mark(path, offset, offset)
            elif last:
                self.keys[path] = self.values[path] = offset  # the table's own header, rather than a sub-table's before it
        return path

    def pair(self, table: TomlPath) -> None:
        path = table
        for name, offset in self.dotted_key():
            path = (*path, name)
            self.mark(path, offset, offset)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def mark(self, path: TomlPath, key: int, value: int) -> None:
        self.keys.setdefault(path, key)
        self.values.setdefault(path, value)

    def dotted_key(self) -> list[tuple[str, int]]:
        """`a . "b"` as (name, offset) pairs; the cursor ends on what follows the key and its blanks."""
        names = []
        while True:
            self.skip(_SPACE)
            names.append(self.simple_key())
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def simple_key(self) -> tuple[str, int]:
        start = self.at
        quote = self.text[start]
        if quote == '"':
            raw = self.skip(_BASIC)
            return (next(iter(tomllib.loads(raw + "=0"))) if "\\" in raw else raw[1:-1]), start
        if quote == "'":
            return self.skip(_LITERAL)[1:-1], start
        return self.skip(_BARE_KEY), start

    def value(self, path: TomlPath) -> None:
        self.values[path] = self.at
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        elif first == '"':
            self.skip(_LONG_BASIC if self.text.startswith('"""', self.at) else _BASIC)
        elif first == "'":
            self.skip(_LONG_LITERAL if self.text.startswith("'''", self.at) else _LITERAL)
        else:
            self.skip(_SCALAR)

    def array(self, path: TomlPath) -> None:
        index = 0
        self.enter()
        while self.text[self.at] != "]":
            self.keys[(*path, index)] = self.at
            self.value((*path, index))
            index += 1
            self.next_item()
        self.at += 1

    def inline_table(self, path: TomlPath) -> None:
        self.enter()
        while self.text[self.at] != "}":
            self.pair(path)
            self.next_item()
        self.at += 1

    def enter(self) -> None:
        self.at += 1
        self.skip(_BLANK)

    def next_item(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.enter()

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return match.group()
