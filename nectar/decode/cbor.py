"""CBOR as the chain uses it: heads by hand, items by cbor2, and the exact span of each item.

cbor2's decoder is compiled and quick; what it cannot tell is where in the bytes an item stood. A `Reader` gives both:
it decodes one item after another and knows the position after each, so hashes are taken of the original bytes.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from cbor2 import CBORDecodeError, CBORDecoder, CBORTag

from nectar.decode.head import BREAK, INDEFINITE, head

__all__ = ["BROKEN", "CBORDecodeError", "CBORTag", "Reader"]

BROKEN = (
    CBORDecodeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    EOFError,
)
"""What Python and cbor2 raise on bytes that are not what the CDDL says; translated to DecodeError at the room's door."""


_DEEP = 1 << 18
"""Containers within one another: more than the bytes of a block (90 kB) can hold, since a datum may be as deep as it likes."""


def _as_is(value: Any, _immutable: bool) -> Any:
    return value


# 258: cbor2 would make an unordered set; order and duplicates matter. 30: a Fraction would be reduced, or divide by zero.
_SEMANTIC = {258: _as_is, 30: _as_is}


class Reader:
    """Reads items of `raw` from a position on. `at` is always the position of the next item.

    With `strict` a map in which a key stands twice is a CBORDecodeError, after which the reader must be restarted.
    """

    __slots__ = ("_decode", "_file", "at", "raw")

    def __init__(self, raw: bytes, at: int = 0, *, strict: bool = False) -> None:
        self.raw = raw
        self._file = BytesIO(raw)
        self.restart(at, strict=strict)

    def restart(self, at: int, *, strict: bool) -> None:
        self._decode = CBORDecoder(
            self._file, semantic_decoders=_SEMANTIC, str_errors="replace", max_depth=_DEEP, allow_duplicate_keys=not strict
        ).decode
        self.seek(at)

    def seek(self, at: int) -> None:
        self.at = at
        self._file.seek(at)

    def item(self) -> Any:
        """The next item's value."""
        value = self._decode()
        self.at = self._file.tell()
        return value

    def span(self) -> bytes:
        """The next item's bytes as they stand."""
        start = self.at
        self._decode()
        self.at = self._file.tell()
        return self.raw[start : self.at]

    def open(self, major: int) -> int:
        """Step into an array (4) or map (5), over a tag (6) that marks a set; gives its length, -1 when indefinite."""
        found, length, after = head(self.raw, self.at)
        while found == 6:
            found, length, after = head(self.raw, after)
        if found != major:
            raise ValueError(f"major type {major} was expected at byte {self.at}, not {found}")
        self.seek(after)
        return length

    def more(self, length: int, seen: int) -> bool:
        """Whether a container opened with `length` has an item after `seen` of them; steps over the break at its end."""
        if length >= 0:
            return seen < length
        if self.raw[self.at] != BREAK:
            return True
        self.seek(self.at + 1)
        return False

    def end(self, length: int, seen: int) -> None:
        """An array opened with `length`, of which `seen` items have been read, has no others, and had them all."""
        if length not in (INDEFINITE, seen):
            raise ValueError(f"{seen} parts were expected, not {length}")
        if length == INDEFINITE and self.more(length, seen):
            raise ValueError(f"more than {seen} parts")

    def close(self, length: int, seen: int) -> None:
        """The outermost array ends here, after `seen` items, and so do the bytes."""
        self.end(length, seen)
        if self.at != len(self.raw):
            raise ValueError(f"{len(self.raw) - self.at} bytes stand after the block's end")

    def items(self) -> list[tuple[Any, int, int]]:
        """An array's items with their spans: `(value, start, end)`."""
        length = self.open(4)
        decode, tell = self._decode, self._file.tell
        found: list[tuple[Any, int, int]] = []
        start = self.at
        if length >= 0:
            for _ in range(length):
                value = decode()
                end = tell()
                found.append((value, start, end))
                start = end
            self.at = start
            return found
        raw = self.raw
        while raw[start] != BREAK:
            value = decode()
            end = tell()
            found.append((value, start, end))
            start = end
        self.seek(start + 1)
        return found

    def spans(self) -> list[bytes]:
        """An array's items as their original bytes."""
        raw = self.raw
        return [raw[start:end] for _, start, end in self.items()]

    def pairs(self) -> list[tuple[Any, int, int]]:
        """A map's entries in order, duplicates kept: `(key, start of value, end of value)`."""
        length = self.open(5)
        found: list[tuple[Any, int, int]] = []
        while self.more(length, len(found)):
            key = self.item()
            start = self.at
            self.item()
            found.append((key, start, self.at))
        return found
