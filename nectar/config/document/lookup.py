"""Looks a table up in a document's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nectar.config.document.positions import TomlPath


def table_at(data: Mapping[str, Any], path: TomlPath) -> Mapping[str, Any]:
    """The table at `path`; an empty one where there is none."""
    value: Any = data
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
