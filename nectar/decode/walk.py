"""Strings and big numbers of CBOR read in Python: for JSON texts that must keep order, duplicates and forms."""

from __future__ import annotations

from nectar.decode.head import BREAK, INDEFINITE, head


def chunks(raw: bytes, at: int, major: int, length: int) -> tuple[bytes, int]:
    """Bytes or text whose head was read: definite, or in chunks (`length` -1). Errors: ValueError when they end too soon."""
    if length != INDEFINITE:
        end = at + length
        if end > len(raw):
            raise ValueError(f"a string of {length} bytes at {at} is cut short")
        return raw[at:end], end
    parts: list[bytes] = []
    while raw[at] != BREAK:
        kind, size, at = head(raw, at)
        if kind != major or size == INDEFINITE:
            raise ValueError(f"a chunk at {at} is not of its string's kind")
        part, at = chunks(raw, at, major, size)
        parts.append(part)
    return b"".join(parts), at + 1


def bignum(raw: bytes, at: int, tag: int) -> tuple[int, int]:
    """The number under tag 2 (positive) or 3 (negative)."""
    major, length, at = head(raw, at)
    if major != 2:
        raise ValueError(f"a big number at {at} is not bytes")
    digits, at = chunks(raw, at, 2, length)
    number = int.from_bytes(digits, "big")
    return (number if tag == 2 else -1 - number), at
