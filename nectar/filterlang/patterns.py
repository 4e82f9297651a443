"""Regular expressions that run in time linear in the text (RE2), and globs as such expressions."""

from __future__ import annotations

import re as _plain
from collections.abc import Callable
from functools import lru_cache
from typing import Any

LONGEST = 1_000  # characters of a pattern
MEMORY = 1 << 20  # bytes of a compiled one


def pattern_trouble(pattern: str) -> str:
    """Why a pattern cannot be used; empty when it can."""
    if len(pattern) > LONGEST:
        return f"this pattern has {len(pattern):,} characters; {LONGEST:,} are the most"
    try:
        _compiled(pattern)
    except Exception as error:  # noqa: BLE001 - RE2's own, which it only gives when it is there
        why = str(error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error)
        if "too large" in why or "memory" in why:
            return f"this pattern is too costly: {why}"
        return f"this pattern cannot be searched in linear time: {why}"
    return ""


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.never_nl = False
    return re2.compile(pattern, options)


def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether the pattern occurs anywhere in a text."""
    compiled = _compiled(pattern)
    return lambda text: compiled.search(text) is not None


def glob_regex(pattern: str, *, raw: bool) -> Callable[[Any], Any]:
    """`fullmatch` of a glob: `*` any characters; of bytes when `raw`."""
    text = ".*".join(_plain.escape(part) for part in pattern.split("*"))
    if raw:
        literal = b".*".join(_plain.escape(part.encode()) for part in pattern.split("*"))
        return _plain.compile(literal, _plain.DOTALL).fullmatch
    return _plain.compile(text, _plain.DOTALL).fullmatch
