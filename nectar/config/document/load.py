"""TOML file -> plain values, with the line and column of every key and value."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nectar import reading
from nectar.config import codes
from nectar.config.document.positions import Positions, TomlPath, find_positions
from nectar.errors import Complaint, PlanError

_PLACE_IN_MESSAGE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_PROFILE = re.compile(r"""^\s*\[?\s*["']?(database|databases|tunnel)["']?\s*[].=]""", re.MULTILINE)

_TWICE = ("Cannot overwrite a value", "Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate inline table key")
_QUOTING = {
    **dict.fromkeys(_TWICE, "this stands here for the second time"),
    "Illegal character": "a character that cannot stand here",
    "Found invalid character": "a character that cannot stand here",
}
"""How tomllib's messages begin that quote the text -> the words used instead."""

_DEEPEST = 32  # far more than any key has, far less than recursion can bear
_TOO_DEEP = "lists or tables are nested too deeply"


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text. `file` is the name that complaints give; `data` is what tomllib reads (dates are `datetime` values); the lines
    of `text` end in LF.

    `pieces`: path -> the document that says the value there, where several were laid over each other (see `overlay`).
    `shown`: whether complaints may repeat the text. A plan that was named on the command line may be shown. A file that a plan
    or a profile names may not: it could be anybody's.
    """

    file: str
    data: Mapping[str, Any]
    positions: Positions
    text: str = ""
    pieces: Mapping[TomlPath, Document] = field(default_factory=dict)
    shown: bool = False

    def home(self, path: TomlPath) -> Document:
        """The document that says the value at `path`."""
        while path and path not in self.pieces:
            path = path[:-1]
        return self.pieces.get(path, self)

    def folder(self, path: TomlPath) -> Path:
        """The folder that a relative path, said at `path`, counts from."""
        return Path(self.home(path).file).parent


def load_file(path: Path, *, shown: bool = False) -> Document:
    """`shown` as in `Document`, but never where a link leads elsewhere, or the text is a profile's.

    Errors: PlanError NEC-P001 (not TOML), NEC-P002 (not there, no regular file, too large, not UTF-8).
    """
    try:
        text = reading.read_text(path, reading.TOML)
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    return load_text(text, str(path), shown=shown and not _leads_out(path))


def load_text(text: str, file: str, *, shown: bool = False) -> Document:
    """`file` is only named in complaints. Errors: PlanError NEC-P001."""
    text = text.replace("\r\n", "\n")
    shown = shown and _PROFILE.search(text) is None
    try:
        document = Document(file, tomllib.loads(text), find_positions(text), text, shown=shown)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, file, str(error), shown) from None
    except RecursionError:
        raise _syntax(text, file, _TOO_DEEP) from None
    except ValueError:  # thousands of digits: Python's own limit
        raise _syntax(text, file, "a number is far too long") from None
    if max(map(len, document.positions.values), default=0) > _DEEPEST:
        raise _syntax(text, file, _TOO_DEEP)
    return document


def _leads_out(path: Path) -> bool:
    """Whether a link leads out of the file's folder, or out of the working folder: anybody may have written the link."""
    real, folder, working = os.path.realpath(path), os.path.realpath(path.parent), os.getcwd()
    within = Path(os.path.abspath(path)).is_relative_to(working)
    return not Path(real).is_relative_to(folder) or (within and not Path(real).is_relative_to(working))


def _unreadable(path: Path, why: str) -> PlanError:
    what = f"cannot read this file: {why}"
    return PlanError([Complaint(codes.UNREADABLE, what, str(path), suggestion="give the path of a UTF-8 TOML file")])


def _syntax(text: str, file: str, message: str, shown: bool = False) -> PlanError:
    """tomllib's message ends in the place and may quote the text before it: only tomllib's own words are repeated."""
    place = _PLACE_IN_MESSAGE.search(message)
    line, col, source = 0, 0, ""
    if place is not None:
        lines = text.split("\n")
        line, col = (int(place[1]), int(place[2])) if place[1] else (len(lines), len(lines[-1]) + 1)
        source = lines[line - 1] if shown else ""
        message = message[: place.start()]
    reason = next((words for start, words in _QUOTING.items() if message.startswith(start)), message)
    what = f"this is not TOML: {reason}"
    return PlanError([Complaint(codes.SYNTAX, what, file, line, col, suggestion=_hint(message), source=source)])


def _hint(message: str) -> str:
    if message.startswith("Invalid value"):
        return 'texts stand in quotes: network = "preview"'
    if message.startswith(_TWICE):
        return "each key and each [section] may stand only once"
    return ""
