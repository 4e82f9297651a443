"""Transaction metadata as JSON without a schema (cardano-api `TxMetadataJsonNoSchema`), from the original bytes.

Numbers are JSON numbers, bytes are text `0x...`, map keys become text. A text that is itself JSON stays text. A key that is
a list or a map becomes the text that aeson writes of it (`encodeToLazyText`); every database sees it as text within the JSON.
"""

from __future__ import annotations

import json
from typing import Any

from nectar.decode.head import BREAK, INDEFINITE, head
from nectar.decode.walk import bignum, chunks

LONGEST = 1 << 20
"""Characters of a JSON text. A map that is a key is text within text, and its quotes and backslashes double at each level: a
hundred bytes of CBOR can make more text than any memory holds."""

LARGEST_BITS = 14_284
"""The bits of 4,300 digits, the longest number that Python writes. The ledger takes 64 bits."""


class _TooLong(Exception):
    """The text would be longer than LONGEST, or a number in it than LARGEST_BITS."""


def metadata_json(raw: bytes) -> str | None:
    """The JSON of one label's value; None where it or a number in it would be too long, or it is nested too deeply.

    The last value of a repeated map key counts. Errors: ValueError for bytes that are not metadata."""
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


_PLAIN = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord(char): f"\\{letter}" for char, letter in zip('"\\\n\r\t', '"\\nrt', strict=True)
}
"""What aeson escapes, and how: control characters without a letter here become their number in hex, backspace and form feed
too."""


def _by_aeson(value: Any) -> str:
    """Compact, an object's keys in the order of their characters (aeson's `ordered-keymap`, as cardano-node builds it)."""
    if isinstance(value, str):
        return f'"{value.translate(_PLAIN)}"'
    if isinstance(value, list):
        return f"[{','.join(map(_by_aeson, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_by_aeson(key)}:{_by_aeson(item)}' for key, item in sorted(value.items()))}}}"
    return str(value)


def _key(key: Any, room: list[int]) -> str:
    text = _by_aeson(key)
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
        octets, at = chunks(raw, at, 2, value)
        return f"0x{octets.hex()}", at
    if major == 3:
        octets, at = chunks(raw, at, 3, value)
        return octets.decode("utf-8", "replace"), at
    if major == 4:
        return _list(raw, at, value, room)
    if major == 5:
        return _map(raw, at, value, room)
    if major == 6 and value in (2, 3):
        number, at = bignum(raw, at, value)
        if number.bit_length() > LARGEST_BITS:
            raise _TooLong
        return number, at
    raise ValueError(f"major type {major} at {at} is not metadata")


def _list(raw: bytes, at: int, count: int, room: list[int]) -> tuple[list[Any], int]:
    items: list[Any] = []
    while count != len(items) if count != INDEFINITE else raw[at] != BREAK:
        item, at = _value(raw, at, room)
        items.append(item)
    return items, at if count != INDEFINITE else at + 1


def _map(raw: bytes, at: int, count: int, room: list[int]) -> tuple[dict[str, Any], int]:
    """`room` holds the number of characters that keys of other types than text may still take together."""
    pairs: dict[str, Any] = {}
    seen = 0
    while count != seen if count != INDEFINITE else raw[at] != BREAK:
        key, at = _value(raw, at, room)
        value, at = _value(raw, at, room)
        pairs[key if isinstance(key, str) else _key(key, room)] = value
        seen += 1
    return pairs, at if count != INDEFINITE else at + 1
