"""TOML file -> plain values, with the line and column of every key and value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nectar.config import codes
from nectar.config.positions import Positions, TomlPath, find_positions
from nectar.errors import Complaint, PlanError

_PLACE_IN_MESSAGE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_DEEPEST = 32                      # far more than any key has, far less than recursion can bear
_TOO_DEEP = "lists or tables are nested too deeply"


@dataclass(frozen=True, slots=True)
class Document:
    """`file` is the name that complaints give; `data` is what tomllib made of the text (dates are `datetime` values);
    `text` has LF at its lines' ends.

    `pieces`: which other document says what stands at a path, where several were laid together (see `merge`).
    """

    file: str
    data: Mapping[str, Any]
    positions: Positions
    text: str = ""
    pieces: Mapping[TomlPath, Document] = field(default_factory=dict)

    def home(self, path: TomlPath) -> Document:
        """The document that says what stands at `path`."""
        while path and path not in self.pieces:
            path = path[:-1]
        return self.pieces.get(path, self)

    def folder(self, path: TomlPath) -> Path:
        """What a relative path that stands at `path` is relative to."""
        return Path(self.home(path).file).parent


def load_file(path: Path) -> Document:
    """Errors: PlanError NEC-P001 (not TOML), NEC-P002 (not there, not readable, not UTF-8)."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start:,} is not UTF-8") from error
    except ValueError as error:                                   # a NUL in the name
        raise _unreadable(path, str(error)) from error
    return load_text(text, str(path))


def load_text(text: str, file: str) -> Document:
    """`file` is only named in complaints. Errors: PlanError NEC-P001."""
    text = text.replace("\r\n", "\n")
    try:
        document = Document(file, tomllib.loads(text), find_positions(text), text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, file, str(error)) from error
    except RecursionError as error:
        raise _syntax(text, file, _TOO_DEEP) from error
    except ValueError as error:                                   # thousands of digits: Python's own limit
        raise _syntax(text, file, "a number is far too long") from error
    if max(map(len, document.positions.values), default=0) > _DEEPEST:
        raise _syntax(text, file, _TOO_DEEP)
    return document


def _unreadable(path: Path, why: str) -> PlanError:
    what = f"cannot read this file: {why}"
    return PlanError([Complaint(codes.UNREADABLE, what, str(path), suggestion="give the path of a UTF-8 TOML file")])


def _syntax(text: str, file: str, message: str) -> PlanError:
    """tomllib says the place in its message's tail."""
    place = _PLACE_IN_MESSAGE.search(message)
    line, col = 0, 0
    if place is not None:
        message = message[: place.start()]
        lines = text.split("\n")
        line, col = (int(place[1]), int(place[2])) if place[1] else (len(lines), len(lines[-1]) + 1)
    return PlanError([Complaint(codes.SYNTAX, f"this is not TOML: {message}", file, line, col, suggestion=_hint(message))])


def _hint(message: str) -> str:
    if message.startswith("Invalid value"):
        return 'texts stand in quotes: network = "preview"'
    if message.startswith(("Cannot overwrite a value", "Cannot declare")):
        return "each key and each [section] may stand only once"
    return ""
