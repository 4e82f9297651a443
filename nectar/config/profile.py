"""A connection profile as a frozen value: which database the rows go to. This version writes to SQLite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nectar.config import codes
from nectar.config.check import check_schema
from nectar.config.complaints import Complaints
from nectar.config.load import Document, load_file, load_text

_CLEAR_PASSWORD = re.compile(r"[^\s:@/]*:[^\s@]+@|(^|\s)(-p|--password=)\S", re.ASCII)
_SQLITE_KEYS = ("connection_type", "path")


@dataclass(frozen=True, slots=True)
class Profile:
    """`path` is the database file, made when it is not there."""

    connection_type: Literal["sqlite"] = "sqlite"
    path: Path = Path("nectar.db")


DEFAULT_PROFILE = Profile()
"""What holds without any profile: SQLite in ./nectar.db."""


def load_profile(path: Path) -> Profile:
    """A relative database path counts from the profile's folder. Errors: PlanError with every complaint, in file order."""
    return _read(load_file(path), path)


def parse_profile(text: str, path: Path) -> Profile:
    """As `load_profile`, of a text that is at hand; `path` is where it would stand, which need not exist."""
    return _read(load_text(text, str(path)), path)


def _read(document: Document, path: Path) -> Profile:
    complaints = Complaints(document)
    check_schema(complaints, "profile")
    _check_dsn(complaints)
    kind = complaints.get(("database", "connection_type"), "sqlite")
    if kind != "sqlite":
        complaints.add(
            codes.NOT_YET,
            f'database servers ("{kind}") are not yet available in this version',
            ("database", "connection_type"),
            allowed='"sqlite"',
            suggestion='write connection_type = "sqlite" and path = "nectar.db"',
        )
    elif complaints.sound(("database", "connection_type")):
        _check_useless(complaints)
    file = complaints.get(("database", "path"), DEFAULT_PROFILE.path)
    if str(file).startswith("~"):
        at = ("database", "path")
        complaints.add(codes.BAD_FORM, "path begins with ~, which is not expanded", at, suggestion="write the whole path")
    complaints.raise_any()
    return Profile("sqlite", path.parent / file)


def _check_dsn(complaints: Complaints) -> None:
    dsn = complaints.get(("database", "custom_dsn"), "")
    if _CLEAR_PASSWORD.search(dsn):
        complaints.add(
            codes.CLEAR_SECRET,
            "custom_dsn holds a password",
            ("database", "custom_dsn"),
            suggestion='change it, leave it out there, and write password = { env = "NECTAR_DB_PASSWORD" }',
        )


def _check_useless(complaints: Complaints) -> None:
    """SQLite takes a path only: whatever else stands there was meant for a server."""
    given = complaints.document.data.get("database", {})
    for key in given if isinstance(given, dict) else ():
        if key not in _SQLITE_KEYS and complaints.sound(("database", key)):
            what = f"{key} does nothing for SQLite, which is the connection_type unless another is said"
            complaints.add(codes.USELESS_KEY, what, ("database", key), at="key", suggestion="leave it out")
