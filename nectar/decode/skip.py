"""The end of a CBOR item, found without building its value (RFC 8949).

There are two ways: the compiled decoder is fast but refuses some tags; `end_of_item` is slow but takes every well-formed item. It
is called when the first one refuses, and decides whether the bytes are well formed.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from cbor2 import CBORDecodeError, CBORDecoder

from nectar.decode.head import BREAK, INDEFINITE, Malformed, head

Skip = Callable[[int], int]
"""Offset of an item's first byte -> offset right after its last one; DecodeError when no whole item stands there."""


def end_of_item(raw: bytes, at: int) -> int:
    """Offset right after the item at `at`, by walking heads alone: any tag, any depth, no memory but a list of the open
    containers.

    Errors: Malformed, with `cut_short` when the bytes simply end too early.
    """
    open_items = [1]  # how many items each open container still waits for; INDEFINITE waits for a break
    while open_items:
        if open_items[-1] == INDEFINITE:
            if at < len(raw) and raw[at] == BREAK:
                open_items.pop()
                at += 1
                continue
        elif open_items[-1] == 0:
            open_items.pop()
            continue
        else:
            open_items[-1] -= 1
        at = _step(raw, at, open_items)
    return at


def _step(raw: bytes, at: int, open_items: list[int]) -> int:
    """Steps over the head at `at` (and its text or bytes), and pushes what it contains to `open_items`."""
    major, argument, after = head(raw, at)
    if major in (0, 1):
        return after
    if major in (2, 3):
        if argument != INDEFINITE:
            if after + argument > len(raw):
                raise Malformed("a string is cut short", at, cut_short=True)
            return after + argument
        return _end_of_chunks(raw, after, major)
    if major == 7:
        if argument == INDEFINITE:
            raise Malformed("a break stands where an item should begin", at)
        return after
    if argument == INDEFINITE:
        open_items.append(INDEFINITE)
    elif major == 6:
        open_items.append(1)
    else:
        _check_room(raw, after, argument, at)
        open_items.append(argument if major == 4 else argument * 2)
    return after


def _check_room(raw: bytes, after: int, count: int, at: int) -> None:
    """Refuses a container of more items than bytes are left."""
    if count > len(raw) - after:
        raise Malformed(f"a container of {count} items is cut short", at, cut_short=True)


def _end_of_chunks(raw: bytes, at: int, kind: int) -> int:
    """After the pieces of an indefinite-length string, each a definite-length string of the same kind."""
    while True:
        if at < len(raw) and raw[at] == BREAK:
            return at + 1
        major, length, after = head(raw, at)
        if major != kind or length == INDEFINITE:
            raise Malformed("a piece of an indefinite string is not a string", at)
        if after + length > len(raw):
            raise Malformed("a string is cut short", at, cut_short=True)
        at = after + length


def skipper(raw: bytes) -> Skip:
    """A function that skips items in `raw` (over 100 MB/s). Make one for each buffer: it keeps a decoder."""
    stream = BytesIO(raw)
    decoder = CBORDecoder(stream, str_errors="replace")
    size = len(raw)

    def skip(at: int) -> int:
        nonlocal decoder
        if at >= size:
            raise Malformed("the bytes end where a CBOR item should begin", at, cut_short=True)
        stream.seek(at)
        try:
            decoder.decode()
        except CBORDecodeError:  # the decoder keeps what it had read ahead: from here on it would be out of step
            decoder = CBORDecoder(stream, str_errors="replace")
            return end_of_item(raw, at)
        return stream.tell()

    return skip
