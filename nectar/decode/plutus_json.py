"""Plutus data as JSON, the detailed schema (cardano-api `ScriptDataJsonDetailedSchema`), from the original bytes."""

from __future__ import annotations

from nectar.decode.head import BREAK, INDEFINITE, head
from nectar.decode.walk import bignum, chunks

_Open = tuple[str, int, bool, str, int, int]
"""An opened container: its opening text; its number of items (twice its pairs in a map, -2 when indefinite); whether it is a
map; its closing text; how many breaks follow its end (1 for a constructor in an indefinite array); where its items start."""


def plutus_json(raw: bytes) -> str:
    """Order and duplicates are kept; keys of an object stand in the order of PostgreSQL's jsonb. Any depth works: nothing
    recurses.

    Raises ValueError for bytes that are not Plutus data (CDDL `plutus_data`).
    """
    try:
        return _written(raw)
    except IndexError as error:
        raise ValueError(f"not Plutus data: {error}") from error


def _written(raw: bytes) -> str:
    """One loop, because a call for each item would cost more than the item. A frame is (left, is_map, bare, end, breaks).

    `left` counts items down; in a map it is even before a key and odd before a value, indefinite or not.
    """
    out: list[str] = []
    write = out.append
    frames: list[tuple[int, bool, bool, str, int]] = []
    left, is_map, bare, end, breaks, at = 1, False, True, "", 0, 0
    while True:
        if left <= 0 and (left == 0 or raw[at] == BREAK):
            if left:
                if is_map and left & 1:
                    raise ValueError(f"a key at {at} has no value")
                at += 1
            write("}" + end if is_map and not bare else end)
            if breaks:
                if raw[at] != BREAK:
                    raise ValueError(f"a constructor at {at} has more than two parts")
                at += 1
            if not frames:
                break
            left, is_map, bare, end, breaks = frames.pop()
            continue
        if is_map:
            write(',"v":' if left & 1 else '{"k":' if bare else '},{"k":')
        elif not bare:
            write(",")
        left, bare = left - 1, False
        initial = raw[at]
        if initial & 31 < 24:
            major, value, after = initial >> 5, initial & 31, at + 1  # most heads are one byte: no call for them
        else:
            major, value, after = head(raw, at)
        if major == 2:
            at = after + value
            if value == INDEFINITE or at > len(raw):
                octets, at = chunks(raw, after, 2, value)
            else:
                octets = raw[after:at]
            write(f'{{"bytes":"{octets.hex()}"}}')
        elif major < 2 or (major == 6 and value in (2, 3)):
            number, at = _integer(raw, major, value, after)
            write(f'{{"int":{number}}}')
        else:
            frames.append((left, is_map, bare, end, breaks))
            begin, left, is_map, end, breaks, at = _container(raw, at, major, value, after)
            write(begin)
            bare = True
    if at != len(raw):
        raise ValueError(f"{len(raw) - at} bytes stand after the datum")
    return "".join(out)


def _integer(raw: bytes, major: int, value: int, after: int) -> tuple[int, int]:
    if major == 6:
        return bignum(raw, after, value)
    if value == INDEFINITE:
        raise ValueError(f"an integer before {after} has no value")
    return (value if major == 0 else -1 - value), after


def _container(raw: bytes, at: int, major: int, value: int, after: int) -> _Open:
    """A list, map or constructor whose head at `at` was read as (`major`, `value`, `after`)."""
    if major == 4:
        return '{"list":[', value, False, "]}", 0, after
    if major == 5:
        return '{"map":[', value * 2, True, "]}", 0, after
    if major != 6:
        raise ValueError(f"major type {major} at {at} is not Plutus data")
    number, breaks, after = _constructor(raw, at, value, after)
    major, count, start = head(raw, after)
    if major != 4:
        raise ValueError(f"a constructor's fields at {after} are not a list")
    return '{"fields":[', count, False, f'],"constructor":{number}}}', breaks, start


def _constructor(raw: bytes, at: int, tag: int, after: int) -> tuple[int, int, int]:
    """Number, breaks after the fields, and where those start.

    CDDL `constr`: tags 121 to 127 are 0 to 6, 1280 to 1400 are 7 to 127, 102 holds `[number, fields]`.
    """
    if 121 <= tag <= 127:
        return tag - 121, 0, after
    if 1280 <= tag <= 1400:
        return tag - 1280 + 7, 0, after
    if tag != 102:
        raise ValueError(f"tag {tag} at {at} is not Plutus data")
    major, count, after = head(raw, after)
    kind, number, after = head(raw, after)
    if major != 4 or count not in (2, INDEFINITE) or kind != 0 or number == INDEFINITE:
        raise ValueError(f"a constructor at {at} is not [number, fields]")
    return number, int(count == INDEFINITE), after
