"""A connection profile as frozen values: which databases rows can go to, and which one they go to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.complaints.schema_check import check_schema
from nectar.config.document.load import Document, load_file, load_text
from nectar.config.document.lookup import table_at
from nectar.config.document.overlay import overlaid
from nectar.config.document.positions import NOWHERE
from nectar.config.profile.choice import check_choice, chosen_path, database_paths
from nectar.config.profile.custom_dsn import read_custom_dsn, with_kinds
from nectar.config.profile.database import check_sections_are_used, read_database
from nectar.config.profile.environment import CHOICE, PASSWORD, is_any, overrides, unknown_variables
from nectar.config.profile.model import DEFAULT_TARGET, Server, Target
from nectar.errors import Complaint, PlanError


class ProfileError(PlanError):
    """`connection_type` is that of the chosen database; None where it is not known."""

    def __init__(self, complaints: Sequence[Complaint], connection_type: str | None) -> None:
        super().__init__(complaints)
        self.connection_type = connection_type


@dataclass(frozen=True, slots=True)
class Databases:
    """Those of a profile. `databases` by name, in the profile's order; `default` is the one that was chosen."""

    databases: Mapping[str, Target]
    default: str

    @property
    def target(self) -> Target:
        return self.databases[self.default]


def load_profile(path: Path | None, name: str | None = None, environment: Mapping[str, str] = os.environ) -> Target:
    """The database that rows go to: `name`, else NECTAR_DATABASE, else the profile's default. `path` None: no profile.

    NECTAR_DB_.. variables override the profile. Relative paths count from the profile's folder.
    Errors: PlanError with every complaint about any of its databases, in file order.
    """
    if path is not None:
        return _read(load_file(path), name, environment).target
    name = name or environment.get(CHOICE)
    if name is None and not is_any(environment):
        _refuse([*unknown_variables(environment, {})])
        return DEFAULT_TARGET
    return _read(Document("the environment", {}, NOWHERE), name, environment).target


def load_databases(path: Path, environment: Mapping[str, str] = os.environ) -> Databases:
    """As `load_profile`, with all of its databases."""
    return _read(load_file(path), None, environment)


def parse_profile(text: str, path: Path, name: str | None = None, environment: Mapping[str, str] | None = None) -> Target:
    """As `load_profile`, of a text in memory. `path` is where the file would be; it need not exist."""
    return _read(load_text(text, str(path)), name, environment or {}).target


def _read(document: Document, name: str | None, environment: Mapping[str, str]) -> Databases:
    name = name or environment.get(CHOICE) or None
    meant, secrets = chosen_path(document.data, name), _clear_secrets(document)
    if meant is not None:
        document = _with_overrides(document, meant, environment)
    document = with_kinds(document, database_paths(document.data))
    complaints = Complaints(document)
    complaints.collected.update(dict.fromkeys([*secrets, *unknown_variables(environment, document.data)]))
    check_schema(complaints, "profile")
    check_choice(complaints, name)
    paths = database_paths(document.data)
    databases = {path[-1]: read_database(complaints, path, files=path == meant) for path in paths}
    kinds_are_sound = all(complaints.sound((*path, "connection_type")) for path in paths)
    if kinds_are_sound and not any(isinstance(target, Server) for target in databases.values()):
        check_sections_are_used(complaints)
    try:
        complaints.raise_any()
    except PlanError as error:
        path = (*(meant or ()), "connection_type")
        known = meant is not None and complaints.sound(path)
        raise ProfileError(error.complaints, str(complaints.get(path, "sqlite")) if known else None) from None
    assert meant is not None
    return Databases(databases, meant[-1])


def _clear_secrets(document: Document) -> list[Complaint]:
    """Complaints about secrets written out in the profile itself: a variable that overrides one must not hide it."""
    complaints = Complaints(document)
    check_schema(complaints, "profile")
    for path in database_paths(document.data):
        read_custom_dsn(complaints, path)
    return [complaint for complaint in complaints.collected if complaint.code == codes.CLEAR_SECRET]


def _with_overrides(document: Document, table: tuple[str, ...], environment: Mapping[str, str]) -> Document:
    """SQLite ignores NECTAR_DB_PASSWORD, which may be set for another profile."""
    others = {name: value for name, value in environment.items() if name != PASSWORD}
    document = with_kinds(reduce(overlaid, overrides(others, table), document), [table])
    if table_at(document.data, table).get("connection_type") in (None, "sqlite"):
        return document
    if environment.get(PASSWORD):
        document = replace(document, data=_without(document.data, (*table, "password")))
    return reduce(overlaid, overrides(environment, table), document)


def _without(data: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    """`data` without the value at `path`: otherwise two references to a secret would be merged into one table."""
    key, inner = path[0], data.get(path[0])
    if len(path) == 1:
        return {name: value for name, value in data.items() if name != key}
    return {**data, key: _without(inner, path[1:])} if isinstance(inner, dict) else data


def _refuse(complaints: list[Complaint]) -> None:
    if complaints:
        raise PlanError(complaints)
