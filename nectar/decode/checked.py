"""Plain values of a block, checked where they are read: they have the CDDL's type and fit their column.

cbor2 gives whatever the bytes say: an integer of any length, a float, a text where bytes should be. A value that passes these
checks fits every database. Any other is a ValueError, which `decode_block` turns into a DecodeError with slot, block and CBOR
path.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

SIGNED = (1 << 63) - 1
"""The most that a column of type ID, INT or LOVELACE holds (docs/decisions/0003)."""
UNSIGNED = (1 << 64) - 1
"""The most that a column of type U64 holds, and that the CDDL's `uint` is."""
OUTPUTS = (1 << 16) - 1
"""The highest index of an output (ledger: `TxIx`, a Word16)."""

_SHOWN_BITS = 256


def number(value: Any, most: int = SIGNED, least: int = 0) -> int:
    """A whole number from `least` to `most`."""
    if type(value) is int and least <= value <= most:
        return value
    raise ValueError(f"{_shown(value)} is not a whole number from {least} to {most}")


def number_or_none(value: Any, most: int = SIGNED) -> int | None:
    return None if value is None else number(value, most)


def sized(value: Any, length: int) -> bytes:
    """Bytes of exactly this length."""
    if type(value) is bytes and len(value) == length:
        return value
    raise ValueError(f"{_shown(value)} is not {length} bytes")


def sized_or_none(value: Any, length: int) -> bytes | None:
    return None if value is None else sized(value, length)


def octets(value: Any) -> bytes:
    """Bytes of any length."""
    if type(value) is bytes:
        return value
    raise ValueError(f"{_shown(value)} is not bytes")


def string(value: Any) -> str:
    if type(value) is str:
        return value
    raise ValueError(f"{_shown(value)} is not text")


def listed(value: Any) -> list[Any]:
    if type(value) is list:
        return value
    raise ValueError(f"{_shown(value)} is not a list")


def rational(value: Any) -> tuple[int, int]:
    """CDDL `#6.30([uint, uint])`. A denominator of zero, which the ledger refuses, passes: the caller divides."""
    above, below = listed(value)
    return number(above, UNSIGNED), number(below, UNSIGNED)


def reduced(parts: Sequence[int]) -> Fraction | None:
    """A rational as the ledger compares it: 2/4 is 1/2."""
    above, below = parts
    return Fraction(above, below) if below else None


def _shown(value: Any) -> str:
    """The value in few words. Python refuses to write an integer of more than 4,300 digits."""
    if type(value) is int:
        return str(value) if value.bit_length() <= _SHOWN_BITS else f"a number of {value.bit_length()} bits"
    if type(value) is bytes:
        return f"bytes, {len(value)} of them,"
    return f"a {type(value).__name__}"
