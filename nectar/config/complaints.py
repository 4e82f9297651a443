"""Complaints about one document, gathered while it is read and given in file order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from nectar.config import codes
from nectar.config.inside import place_inside
from nectar.config.load import Document
from nectar.config.positions import TomlPath
from nectar.errors import Complaint, PlanError

At = Literal["key", "value"]

_MAY_HOLD_SECRET = re.compile(r"\S@\S|:[^@]*@|://\S*:|(^|\s)(-p\S|--password|MYSQL_PWD)|passw(or)?d\s*=", re.IGNORECASE)

_MAY_STAND_ELSEWHERE = (codes.MISSING_KEY, codes.USELESS_KEY, codes.NOTHING_TO_DO, codes.FOREIGN_ADDRESS)


@dataclass(slots=True)
class Complaints:
    """Grows. Paths complained about are remembered, so that later checks leave alone what is known to be wrong.

    `partial`: a file that the document includes could not be read, so nothing is said of what may stand there.
    """

    document: Document
    found: dict[Complaint, None] = field(default_factory=dict)
    bad: set[TomlPath] = field(default_factory=set)
    around_bad: set[TomlPath] = field(default_factory=set)
    partial: bool = False

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
        """The empty path means the whole file. `spoils`: false when the value at `path` can be used all the same."""
        if self.partial and code in _MAY_STAND_ELSEWHERE:
            return
        home = self.document.home(path)
        line, col = (home.positions.key if at == "key" else home.positions.value)(path) if path else (0, 0)
        self.found[Complaint(code, what, home.file, line, col, dotted(path), allowed, suggestion)] = None
        if spoils and path:
            self.bad.add(path)
            self.around_bad.update(path[:length] for length in range(len(path)))

    def add_inside(
        self,
        code: str,
        what: str,
        path: TomlPath,
        offset: int,
        *,
        allowed: str = "",
        suggestion: str = "",
        file: str = "",
        line: int = 0,
    ) -> None:
        """About the character `offset` of the text at `path`; or about another file's line, which that text names."""
        home = self.document.home(path)
        place = place_inside(home.text, home.positions.value(path), offset)
        at = (file, line, 1) if file else (home.file, *place)
        self.found[Complaint(code, what, *at, dotted(path), allowed, suggestion)] = None

    def sound(self, path: TomlPath) -> bool:
        """Whether neither `path`, nor anything around or inside it, was complained about."""
        return path not in self.around_bad and not any(path[:length] in self.bad for length in range(len(path) + 1))

    def get(self, path: TomlPath, default: Any) -> Any:
        """The value at `path`; `default` when it is not there, or not as it should be."""
        here: Any = self.document.data
        for step in path:
            if not isinstance(here, dict) or step not in here:
                return default
            here = here[step]
        return here if self.sound(path) else default

    def has(self, path: TomlPath) -> bool:
        """Whether the document says `path` at all, right or wrong."""
        missing = object()
        here: Any = self.document.data
        for step in path:
            here = here.get(step, missing) if isinstance(here, dict) else missing
        return here is not missing

    def raise_any(self) -> None:
        """Errors: PlanError with everything found, in file order, the document's own file first."""
        if self.found:
            files = [self.document.file, *(piece.file for piece in self.document.pieces.values()), *(c.file for c in self.found)]
            rank = {file: at for at, file in enumerate(dict.fromkeys(files))}
            raise PlanError(sorted(self.found, key=lambda c: (rank[c.file], c.line, c.col, c.code, c.what)))


def dotted(path: TomlPath) -> str:
    """``filters.pool_filter[1]``. A key that looks like a connection text with a password is not repeated."""
    text = ""
    for step in path:
        if isinstance(step, str) and _MAY_HOLD_SECRET.search(step):
            step = "***"
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def say(value: object) -> str:
    """A value as a person wrote it in TOML, cut short; not at all when it looks like a connection text with a password."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and _MAY_HOLD_SECRET.search(value):
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
