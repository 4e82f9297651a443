"""A writer of CBOR: every function returns the bytes of one data item (RFC 8949)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NULL = b"\xf6"
FALSE = b"\xf4"
TRUE = b"\xf5"
BREAK = b"\xff"
EMPTY_MAP = b"\xa0"
EMPTY_ARRAY = b"\x80"

Pairs = Sequence[tuple[bytes, bytes]]


def write_head(major: int, n: int) -> bytes:
    """The shortest head of major type `major` with argument `n` (0 .. 2^64-1)."""
    first = major << 5
    if n < 24:
        return bytes((first | n,))
    if n < 0x100:
        return bytes((first | 24, n))
    if n < 0x10000:
        return bytes((first | 25,)) + n.to_bytes(2, "big")
    if n < 0x100000000:
        return bytes((first | 26,)) + n.to_bytes(4, "big")
    return bytes((first | 27,)) + n.to_bytes(8, "big")


def uint(n: int) -> bytes:
    return write_head(0, n)


def wide_uint(n: int) -> bytes:
    """The same number in the longest head: legal, not minimal, and on the chain."""
    return b"\x1b" + n.to_bytes(8, "big")


def integer(n: int) -> bytes:
    """Any integer: 64 bits as major type 0 or 1, larger ones as bignums (tags 2 and 3)."""
    if 0 <= n < 1 << 64:
        return write_head(0, n)
    if -(1 << 64) <= n < 0:
        return write_head(1, -1 - n)
    size = n if n >= 0 else -1 - n
    return tag(2 if n >= 0 else 3, bstr(size.to_bytes((size.bit_length() + 7) // 8, "big")))


def bstr(b: bytes) -> bytes:
    return write_head(2, len(b)) + b


def tstr(text: str) -> bytes:
    raw = text.encode()
    return write_head(3, len(raw)) + raw


def bstr_open(chunks: Iterable[bytes]) -> bytes:
    """An indefinite-length byte string."""
    return b"\x5f" + b"".join(bstr(c) for c in chunks) + BREAK


def tstr_open(chunks: Iterable[str]) -> bytes:
    """An indefinite-length text string."""
    return b"\x7f" + b"".join(tstr(c) for c in chunks) + BREAK


def array(items: Sequence[bytes]) -> bytes:
    return write_head(4, len(items)) + b"".join(items)


def array_open(items: Iterable[bytes]) -> bytes:
    return b"\x9f" + b"".join(items) + BREAK


def mapping(pairs: Pairs) -> bytes:
    return write_head(5, len(pairs)) + b"".join(k + v for k, v in pairs)


def mapping_open(pairs: Pairs) -> bytes:
    return b"\xbf" + b"".join(k + v for k, v in pairs) + BREAK


def tag(n: int, item: bytes) -> bytes:
    return write_head(6, n) + item


def embedded(item: bytes) -> bytes:
    """`#6.24(bytes .cbor item)`."""
    return b"\xd8\x18" + bstr(item)


def tagged_ratio(numerator: int, denominator: int) -> bytes:
    """`#6.30([numerator, denominator])`."""
    return b"\xd8\x1e\x82" + uint(numerator) + uint(denominator)
