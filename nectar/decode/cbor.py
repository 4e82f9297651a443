"""A reader of CBOR that knows the exact span of each item: cbor2 reads items, `head` reads heads.

cbor2's decoder is compiled and quick, but it does not tell where in the bytes an item stood. A `Reader` gives both: it decodes
one item after another and knows the position after each, so hashes are taken of the original bytes.
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
"""What Python and cbor2 raise on bytes that are not what the CDDL says; `decode_block` translates them to DecodeError."""


_DEEP = 1 << 18
"""Levels of nesting that the decoder allows. The bytes of a block (90 kB) cannot hold more, and a datum may be of any depth."""


def _as_is(value: Any, _immutable: bool) -> Any:
    return value


# 258: cbor2 would make an unordered set; order and duplicates matter. 30: a Fraction would be reduced, or divide by zero.
_SEMANTIC = {258: _as_is, 30: _as_is}


class Reader:
    """Reads items of `raw` from a position on. `at` is the position of the next item.

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
        """Steps into an array (4) or map (5), over a tag (6) that marks a set. Returns its length, INDEFINITE when it has
        none."""
        kind, length, after = head(self.raw, self.at)
        while kind == 6:
            kind, length, after = head(self.raw, after)
        if kind != major:
            raise ValueError(f"major type {major} was expected at byte {self.at}, not {kind}")
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
        """Checks that an array opened with `length` had exactly the `seen` items that were read."""
        if length not in (INDEFINITE, seen):
            raise ValueError(f"{seen} parts were expected, not {length}")
        if length == INDEFINITE and self.more(length, seen):
            raise ValueError(f"more than {seen} parts")

    def close(self, length: int, seen: int) -> None:
        """Checks that the outermost array ends here after `seen` items, and the bytes with it."""
        self.end(length, seen)
        if self.at != len(self.raw):
            raise ValueError(f"{len(self.raw) - self.at} bytes stand after the block's end")

    def items(self) -> list[tuple[Any, int, int]]:
        """An array's items with their spans: `(value, start, end)`."""
        length = self.open(4)
        decode, tell = self._decode, self._file.tell
        items: list[tuple[Any, int, int]] = []
        start = self.at
        if length >= 0:
            for _ in range(length):
                value = decode()
                end = tell()
                items.append((value, start, end))
                start = end
            self.at = start
            return items
        raw = self.raw
        while raw[start] != BREAK:
            value = decode()
            end = tell()
            items.append((value, start, end))
            start = end
        self.seek(start + 1)
        return items

    def spans(self) -> list[bytes]:
        """An array's items as their original bytes."""
        raw = self.raw
        return [raw[start:end] for _, start, end in self.items()]

    def pairs(self) -> list[tuple[Any, int, int]]:
        """A map's entries in order, duplicates kept: `(key, start of value, end of value)`."""
        length = self.open(5)
        pairs: list[tuple[Any, int, int]] = []
        while self.more(length, len(pairs)):
            key = self.item()
            start = self.at
            self.item()
            pairs.append((key, start, self.at))
        return pairs
