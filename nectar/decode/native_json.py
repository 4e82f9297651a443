"""Native scripts as JSON (cardano-api's `SimpleScript`), straight from their bytes."""

from __future__ import annotations

import json
from typing import Any

from nectar.decode.cbor import BROKEN, Reader

_LISTS = {1: "all", 2: "any"}
_SLOTS = {4: "after", 5: "before"}


def native_json(raw: bytes) -> str | None:
    """Keys of an object as PostgreSQL's jsonb has them: the shortest first. None where it is nested too deeply: a transaction
    has room for thousands of levels. Raises ValueError for bytes that are not a native script (CDDL
    `native_script`)."""
    try:
        return json.dumps(_script(Reader(raw).item()), separators=(", ", ": "))
    except RecursionError:
        return None
    except BROKEN as error:
        raise ValueError(f"not a native script: {error}") from error


def _script(parts: Any) -> dict[str, Any]:
    kind = parts[0]
    if kind == 0:
        return {"type": "sig", "keyHash": parts[1].hex()}
    if kind in _LISTS:
        return {"type": _LISTS[kind], "scripts": [_script(one) for one in parts[1]]}
    if kind == 3:
        return {"type": "atLeast", "scripts": [_script(one) for one in parts[2]], "required": parts[1]}
    return {"slot": parts[1], "type": _SLOTS[kind]}
