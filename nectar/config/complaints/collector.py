"""Collects complaints about one document while it is read, and raises them in file order."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Literal

from nectar.config import codes
from nectar.config.complaints.schema import known_keys
from nectar.config.document.inside import place_inside
from nectar.config.document.load import Document
from nectar.config.document.positions import TomlPath
from nectar.errors import Complaint, PlanError

At = Literal["key", "value"]

_MISSING = object()

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "this text"),
    (int, "this number"),
    (float, "this number"),
    (list, "a list"),
    (dict, "a table"),
    (date, "this date"),
    (time, "this time"),
)

_MAY_HOLD_SECRET = re.compile(r"\S@\S|:[^@]*@|://\S*:|(^|\s)(-p\S|--password|MYSQL_PWD)|passw(or)?d\s*=", re.IGNORECASE)

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

_MAY_STAND_ELSEWHERE = (codes.MISSING_KEY, codes.USELESS_KEY, codes.NOTHING_TO_DO, codes.FOREIGN_ADDRESS, codes.WRONG_KIND)


@dataclass(slots=True)
class Complaints:
    """Grows. It remembers the paths that were complained about, so that later checks skip what is known to be wrong.

    `partial`: an included file, or a database's connection_type, could not be read. Then it does not complain of what may stand
    there or depends on it. `words`: keys that complaints may always repeat, besides those of plans and profiles.
    """

    document: Document
    collected: dict[Complaint, None] = field(default_factory=dict)
    bad: set[TomlPath] = field(default_factory=set)
    around_bad: set[TomlPath] = field(default_factory=set)
    partial: bool = False
    words: Collection[str] = ()

    def add(
        self,
        code: str,
        what: str,
        path: TomlPath,
        *,
        at: At = "value",
        allowed: str = "",
        suggestion: str = "",
        spoils: bool = True,
    ) -> None:
        """Adds a complaint. The empty path means the whole file. `spoils`: false where the value at `path` can be used anyway."""
        if self.partial and code in _MAY_STAND_ELSEWHERE:
            return
        home = self.document.home(path)
        line, col = (home.positions.key if at == "key" else home.positions.value)(path) if path else (0, 0)
        source = _line(home, line)
        self.collected[Complaint(code, what, home.file, line, col, self.dotted(path), allowed, suggestion, source)] = None
        if spoils and path:
            self.bad.add(path)
            self.around_bad.update(path[:length] for length in range(len(path)))

    def add_inside(self, code: str, what: str, path: TomlPath, offset: int, *, allowed: str = "", suggestion: str = "") -> None:
        """Adds a complaint about the character `offset` of the text at `path`."""
        home = self.document.home(path)
        place = place_inside(home.text, home.positions.value(path), offset)
        complaint = Complaint(code, what, home.file, *place, self.dotted(path), allowed, suggestion, _line(home, place.line))
        self.collected[complaint] = None

    def add_elsewhere(self, code: str, what: str, path: TomlPath, file: str, line: int, suggestion: str = "") -> None:
        """Adds a complaint about a line of another file, which the text at `path` names."""
        self.collected[Complaint(code, what, file, line, 1, self.dotted(path), "", suggestion)] = None

    def shows(self, path: TomlPath) -> bool:
        """Whether complaints may repeat the value at `path` (see `Document`)."""
        return self.document.home(path).shown

    def say(self, value: object, path: TomlPath) -> str:
        """`value`, which stands at `path`, as `say` writes it; only its type where it may not be repeated."""
        return say(value) if self.shows(path) else type_name(value)

    def dotted(self, path: TomlPath) -> str:
        """As `dotted`. Of a path that may not be repeated, only keys of plans and profiles and the databases' names are shown."""
        if self.shows(path):
            return dotted(path)
        named = path[:1] == ("databases",) and len(path) > 1 and _DATABASE.fullmatch(str(path[1]))
        return dotted(tuple(step if self._known(step) or (at == 1 and named) else "***" for at, step in enumerate(path)))

    def name(self, path: TomlPath) -> str:
        """What to call a value: its key, and for a list's entry the list's."""
        if len(path) > 1 and isinstance(path[-1], int):
            return f"an entry of {self.name(path[:-1])}"
        if path and not self.shows(path) and not self._known(path[-1]):
            return "this"
        return str(path[-1]) if path else "this"

    def _known(self, step: str | int) -> bool:
        return isinstance(step, int) or step in known_keys() or step in self.words

    def sound(self, path: TomlPath) -> bool:
        """Whether nothing at `path`, around it or inside it was complained about."""
        return path not in self.around_bad and not any(path[:length] in self.bad for length in range(len(path) + 1))

    def get(self, path: TomlPath, default: Any) -> Any:
        """The value at `path`; `default` where it is missing or was complained about."""
        value = self._at(path)
        return value if value is not _MISSING and self.sound(path) else default

    def indexes(self, path: TomlPath) -> range:
        """The indexes of the list of tables at `path`; empty where anything else stands there."""
        tables = self._at(path)
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables) or path in self.bad:
            return range(0)
        return range(len(tables))

    def sound_items(self, path: TomlPath) -> tuple[tuple[str, Any], ...]:
        """(key, value) of the table at `path` that were not complained about, in the keys' order."""
        table = self._at(path)
        items = table.items() if isinstance(table, dict) and path not in self.bad else ()
        return tuple(sorted((key, value) for key, value in items if self.sound((*path, key))))

    def _at(self, path: TomlPath) -> Any:
        value: Any = self.document.data
        for step in path:
            inside = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list) and step < len(value)
            if not inside or (isinstance(value, dict) and step not in value):
                return _MISSING
            value = value[step]
        return value

    def has(self, path: TomlPath) -> bool:
        """Whether the document has a value at `path`, right or wrong."""
        return self._at(path) is not _MISSING

    def raise_any(self) -> None:
        """Errors: PlanError with every complaint, in file order, the document's own file first."""
        if self.collected:
            files = [
                self.document.file,
                *(piece.file for piece in self.document.pieces.values()),
                *(complaint.file for complaint in self.collected),
            ]
            rank = {file: at for at, file in enumerate(dict.fromkeys(files))}
            raise PlanError(sorted(self.collected, key=lambda c: (rank[c.file], c.line, c.col, c.code, c.what)))


def _line(home: Document, number: int) -> str:
    """The text of a line, where it may be shown."""
    lines = home.text.split("\n") if home.shown else []
    return lines[number - 1] if 0 < number <= len(lines) else ""


def type_name(value: object) -> str:
    """A value's type in words, which says nothing of the value."""
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return "this value"


def dotted(path: TomlPath) -> str:
    """``filters.pool_filter[1]``. A key that looks like a connection text with a password is not repeated."""
    text = ""
    for step in path:
        if isinstance(step, str) and not may_be_shown(step):
            step = "***"
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def may_be_shown(text: str) -> bool:
    """False for a text that looks like a connection text with a password."""
    return _MAY_HOLD_SECRET.search(text) is None


def say(value: object) -> str:
    """A value as a person wrote it in TOML, cut short; not at all when it looks like a connection text with a password."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not may_be_shown(value):
        return "a text that may hold a password"
    if isinstance(value, str):
        text = value if len(value) <= 60 else value[:57] + "..."
        return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + '"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
