"""Messages: cut from a protocol's bytes, and read as Python values where speed does not matter."""

from __future__ import annotations

from typing import Any

from cbor2 import loads

from nectar.decode.broken import reason_of
from nectar.decode.cbor import BROKEN
from nectar.decode.head import Malformed
from nectar.decode.skip import end_of_item
from nectar.sources.node import faults

LARGEST = 64 << 20
"""Bytes of the longest message that is accepted: a block has at most some 100 kB, a query's answer a few MB."""

LONGEST_NUMBER = 16
"""Bytes of the longest integer that is accepted: a time in picoseconds takes nine."""


def _positive(digits: bytes, _immutable: bool) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"an integer of {len(digits)} bytes")
    return int.from_bytes(digits, "big")


def _negative(digits: bytes, immutable: bool) -> int:
    return -1 - _positive(digits, immutable)


_NUMBERS = {2: _positive, 3: _negative}


def message_end(data: bytes, at: int) -> int | None:
    """Where the message that begins at `at` ends; None while more bytes may complete it. Errors: SourceError NEC-W004."""
    try:
        return end_of_item(data, at)
    except Malformed as error:
        if error.cut_short and len(data) - at <= LARGEST:
            return None
        raise faults.violation(f"no message: {error.what}", data[at:]) from error


def whole(message: bytes) -> Any:
    """One message as Python values. Errors: SourceError NEC-W004, also for an integer of more than LONGEST_NUMBER bytes."""
    try:
        return loads(message, semantic_decoders=_NUMBERS)
    except BROKEN as error:
        raise faults.violation(f"no message: {reason_of(error)}", message) from error


class Cutter:
    """Cuts one protocol's bytes into messages."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def within(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data if self._rest else data
        messages: list[bytes] = []
        at = 0
        while at < len(data):
            end = message_end(data, at)
            if end is None:
                break
            messages.append(data[at:end])
            at = end
        self._rest = data[at:]
        return messages
