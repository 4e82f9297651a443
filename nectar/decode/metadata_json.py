"""Transaction metadata as JSON without a schema (cardano-api `TxMetadataJsonNoSchema`), straight from the original bytes.

Numbers are JSON numbers of any size, bytes are text `0x...`, map keys become text. A text that is itself JSON stays text.
"""

from __future__ import annotations

import json
from typing import Any

from nectar.decode.cbor import BREAK, INDEFINITE, head
from nectar.decode.walk import bignum, chunks

LONGEST = 1 << 20
"""Characters of a JSON text. A map that is a key is text within text, whose quotes and backslashes double at each level: a
hundred bytes of CBOR can mean more text than any memory holds."""


class _TooLong(Exception):
    """The text would be longer than LONGEST."""


def metadata_json(raw: bytes) -> str | None:
    """One label's value; None where it would be too long, or is nested too deeply. Of a map key that stands twice the last
    value counts. Raises ValueError for bad bytes."""
    try:
        value, end = _value(raw, 0, [LONGEST])
        if end != len(raw):
            raise ValueError(f"{len(raw) - end} bytes stand after the metadata")
        text = _dump(value)
    except IndexError as error:
        raise ValueError(f"not metadata: {error}") from error
    except (_TooLong, RecursionError):
        return None
    return text if len(text) <= LONGEST else None


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _key(key: Any, room: list[int]) -> str:
    text = _dump(key)
    room[0] -= len(text)
    if room[0] < 0:
        raise _TooLong
    return text


def _value(raw: bytes, at: int, room: list[int]) -> tuple[Any, int]:
    major, value, at = head(raw, at)
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major == 2:
        found, at = chunks(raw, at, 2, value)
        return f"0x{found.hex()}", at
    if major == 3:
        found, at = chunks(raw, at, 3, value)
        return found.decode("utf-8", "replace"), at
    if major == 4:
        return _list(raw, at, value, room)
    if major == 5:
        return _map(raw, at, value, room)
    if major == 6 and value in (2, 3):
        return bignum(raw, at, value)
    raise ValueError(f"major type {major} at {at} is not metadata")


def _list(raw: bytes, at: int, count: int, room: list[int]) -> tuple[list[Any], int]:
    items: list[Any] = []
    while count != len(items) if count != INDEFINITE else raw[at] != BREAK:
        item, at = _value(raw, at, room)
        items.append(item)
    return items, at if count != INDEFINITE else at + 1


def _map(raw: bytes, at: int, count: int, room: list[int]) -> tuple[dict[str, Any], int]:
    """`room` holds the characters that keys of other kinds than text may still take, all together."""
    pairs: dict[str, Any] = {}
    seen = 0
    while count != seen if count != INDEFINITE else raw[at] != BREAK:
        key, at = _value(raw, at, room)
        value, at = _value(raw, at, room)
        pairs[key if isinstance(key, str) else _key(key, room)] = value
        seen += 1
    return pairs, at if count != INDEFINITE else at + 1
