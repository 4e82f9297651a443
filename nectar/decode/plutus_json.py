"""Plutus data as JSON, the detailed schema (cardano-api `ScriptDataJsonDetailedSchema`), straight from the original bytes."""

from __future__ import annotations

from nectar.decode.cbor import BREAK, INDEFINITE, head
from nectar.decode.walk import bignum, chunks


def plutus_json(raw: bytes) -> str:
    """Order and duplicates are kept. Raises ValueError for bytes that are not Plutus data, however deep."""
    out: list[str] = []
    try:
        end = _data(raw, 0, out)
    except (IndexError, RecursionError) as error:
        raise ValueError(f"not Plutus data: {error}") from error
    if end != len(raw):
        raise ValueError(f"{len(raw) - end} bytes stand after the datum")
    return "".join(out)


def _data(raw: bytes, at: int, out: list[str]) -> int:
    major, value, at = head(raw, at)
    if major == 0:
        out.append(f'{{"int":{value}}}')
        return at
    if major == 1:
        out.append(f'{{"int":{-1 - value}}}')
        return at
    if major == 2:
        found, at = chunks(raw, at, 2, value)
        out.append(f'{{"bytes":"{found.hex()}"}}')
        return at
    if major == 4:
        out.append('{"list":[')
        at = _items(raw, at, value, out)
        out.append("]}")
        return at
    if major == 5:
        return _map(raw, at, value, out)
    if major == 6:
        return _tagged(raw, at, value, out)
    raise ValueError(f"major type {major} at {at} is not Plutus data")


def _items(raw: bytes, at: int, count: int, out: list[str]) -> int:
    seen = 0
    while count != seen if count != INDEFINITE else raw[at] != BREAK:
        if seen:
            out.append(",")
        at = _data(raw, at, out)
        seen += 1
    return at if count != INDEFINITE else at + 1


def _map(raw: bytes, at: int, count: int, out: list[str]) -> int:
    out.append('{"map":[')
    seen = 0
    while count != seen if count != INDEFINITE else raw[at] != BREAK:
        out.append(',{"k":' if seen else '{"k":')
        at = _data(raw, at, out)
        out.append(',"v":')
        at = _data(raw, at, out)
        out.append("}")
        seen += 1
    out.append("]}")
    return at if count != INDEFINITE else at + 1


def _tagged(raw: bytes, at: int, tag: int, out: list[str]) -> int:
    """CDDL `constr`: tags 121 to 127 are 0 to 6, 1280 to 1400 are 7 to 127, 102 says the number itself."""
    if tag in (2, 3):
        number, at = bignum(raw, at, tag)
        out.append(f'{{"int":{number}}}')
        return at
    if 121 <= tag <= 127:
        number = tag - 121
    elif 1280 <= tag <= 1400:
        number = tag - 1280 + 7
    elif tag == 102:
        return _general(raw, at, out)
    else:
        raise ValueError(f"tag {tag} at {at} is not Plutus data")
    return _fields(raw, at, number, out)


def _general(raw: bytes, at: int, out: list[str]) -> int:
    major, count, at = head(raw, at)
    kind, number, at = head(raw, at)
    if major != 4 or count not in (2, INDEFINITE) or kind != 0:
        raise ValueError(f"a constructor at {at} is not [number, fields]")
    at = _fields(raw, at, number, out)
    if count == INDEFINITE:
        if raw[at] != BREAK:
            raise ValueError(f"a constructor at {at} has more than two parts")
        at += 1
    return at


def _fields(raw: bytes, at: int, number: int, out: list[str]) -> int:
    major, count, at = head(raw, at)
    if major != 4:
        raise ValueError(f"a constructor's fields at {at} are not a list")
    out.append('{"fields":[')
    at = _items(raw, at, count, out)
    out.append(f'],"constructor":{number}}}')
    return at
