"""Unsigned 64-bit numbers in SQLite, whose integers are signed 64-bit: exact, in order, comparable (docs/decisions/0003).

Below 2^63 a number stays an INTEGER; from there on it is TEXT of 20 digits. In a column of type ANY (STRICT tables) SQLite
keeps both as they are and sorts every INTEGER before every TEXT, so order and equality are the numbers' own.
"""

from __future__ import annotations

SIGN = 1 << 63
LIMIT = 1 << 64
DIGITS = 20


def to_sqlite_u64(number: int) -> int | str:
    """`number` must be in 0 .. 2^64-1, else ValueError."""
    if 0 <= number < SIGN:
        return number
    if SIGN <= number < LIMIT:
        return f"{number:0{DIGITS}d}"
    raise ValueError(f"{number} is not an unsigned 64-bit number")


def from_sqlite_u64(stored: int | str) -> int:
    """What `to_sqlite_u64` stored."""
    return int(stored)
