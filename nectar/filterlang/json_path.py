"""Values inside JSON, as the databases' own functions give them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4)
def _parsed(text: str) -> Any:
    """A filter often looks into one text several times."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def json_text(text: str | None, path: tuple[str | int, ...]) -> str | None:
    """The text or number at `path`, as text; None when there is none, or a list, an object, true, false or null."""
    if text is None:
        return None
    here = _parsed(text)
    for key in path:
        if isinstance(key, str) and isinstance(here, dict):
            here = here.get(key)
        elif isinstance(key, int) and isinstance(here, list) and 0 <= key < len(here):
            here = here[key]
        else:
            return None
    return here if isinstance(here, str) else None
