"""Any value of a plan as plain JSON: models, dataclasses and named tuples by field, enumerations by name, bytes in hex."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from nectar.config.keys import Keys


def plain(value: Any) -> Any:
    """`value` as dicts, lists, text, numbers, bools and None. Errors: TypeError for a type without a plain form."""
    if value is None or isinstance(value, bool | str) or type(value) in (int, float):
        return value
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date | Fraction | PurePath):
        return str(value)
    return _composite(value)


def _composite(value: Any) -> Any:
    if isinstance(value, Keys):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(getattr(value, name)) for name in value._fields}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def canonical(value: Any) -> bytes:
    """The one spelling of a value: UTF-8 with sorted keys and without blanks."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
