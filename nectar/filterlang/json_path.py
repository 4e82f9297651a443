"""Values inside JSON, as the databases' own functions give them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4)
def _parsed(text: str) -> Any:
    """The parsed text, cached because a filter often reads one text several times."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def json_text(text: str | None, path: tuple[str | int, ...]) -> str | None:
    """The text or number at `path`, as text; None when there is none, or a list, an object, true, false or null."""
    if text is None:
        return None
    value = _parsed(text)
    for key in path:
        if isinstance(key, str) and isinstance(value, dict):
            value = value.get(key)
        elif isinstance(key, int) and isinstance(value, list) and 0 <= key < len(value):
            value = value[key]
        else:
            return None
    return value if isinstance(value, str) else None
