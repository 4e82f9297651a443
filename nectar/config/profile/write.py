"""Writes a profile's text from its keys: TOML that reads back as the same keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from nectar.resources import schema_line

Value: TypeAlias = str | int | float | bool | Mapping[str, str | int | float]

_HEAD = "# Where Nectar's rows go. docs/profile.md says what else can stand here.\n[database]\n"


def profile_text(keys: Mapping[str, Value]) -> str:
    """`keys` are those of `[database]`, in their order. A table of one key is a reference to a secret."""
    return schema_line("profile") + _HEAD + "".join(f"{key} = {_toml(value)}\n" for key, value in keys.items())


def as_seen_from(profile: Path, path: str) -> str:
    """A path relative to the working folder, as the profile must say it: relative within its folder, else absolute."""
    whole, folder = Path(os.path.abspath(path)), Path(os.path.abspath(profile)).parent
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)


def _toml(value: Value) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)
