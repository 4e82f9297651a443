"""Messages cut from a protocol's bytes, and taken apart where speed does not matter."""

from __future__ import annotations

from typing import Any

from cbor2 import CBORDecodeError, loads

from nectar.decode.skip import Malformed, end_of_item
from nectar.sources.node import faults

LARGEST = 64 << 20
"""Bytes of a message beyond which its length must be a mistake: a block has at most some 100 kB, a query's answer a few MB."""


def message_end(data: bytes, at: int) -> int | None:
    """Where the message that begins at `at` ends; None while more bytes may complete it. Errors: SourceError NEC-W004."""
    try:
        return end_of_item(data, at)
    except Malformed as error:
        if error.cut_short and len(data) - at <= LARGEST:
            return None
        raise faults.violation(f"no message: {error.what}", data[at:]) from error


def whole(message: bytes) -> Any:
    """One message as Python values. Errors: SourceError NEC-W004."""
    try:
        return loads(message)
    except (CBORDecodeError, ValueError, RecursionError) as error:
        raise faults.violation(f"no message: {error}", message) from error


class Cutter:
    """The messages of one protocol, as its bytes come."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def within(self) -> bool:
        """A message has begun and not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data if self._rest else data
        found: list[bytes] = []
        at = 0
        while at < len(data):
            end = message_end(data, at)
            if end is None:
                break
            found.append(data[at:end])
            at = end
        self._rest = data[at:]
        return found
