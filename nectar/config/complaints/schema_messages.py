"""Violations of a schema -> complaints: code, place, what is allowed, and what was perhaps meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted, may_be_shown, say, type_name
from nectar.config.complaints.schema import Schema, load_schema, walk_schema
from nectar.config.document.positions import TomlPath

_LONGEST_KEY = 100
_TYPE_NAMES = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


class Violation(NamedTuple):
    """`value`, at `path`, breaks the `keyword` of its `schema`, whose argument there is `limit`. `root`: plan or profile."""

    path: TomlPath
    keyword: str
    limit: Any
    value: Any
    schema: Schema
    root: str = "plan"


def _unknown_keys(complaints: Complaints, violation: Violation) -> None:
    known = list(violation.schema.get("properties", {}))
    shown = [name for name in known if "not" not in violation.schema["properties"][name]]
    where = f"in [{complaints.dotted(violation.path)}]" if violation.path else "here"
    for key in violation.value:
        if key in known:
            continue
        path = (*violation.path, key)
        name = f"key {say(key)}" if complaints.shows(path) and may_be_shown(key) else "such key"
        complaints.add(
            codes.UNKNOWN_KEY,
            f"there is no {name} {where}",
            path,
            at="key",
            allowed=", ".join(shown),
            suggestion=_suggest_key(complaints, key, known, violation.root),
        )


def _suggest_key(complaints: Complaints, key: str, known: list[str], root: str) -> str:
    meant = load_schema(root).get("x-meant", {})
    if key in meant:
        return str(meant[key])
    close = get_close_matches(key[:_LONGEST_KEY].lower().replace("-", "_"), known, 1)
    if close:
        return f"did you mean {close[0]}?"
    homes = _homes(root)
    if key in homes:
        return f"{key} belongs in [{homes[key]}]" if homes[key] else f"{key} belongs above the first [table]"
    if key == "database" and complaints.document.data.get("database") is not None:
        return "this looks like a connection profile: give it with --profile"
    return ""


@lru_cache(maxsize=2)
def _homes(root: str) -> Mapping[str, str]:
    """Key of a plan's or profile's table -> the table's name, the last of several; empty for a key that stands in no table."""
    if root == "profile":
        outer = [(path, inner) for path, inner in walk_schema(load_schema(root)) if len(path) == 2]
        return {path[1]: path[0] for path, inner in reversed(outer) if inner.get("type") != "object" or "x-secret" in inner}
    walked = walk_schema(load_schema("plan"))
    return {path[-1]: ".".join(path[:-1]) for path, inner in walked if len(path) > 1 or inner.get("type") == "array"}


def _wrong_type(complaints: Complaints, violation: Violation) -> None:
    schema, value = violation.schema, violation.value
    if schema.get("x-secret") and isinstance(value, str):
        complaints.add(
            codes.CLEAR_SECRET,
            f"{complaints.name(violation.path)} is written out here",
            violation.path,
            allowed=schema["x-allowed"],
            suggestion=seal_hint(dotted(violation.path)),
        )
        return
    wanted = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    names = " or ".join(_TYPE_NAMES[name] for name in wanted)
    got = type_name(value) if schema.get("x-secret") else f"{complaints.say(value, violation.path)}{_kind_note(value)}"
    complaints.add(
        codes.WRONG_TYPE,
        f"{complaints.name(violation.path)} must be {names}, not {got}",
        violation.path,
        allowed=schema.get("x-allowed", names),
        suggestion=_retype(wanted, value, schema, complaints.shows(violation.path)),
    )


def seal_hint(path: str) -> str:
    """What to do about a password that was written out; `path` is dotted: ``database.password``."""
    return f"change it, since it was written down, then seal the new one: nectar secrets seal --for {path}"


def _kind_note(value: object) -> str:
    if not isinstance(value, float):
        return ""
    return ", a number with a fraction" if isfinite(value) else ", which is not finite"


def _retype(wanted: list[str], value: object, schema: Schema, shown: bool) -> str:
    """How to write the value as the wanted type, where that is clear. `shown`: whether it may be repeated."""
    if not shown:
        return _retype_unshown(wanted, value, schema)
    if isinstance(value, str):
        if ("boolean" in wanted and value in ("true", "false")) or ("integer" in wanted and value.lstrip("-").isdecimal()):
            return f"write {value[:60]} without quotes"
        if wanted == ["array"]:
            return f"write [{say(value)}]"
    if isinstance(value, float) and "integer" in wanted and value.is_integer() and abs(value) < 1e18:
        return f"write {int(value)}"
    if isinstance(value, date) and schema.get("x-number"):
        return f"write {{ date = {value} }}"
    if wanted == ["boolean"] and isinstance(value, dict):
        return "write true: it has no options"
    if wanted == ["array"] and not isinstance(value, dict | list):
        return f"write [{say(value)}]"
    return ""


def _retype_unshown(wanted: list[str], value: object, schema: Schema) -> str:
    if isinstance(value, str) and {"boolean", "integer"} & set(wanted):
        return "write it without quotes"
    if wanted == ["array"] and not isinstance(value, dict | list):
        return "put it into brackets"
    return f"write {schema['x-number']}" if type(value) is int and schema.get("x-number") else ""


