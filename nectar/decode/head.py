"""Heads of CBOR items, read by hand: the one place that knows how a head is written (RFC 8949, 3)."""

from __future__ import annotations

from nectar.errors import DecodeError

INDEFINITE = -1
"""The argument of a head without a length: a break ends what it begins."""
BREAK = 0xFF


class Malformed(DecodeError, ValueError):
    """The bytes at `at` are not a CBOR item; `cut_short` when they would be if more bytes followed."""

    def __init__(self, what: str, at: int, *, cut_short: bool = False) -> None:
        super().__init__(what, path=f"byte {at}")
        self.at = at
        self.cut_short = cut_short


_NEVER_INDEFINITE = (0, 1, 6)
"""Integers and tags always have their argument."""


def head(raw: bytes, at: int) -> tuple[int, int, int]:
    """(major type 0-7, argument or INDEFINITE, offset after the head) of the item at `at`.

    Errors: Malformed when the head is cut short or uses a reserved form.
    """
    try:
        initial = raw[at]
    except IndexError:
        raise Malformed("the bytes end where a CBOR item should begin", at, cut_short=True) from None
    short = initial & 31
    if short < 24:
        return initial >> 5, short, at + 1
    if short < 28:
        end = at + 1 + (1 << (short - 24))
        if end > len(raw):
            raise Malformed("a CBOR head is cut short", at, cut_short=True)
        return initial >> 5, int.from_bytes(raw[at + 1 : end], "big"), end
    if short == 31 and initial >> 5 not in _NEVER_INDEFINITE:
        return initial >> 5, INDEFINITE, at + 1
    raise Malformed(f"byte 0x{initial:02x} begins no CBOR item", at)


def array_head(raw: bytes, at: int) -> tuple[int, int]:
    """(number of elements or INDEFINITE, offset of the first element) of the array at `at`; Malformed when there is none."""
    major, count, after = head(raw, at)
    if major != 4:
        raise Malformed(f"an array was expected, not byte 0x{raw[at]:02x}", at)
    return count, after


def unsigned(raw: bytes, at: int) -> tuple[int, int]:
    """(value, offset after it) of the unsigned integer at `at`; Malformed when there is none."""
    major, value, after = head(raw, at)
    if major != 0:
        raise Malformed(f"an unsigned integer was expected, not byte 0x{raw[at]:02x}", at)
    return value, after
