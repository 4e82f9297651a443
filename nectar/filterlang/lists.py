"""Lists that stand in files: `in @file("wallets.txt")`."""

from __future__ import annotations

from typing import Any

from nectar.filterlang import codes
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import T
from nectar.filterlang.literals import BadLiteral, value_of
from nectar.filterlang.names import Names
from nectar.filterlang.scopes import Field


def file_values(names: Names, file: s.File, what: Field) -> set[Any] | None:
    """One literal a line; empty lines and what follows # do not count."""
    path = names.setting.folder / file.path
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        names.slip(codes.BAD_FILE, f"{file.path} cannot be read: {why}", file.at, "paths are relative to the plan's folder")
        return None
    values: dict[Any, int] = {}
    before = len(names.slips)
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if text:
            _entry(names, text, what, values, str(path), number, file.at)
    if len(names.slips) > before:
        return None
    if not values:
        names.slip(codes.BAD_FILE, f"{file.path} has no entries", file.at, "write one a line")
        return None
    return set(values)


def _entry(names: Names, text: str, what: Field, values: dict[Any, int], path: str, number: int, at: s.Span) -> None:
    try:
        value = value_of(_literal_of(text, what), what, names.setting.network)
    except BadLiteral as error:
        names.slips.append(s.Slip(error.code, error.what, at, error.hint, "", path, number))
        return
    if value in values:
        said = f"this stands in line {values[value]} already"
        names.slips.append(s.Slip(codes.REPEATED, said, at, "leave one out", "", path, number))
    values.setdefault(value, number)


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
