"""Native scripts as JSON (cardano-api's `SimpleScript`), from their bytes."""

from __future__ import annotations

import json
from typing import Any

from nectar.decode.broken import reason_of
from nectar.decode.cbor import BROKEN, Reader
from nectar.decode.checked import SIGNED, UNSIGNED, listed, number, sized

_LISTS = {1: "all", 2: "any"}
_SLOTS = {4: "after", 5: "before"}


def native_json(raw: bytes) -> str | None:
    """The script's JSON; None where it is nested too deeply: a transaction has room for thousands of levels.

    Keys of an object stand in the order of PostgreSQL's jsonb: the shortest first. Errors: ValueError for bytes that are not
    a native script (CDDL `native_script`)."""
    try:
        return json.dumps(_script(Reader(raw).item()), separators=(", ", ": "))
    except RecursionError:
        return None
    except BROKEN as error:
        raise ValueError(f"not a native script: {reason_of(error)}") from error


def _script(parts: Any) -> dict[str, Any]:
    kind = number(parts[0], 5)
    if kind == 0:
        return {"type": "sig", "keyHash": sized(parts[1], 28).hex()}
    if kind in _LISTS:
        return {"type": _LISTS[kind], "scripts": [_script(part) for part in listed(parts[1])]}
    if kind == 3:
        scripts = [_script(part) for part in listed(parts[2])]
        return {"type": "atLeast", "scripts": scripts, "required": number(parts[1], SIGNED, -SIGNED - 1)}
    return {"slot": number(parts[1], UNSIGNED), "type": _SLOTS[kind]}
