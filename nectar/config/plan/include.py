"""`include`: lays the plans that a plan takes keys from under it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.complaints.schema_check import check_schema
from nectar.config.document.load import Document, load_file
from nectar.config.document.overlay import overlaid
from nectar.config.document.positions import TomlPath
from nectar.errors import Complaint, PlanError

_DEEPEST = 32

Collected = dict[Complaint, None]


@dataclass(frozen=True, slots=True)
class _Walk:
    """Grows. `whole`: real path -> the file laid over everything it includes. No file is read twice."""

    collected: Collected = field(default_factory=dict)
    whole: dict[str, Document] = field(default_factory=dict)


def with_includes(document: Document) -> tuple[Document, Collected]:
    """`document` over everything it includes, and complaints about files that could not be included."""
    walk = _Walk()
    return _whole(walk, document, (os.path.realpath(document.file),)), walk.collected


def _whole(walk: _Walk, document: Document, around: tuple[str, ...]) -> Document:
    """`document` over everything it includes. `around`: real paths from the outermost file to `document` itself."""
    complaints = Complaints(document, walk.collected)
    below: Document | None = None
    for at, entry in _entries(complaints):
        part = _part(walk, complaints, at, entry, around)
        if part is not None:
            below = part if below is None else overlaid(below, part)
    return document if below is None else overlaid(below, document)


def _entries(complaints: Complaints) -> Iterator[tuple[TomlPath, str]]:
    """(place, entry) of those that can be paths. The schema complains of the others."""
    entries = complaints.document.data.get("include")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        at: TomlPath = ("include", index)
        if not isinstance(entry, str) or not entry or "\0" in entry:
            continue
        if entry.startswith("~"):
            what = "an entry of include begins with ~, which is not expanded"
            complaints.add(codes.BAD_FORM, what, at, suggestion="write the whole path")
            continue
        yield at, entry


def _part(walk: _Walk, complaints: Complaints, at: TomlPath, entry: str, around: tuple[str, ...]) -> Document | None:
    path = complaints.document.folder(at) / entry
    real = os.path.realpath(path)
    if real in around:
        names = " -> ".join(Path(file).name for file in (*around[around.index(real) :], real))
        complaints.add(codes.INCLUDE_CYCLE, f"files include each other in a circle: {names}", at, suggestion="leave it out")
        return None
    if len(around) > _DEEPEST:
        what = f"files include each other more than {_DEEPEST} deep"
        complaints.add(codes.INCLUDE_CYCLE, what, at, suggestion="include it further out")
        return None
    if real not in walk.whole:
        part = _load(complaints, at, entry, path)
        if part is None:
            return None
        walk.whole[real] = _inner(_whole(walk, part, (*around, real)))
    return walk.whole[real]


def _load(complaints: Complaints, at: TomlPath, entry: str, path: Path) -> Document | None:
    """The included file. A complaint about it stands at the entry, and says where in the file to look."""
    try:
        document = load_file(path)
    except PlanError as error:
        wrong = error.complaints[0]
        if wrong.code == codes.SYNTAX:
            what = f"{complaints.say(entry, at)} is not TOML{wrong.what.removeprefix('this is not TOML')}"
            complaints.add(codes.INCLUDE_SYNTAX, what, at, suggestion=f"look at {wrong.place}")
        else:
            what = f"cannot include {complaints.say(entry, at)}: {wrong.what.removeprefix('cannot read this file: ')}"
            complaints.add(codes.INCLUDE_UNREADABLE, what, at, suggestion="give a path relative to this file's folder")
        return None
    if "include" in document.data:
        own = Complaints(replace(document, data={"include": document.data["include"]}), complaints.collected)
        check_schema(own, "plan")
    return document


def _inner(document: Document) -> Document:
    """The document without its own `include`, which was followed."""
    return replace(document, data={key: value for key, value in document.data.items() if key != "include"})
