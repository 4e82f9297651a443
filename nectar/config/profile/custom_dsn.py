"""custom_dsn beside the other keys of its table: whether it is used, and that no key is said twice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted
from nectar.config.complaints.schema_messages import seal_hint
from nectar.config.document.flags import flag
from nectar.config.document.load import Document
from nectar.config.document.lookup import table_at
from nectar.config.document.overlay import overlaid
from nectar.config.document.positions import NOWHERE, TomlPath
from nectar.config.profile.dsn import DsnError, DsnKeys, connection_type_of, read_dsn


def with_kinds(document: Document, places: Sequence[TomlPath]) -> Document:
    """The document with the connection_type that a used connection text is for, where the table (at one of `places`) has none."""
    for place in places:
        table = table_at(document.data, place)
        text = table.get("custom_dsn")
        if table.get("use_custom_dsn") is not True or not isinstance(text, str) or "connection_type" in table:
            continue
        with suppress(DsnError):  # `read_custom_dsn` complains of it
            document = overlaid(document, flag("custom_dsn", (*place, "connection_type"), connection_type_of(read_dsn(text))))
    return document


def read_custom_dsn(complaints: Complaints, at: TomlPath) -> DsnKeys:
    """What the table's connection text says, by key. Empty without a text, and for one with a fault, which is complained of."""
    place = (*at, "custom_dsn")
    text = complaints.get(place, None)
    used = complaints.get((*at, "use_custom_dsn"), False)
    if used and not complaints.has(place):
        what = "use_custom_dsn is true, and there is no custom_dsn"
        complaints.add(codes.MISSING_KEY, what, (*at, "use_custom_dsn"), at="key", suggestion="write custom_dsn, or leave it out")
    if text is None:
        return {}
    keys = _read(complaints, place, text)
    if not used and complaints.sound((*at, "use_custom_dsn")) and complaints.sound(place):
        hint = "write use_custom_dsn = true, or leave custom_dsn out"
        complaints.add(codes.USELESS_KEY, "custom_dsn is not used without use_custom_dsn", place, at="key", suggestion=hint)
        return {}
    return {key: value for key, value in keys.items() if not _overridden(complaints, at, key)}


def _read(complaints: Complaints, place: TomlPath, text: str) -> DsnKeys:
    try:
        return read_dsn(text)
    except DsnError as error:
        hint = error.hint or (seal_hint(dotted((*place[:-1], "password"))) if error.code == codes.CLEAR_SECRET else "")
        complaints.add(error.code, error.what, place, suggestion=hint)
        return {}


def _overridden(complaints: Complaints, at: TomlPath, key: str) -> bool:
    """Whether an environment variable overrides what the text says of `key`. Complains where the profile says it too."""
    seconds = key.endswith("_seconds")
    paths = [(*at, "pool", key), ("pool", key)] if seconds else [(*at, key)]
    for path in paths:
        if not complaints.has(path):
            continue
        if _from_environment(complaints, path) and not _from_environment(complaints, (*at, "custom_dsn")):
            return True
        complaints.add(codes.CONTRADICTION, f"{key} is said by custom_dsn", path, at="key", suggestion="say it in one of the two")
    return False


def _from_environment(complaints: Complaints, path: TomlPath) -> bool:
    return complaints.document.home(path).positions is NOWHERE
