"""Lists that stand in files: `in @file("wallets.txt")`. Nothing of what stands in one is ever told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nectar import reading
from nectar.filterlang import codes
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import T
from nectar.filterlang.literals import BadLiteral, expected_form, value_of
from nectar.filterlang.names import Names
from nectar.filterlang.scopes import Field

LONGEST = 1_024  # characters of an entry that is no text: no address is nearly as long
TOLD = 20
"""Lines of one file that are complained about; of the others the number."""


def file_values(names: Names, file: s.File, what: Field) -> set[Any] | None:
    """One literal a line; empty lines and what follows # do not count."""
    path = names.setting.folder / file.path
    try:
        lines = reading.read_text(path, reading.LIST).splitlines()
    except OSError as error:
        what_is = f"{file.path} cannot be read: {error.strerror}"
        names.slip(codes.BAD_FILE, what_is, file.at, "paths are relative to the plan's folder")
        return None
    values: dict[Any, int] = {}
    wrong = 0
    for number, text in _entries(lines):
        slip = _entry(names, text, what, values, number)
        if slip is not None:
            wrong += 1
            if wrong <= TOLD:
                code, said, hint = slip
                names.slips.append(s.Slip(code, said, file.at, hint, "", str(path), number))
    if wrong > TOLD:
        more = f"{wrong - TOLD:,} more lines of {file.path} are wrong"
        names.slip(codes.BAD_FILE, more, file.at, f"the first {TOLD} are told one by one")
    if wrong:
        return None
    if not values:
        names.slip(codes.BAD_FILE, f"{file.path} has no entries", file.at, "write one a line")
        return None
    return set(values)


def _entries(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if text:
            yield number, text


def _entry(names: Names, text: str, what: Field, values: dict[Any, int], number: int) -> tuple[str, str, str] | None:
    """Code, what and hint, when something is wrong with it. The file may be one that nobody should see: what is wrong is said
    by what was expected."""
    code = codes.BAD_LITERAL
    try:
        value = _value(names, text, what)
    except BadLiteral as error:
        value, code = None, error.code
    if value is None:
        if code == codes.FOREIGN:
            return code, f"this belongs to another network than {names.setting.network.name}", "check [plan] network"
        return code, f"this line is not {what.type.value}", expected_form(what)
    if value in values:
        return codes.REPEATED, f"this stands in line {values[value]} already", "leave one out"
    values[value] = number
    return None


def _value(names: Names, text: str, what: Field) -> Any:
    """None for what is plainly none: looking for what was meant, and for a checksum in very long lines, costs much."""
    if (what.choices and text not in what.choices) or (what.type is not T.TEXT and len(text) > LONGEST):
        return None
    return value_of(_literal_of(text, what), what, names.setting.network)


def _literal_of(text: str, what: Field) -> s.Literal:
    """An entry of a file, where texts stand bare."""
    if what.type is T.TEXT:
        return s.Literal("text", text)
    if text.startswith("0x"):
        return s.Literal("hex", text)
    if text.replace("_", "").lstrip("-").isdigit():
        return s.Literal("integer", text)
    if what.type is T.TIME:
        return s.Literal("date", text)
    if what.type is T.LOVELACE and len(text.split()) == 2 and text.split()[1] in ("ada", "lovelace"):
        return s.Literal("amount", text)
    return s.Literal("identifier", text)
