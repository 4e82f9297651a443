"""Which databases a profile has, and which of them is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, say
from nectar.config.document.positions import TomlPath

ONLY = "database"
"""What the database of a profile without names is called."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def database_paths(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Where the databases' tables stand; of a profile without names, the one place where it would."""
    named = data.get("databases")
    return [("databases", one) for one in named] if isinstance(named, dict) and named else [(ONLY,)]


def chosen(data: Mapping[str, Any], name: str | None) -> tuple[str, ...] | None:
    """The path of the table that is meant; None when that is not said."""
    there = database_paths(data)
    if there == [(ONLY,)]:
        return there[0]
    wanted = name or data.get("default") or (there[0][-1] if len(there) == 1 else None)
    return next((place for place in there if place[-1] == wanted), None)


def check_choice(complaints: Complaints, name: str | None) -> None:
    """Complains of databases that cannot be told apart, and of a choice that leads nowhere."""
    names = [str(place[-1]) for place in database_paths(complaints.document.data) if place != (ONLY,)]
    if complaints.has(("databases",)) and complaints.has(("database",)):
        what = "there are both [database] and [databases]"
        hint = "write [database] as [databases.NAME] too"
        complaints.add(codes.CONTRADICTION, what, ("databases",), at="key", suggestion=hint, spoils=False)
    if complaints.get(("databases",), None) == {}:
        complaints.add(codes.EMPTY, "databases has none", ("databases",), at="key", suggestion="write [databases.NAME]")
    for one in names:
        if not _NAME.fullmatch(one):
            what = "a database's name has other characters, or is too long"
            complaints.add(codes.BAD_FORM, what, ("databases", one), at="key", allowed="1 to 64 of A-Z a-z 0-9 _ -", spoils=False)
    _check_default(complaints, names)
    if name is not None and name not in names:
        _no_such(complaints, name, names, ())
    if name is None and len(names) > 1 and not complaints.has(("default",)):
        what = f"there are {len(names)} databases, and none is chosen"
        first = say(names[0]) if _NAME.fullmatch(names[0]) else '".."'
        hint = f"write default = {first} above the first [table], or give --database"
        complaints.add(codes.NO_SUCH_DATABASE, what, (), suggestion=hint)


def _check_default(complaints: Complaints, names: list[str]) -> None:
    default = complaints.get(("default",), None)
    if default is not None and not names:
        complaints.add(codes.USELESS_KEY, "default chooses among [databases], which there are none of", ("default",), at="key")
    elif default is not None and default not in names:
        _no_such(complaints, default, names, ("default",))


def _no_such(complaints: Complaints, name: str, names: list[str], at: TomlPath) -> None:
    """`name` is told when it was given, and not when the profile says it."""
    named = [one for one in names if _NAME.fullmatch(one)]
    close = get_close_matches(name[:100], named, 1)
    hint = f"did you mean {say(close[0])}?" if close else "" if names else "leave --database and NECTAR_DATABASE out"
    what = f"there is no database {say(name)} in this profile" if not at else "there is no such database in this profile"
    complaints.add(codes.NO_SUCH_DATABASE, what, at, allowed=", ".join(named), suggestion=hint)
