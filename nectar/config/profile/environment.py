"""NECTAR_DB_.. variables, which override keys of a profile's database, as documents to lay over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from nectar.config import codes
from nectar.config.complaints.schema import load_schema
from nectar.config.document.flags import flag
from nectar.config.document.load import Document
from nectar.config.document.positions import TomlPath
from nectar.config.profile.sections import SECTIONS
from nectar.errors import Complaint

PREFIX = "NECTAR_DB_"
PASSWORD = "NECTAR_DB_PASSWORD"
CHOICE = "NECTAR_DATABASE"

_WORDS = {"true": True, "1": True, "false": False, "0": False}


def overrides(environment: Mapping[str, str], table: TomlPath) -> Iterator[Document]:
    """One document for each variable, for the database at `table`. Complaints name the variable. An empty one counts as unset.

    NECTAR_DB_PASSWORD becomes a reference to the variable: its value is not read here.
    """
    for key, schema in _keys().items():
        name = PREFIX + key.upper()
        text = environment.get(name)
        if text:
            value = {"env": PASSWORD} if name == PASSWORD else _typed(text, schema)
            yield flag(name, (*table, key), value, shown=False)


def is_any(environment: Mapping[str, str]) -> bool:
    """Whether the environment says where to connect; a password alone does not."""
    return any(environment.get(PREFIX + key.upper()) for key in _keys() if key != "password")


def unknown_variables(environment: Mapping[str, str], data: Mapping[str, Any]) -> Iterator[Complaint]:
    """About each NECTAR_DB_ variable that no key has and that the profile's `data` does not refer to as a secret."""
    known = [PREFIX + key.upper() for key in _keys()]
    secrets = set(_environment_references(data))
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and name not in secrets:
            close = get_close_matches(name[:100], known, 1)
            hint = f"did you mean {close[0]}?" if close else "unset it"
            if name.removeprefix(PREFIX).lower() in load_schema("profile")["x-meant"]:
                hint = f"write {PREFIX}USE_CUSTOM_DSN=true and the text as {PREFIX}CUSTOM_DSN, without its password"
            what = "there is no such variable: NECTAR_DB_ goes before a key of [database]"
            yield Complaint(codes.UNKNOWN_VARIABLE, what, name, allowed=", ".join(known), suggestion=hint)


def _keys() -> Mapping[str, Any]:
    """The keys of [database] that a variable can set: all but the sections."""
    keys: Mapping[str, Any] = load_schema("profile")["$defs"]["database"]["properties"]
    return {key: schema for key, schema in keys.items() if key not in SECTIONS}


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    """`text` as the key's type. A text that cannot be converted stays a text, and the schema complains about it."""
    kind = schema.get("type")
    if kind == "integer" and text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    return _WORDS.get(text.lower(), text) if kind == "boolean" else text


def _environment_references(value: object) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "env" and isinstance(inner, str):
            yield inner
        yield from _environment_references(inner)
