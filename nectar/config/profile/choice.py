"""Which databases a profile has, and which of them is chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, say
from nectar.config.document.positions import TomlPath

UNNAMED = "database"
"""The name of the database of a profile without names."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def database_paths(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The paths of the databases' tables; for a profile without names, the one path that it would have."""
    named = data.get("databases")
    return [("databases", name) for name in named] if isinstance(named, dict) and named else [(UNNAMED,)]


def chosen_path(data: Mapping[str, Any], name: str | None) -> tuple[str, ...] | None:
    """The path of the chosen table; None where none is chosen."""
    paths = database_paths(data)
    if paths == [(UNNAMED,)]:
        return paths[0]
    wanted = name or data.get("default") or (paths[0][-1] if len(paths) == 1 else None)
    return next((path for path in paths if path[-1] == wanted), None)


def check_choice(complaints: Complaints, name: str | None) -> None:
    """Complains of databases that cannot be told apart, and of a choice that leads nowhere."""
    names = [str(path[-1]) for path in database_paths(complaints.document.data) if path != (UNNAMED,)]
    if complaints.has(("databases",)) and complaints.has(("database",)):
        what = "there are both [database] and [databases]"
        hint = "write [database] as [databases.NAME] too"
        complaints.add(codes.CONTRADICTION, what, ("databases",), at="key", suggestion=hint, spoils=False)
    if complaints.get(("databases",), None) == {}:
        complaints.add(codes.EMPTY, "[databases] is empty", ("databases",), at="key", suggestion="write [databases.NAME]")
    for database in names:
        if not _NAME.fullmatch(database):
            what = "a database's name has other characters, or is too long"
            complaints.add(
                codes.BAD_FORM, what, ("databases", database), at="key", allowed="1 to 64 of A-Z a-z 0-9 _ -", spoils=False
            )
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
        complaints.add(codes.USELESS_KEY, "default chooses among [databases], and there are none", ("default",), at="key")
    elif default is not None and default not in names:
        _no_such(complaints, default, names, ("default",))


def _no_such(complaints: Complaints, name: str, names: list[str], at: TomlPath) -> None:
    """The complaint repeats `name` where the command line or the environment gave it, not where the profile says it."""
    named = [database for database in names if _NAME.fullmatch(database)]
    close = get_close_matches(name[:100], named, 1)
    hint = f"did you mean {say(close[0])}?" if close else "" if names else "leave --database and NECTAR_DATABASE out"
    what = f"there is no database {say(name)} in this profile" if not at else "there is no such database in this profile"
    complaints.add(codes.NO_SUCH_DATABASE, what, at, allowed=", ".join(named), suggestion=hint)