def _enum(complaints: Complaints, violation: Violation) -> None:
    allowed = [str(value) for value in violation.limit]
    complaints.add(
        codes.NOT_ALLOWED,
        f"{complaints.name(violation.path)} cannot be {complaints.say(violation.value, violation.path)}",
        violation.path,
        allowed=", ".join(say(value) for value in allowed),
        suggestion=_did_you_mean(violation.value, allowed),
    )


def _pattern(complaints: Complaints, violation: Violation) -> None:
    schema = violation.schema
    got = "this text" if schema.get("x-secret") else complaints.say(violation.value, violation.path)
    complaints.add(
        codes.BAD_FORM,
        f"{complaints.name(violation.path)} cannot be {got}",
        violation.path,
        allowed=schema.get("x-allowed", ""),
        suggestion=_instead(violation),
    )


def _instead(violation: Violation) -> str:
    """The nearest of the schema's examples; what to do for a word that is known to mean none of them, and for one far off."""
    known = str(violation.value).lower() in violation.schema.get("x-known", [])
    near = "" if known else _did_you_mean(violation.value, violation.schema.get("examples", []))
    return near or str(violation.schema.get("x-instead", ""))


def _did_you_mean(value: object, words: list[str]) -> str:
    close = get_close_matches(str(value)[:_LONGEST_KEY].lower(), words, 1)
    return f"did you mean {say(close[0])}?" if close else ""


def _range(complaints: Complaints, violation: Violation) -> None:
    schema = violation.schema
    allowed = f"{schema['minimum']:,} to {schema['maximum']:,}".replace(",", "_")
    what = f"{complaints.name(violation.path)} cannot be {complaints.say(violation.value, violation.path)}"
    complaints.add(codes.OUT_OF_RANGE, what, violation.path, allowed=allowed)


def _length(complaints: Complaints, violation: Violation) -> None:
    limit = violation.limit
    if violation.keyword in ("minItems", "minLength"):
        noun = "list" if violation.keyword == "minItems" else "text"
        if limit > 1:
            what = f"{complaints.name(violation.path)} has {len(violation.value)} of {limit} entries"
            complaints.add(codes.OUT_OF_RANGE, what, violation.path, allowed=f"{limit} entries")
            return
        complaints.add(
            codes.EMPTY, f"{complaints.name(violation.path)} is an empty {noun}", violation.path, suggestion="leave the key out"
        )
        return
    noun = "entries" if violation.keyword == "maxItems" else "characters"
    what = f"{complaints.name(violation.path)} has {len(violation.value):,} {noun}"
    complaints.add(codes.OUT_OF_RANGE, what, violation.path, allowed=f"at most {limit:,} {noun}")


def _missing(complaints: Complaints, violation: Violation) -> None:
    for key in violation.limit:
        if key not in violation.value:
            where = f"[{complaints.dotted(violation.path)}]" if violation.path else "this file"
            inner = violation.schema["properties"][key]
            allowed = ", ".join(say(value) for value in inner.get("enum", ()))
            complaints.add(codes.MISSING_KEY, f"{where} has no {key}", violation.path, at="key", allowed=allowed, spoils=False)


def _dependent(complaints: Complaints, violation: Violation) -> None:
    for key, needed in violation.limit.items():
        for other in needed:
            if key in violation.value and other not in violation.value:
                what = f"{complaints.name(violation.path)} has {key} without {other}"
                hint = f"write {violation.path[-1]}_slot = N for a bare slot" if key == "slot" else ""
                complaints.add(codes.MISSING_KEY, what, (*violation.path, key), at="key", suggestion=hint)


def _repeated(complaints: Complaints, violation: Violation) -> None:
    """One complaint for each entry that stood before. 1 and true differ."""
    seen: set[tuple[type, str]] = set()
    for index, item in enumerate(violation.value):
        marked = (type(item), repr(item))
        if marked in seen:
            what = f"{complaints.name(violation.path)} has {complaints.say(item, violation.path)} twice"
            complaints.add(codes.REPEATED, what, (*violation.path, index), suggestion="leave one out", spoils=False)
        seen.add(marked)


def _refused(complaints: Complaints, violation: Violation) -> None:
    schema = violation.schema
    if "x-not-yet" in schema:
        what = f"{complaints.name(violation.path)} is not yet available in this version ({schema['x-not-yet']})"
        complaints.add(codes.NOT_YET, what, violation.path, at="key", suggestion="leave it out for now")
    else:
        complaints.add(codes.WRONG_SIDE, f"{complaints.name(violation.path)}: {schema['x-refused']}", violation.path, at="key")


def _one_of(complaints: Complaints, violation: Violation) -> None:
    given = list(violation.value)
    got = f"both {' and '.join(given)}" if given else "none"
    what = f"{complaints.name(violation.path)} must hold exactly one form, and has {got}"
    complaints.add(codes.ONE_OF_THESE, what, violation.path, allowed=violation.schema.get("x-allowed", ""))


REPORTS: Mapping[str, Callable[[Complaints, Violation], None]] = {
    "additionalProperties": _unknown_keys,
    "type": _wrong_type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _range,
    "maximum": _range,
    "minItems": _length,
    "maxItems": _length,
    "minLength": _length,
    "maxLength": _length,
    "required": _missing,
    "dependentRequired": _dependent,
    "uniqueItems": _repeated,
    "not": _refused,
    "oneOf": _one_of,
    "minProperties": _one_of,
    "maxProperties": _one_of,
}
"""Keyword of the two schemas -> the function that words its violations. A test holds them together."""
