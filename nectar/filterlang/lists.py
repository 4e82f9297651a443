"""Lists in files: `in @file("wallets.txt")`. No message shows what a file holds."""

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
SHOWN = 20
"""Faulty lines of one file that become complaints; further ones are counted."""


def file_values(names: Names, file: s.File, what: Field) -> set[Any] | None:
    """The values of a file: one literal a line, without empty lines and comments after #. None after a slip."""
    path = names.setting.folder / file.path
    try:
        lines = reading.read_text(path, reading.LIST).splitlines()
    except OSError as error:
        fault = f"{file.path} cannot be read: {error.strerror}"
        names.slip(codes.BAD_FILE, fault, file.at, "paths are relative to the plan's folder")
        return None
    values: dict[Any, int] = {}
    wrong = 0
    for number, text in _entries(lines):
        slip = _entry(names, text, what, values, number)
        if slip is not None:
            wrong += 1
            if wrong <= SHOWN:
                code, fault, hint = slip
                names.slips.append(s.Slip(code, fault, file.at, hint, "", str(path), number))
    if wrong > SHOWN:
        more = f"{wrong - SHOWN:,} more lines of {file.path} are wrong"
        names.slip(codes.BAD_FILE, more, file.at, f"the first {SHOWN} are listed")
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
    """(code, what, hint) of a faulty entry. The file may be one that nobody should see, so the message names only what was
    expected."""
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
        return codes.REPEATED, f"line {values[value]} has the same entry", "leave one out"
    values[value] = number
    return None


def _value(names: Names, text: str, what: Field) -> Any:
    """The entry's value; None for an obvious misfit: guessing at what was meant, or checking a very long line, costs too much."""
    if (what.choices and text not in what.choices) or (what.type is not T.TEXT and len(text) > LONGEST):
        return None
    return value_of(_literal_of(text, what), what, names.setting.network)


def _literal_of(text: str, what: Field) -> s.Literal:
    """The literal of an entry. Texts in a file have no quotes."""
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
