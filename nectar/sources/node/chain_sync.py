"""ChainSync: the point where two chains meet, then one block after another (ouroboros-network, chain-sync.cddl).

[0] next, [1] await, [2, block, tip] forward, [3, point, tip] backward, [4, [*point]] find, [5, point, tip] found,
[6, tip] not found, [7] done. point = [] / [slot, hash]; tip = [point, blockNo]; block = #6.24(bytes of [era, block]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from cbor2 import CBORTag, dumps

from nectar.cardano.point import ORIGIN, Point
from nectar.decode.checked import SIGNED
from nectar.sources.node import faults
from nectar.sources.node.message import LARGEST, message_end, whole

REQUEST_NEXT = b"\x81\x00"
AWAIT_REPLY = b"\x81\x01"
DONE = b"\x81\x07"
_FORWARD = b"\x83\x02\xd8\x18"


class Tip(NamedTuple):
    """The last block of the node's chain; ORIGIN and 0 for an empty chain."""

    point: Point
    block_no: int


class ForwardMessage(NamedTuple):
    """`raw` is `[era, block]`, as in a chunk file."""

    raw: bytes
    tip: Tip


class BackwardMessage(NamedTuple):
    point: Point
    tip: Tip


class AwaitMessage(NamedTuple):
    """The node has no more blocks now."""


class FoundMessage(NamedTuple):
    point: Point
    tip: Tip


class NotFoundMessage(NamedTuple):
    tip: Tip


Message: TypeAlias = ForwardMessage | BackwardMessage | AwaitMessage | FoundMessage | NotFoundMessage


def message_name(message: Message) -> str:
    """`forward`, `backward`, `await`, `found` or `notfound`."""
    return type(message).__name__.removesuffix("Message").lower()


class RequestNext(NamedTuple):
    pass


class FindIntersect(NamedTuple):
    points: tuple[Point, ...]


class DoneMessage(NamedTuple):
    pass


Request: TypeAlias = RequestNext | FindIntersect | DoneMessage


def find_intersect(points: Sequence[Point]) -> bytes:
    """The node answers with the first of `points` that is on its chain."""
    return dumps([4, [_as_list(point) for point in points]])


def forward(raw: bytes, tip: bytes) -> bytes:
    """A server's roll forward; `tip` comes from `tip_bytes`."""
    return _FORWARD + _bytes_head(len(raw)) + raw + tip


def backward(point: Point, tip: bytes) -> bytes:
    return b"\x83\x03" + dumps(_as_list(point)) + tip


def intersect_found(point: Point, tip: bytes) -> bytes:
    return b"\x83\x05" + dumps(_as_list(point)) + tip


def intersect_not_found(tip: bytes) -> bytes:
    return b"\x82\x06" + tip


def tip_bytes(tip: Tip) -> bytes:
    return dumps([_as_list(tip.point), tip.block_no])


def _as_list(point: Point) -> list[Any]:
    return [] if point == ORIGIN else [point.slot, point.hash]


def _bytes_head(length: int) -> bytes:
    if length < 24:
        return bytes((0x40 | length,))
    width = 1 if length < 1 << 8 else 2 if length < 1 << 16 else 4
    return bytes(({1: 0x58, 2: 0x59, 4: 0x5A}[width],)) + length.to_bytes(width, "big")


class ChainSyncReader:
    """Cuts a node's messages from its bytes. The tip is read once and then compared: it is the same for many blocks."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._needs = 0  # least number of bytes of the message that has begun
        self._tip_bytes = b"\x00"
        self._tip = Tip(ORIGIN, 0)

    @property
    def within(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now. Errors: SourceError NEC-W004."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needs:
                return []
            data = bytes(self._rest)
        self._needs = 0
        messages: list[Message] = []
        add = messages.append
        at, size = 0, len(data)
        while at < size:
            start, end = _block_at(data, at)
            tip_bytes = self._tip_bytes
            if end and data.startswith(tip_bytes, end):
                add(ForwardMessage(data[start:end], self._tip))
                at = end + len(tip_bytes)
                continue
            if end > size:
                if end - start > LARGEST:
                    raise faults.violation(f"a block of {end - start:,} bytes", data[at : at + 16])
                self._needs = end - at
                break
            after = message_end(data, at)
            if after is None:
                break
            if end:
                self._tip_bytes = data[end:after]
                self._tip = _tip(whole(self._tip_bytes), self._tip_bytes)
                add(ForwardMessage(data[start:end], self._tip))
            else:
                add(_message(data[at:after]))
            at = after
        self._rest = bytearray(data[at:])
        return messages


def _block_at(data: bytes, at: int) -> tuple[int, int]:
    """(start, end) of the block in a roll forward at `at`, whether or not all of it has come; (0, 0) for any other message."""
    if data[at : at + 4] != _FORWARD or len(data) < at + 9:
        return 0, 0
    kind = data[at + 4]
    if kind == 0x59:
        return at + 7, at + 7 + (data[at + 5] << 8 | data[at + 6])
    if kind == 0x5A:
        return at + 9, at + 9 + int.from_bytes(data[at + 5 : at + 9], "big")
    return (at + 6, at + 6 + data[at + 5]) if kind == 0x58 else (0, 0)


def _message(message: bytes) -> Message:
    match whole(message):
        case [1]:
            return AwaitMessage()
        case [2, CBORTag(tag=24, value=bytes(raw)), tip]:
            return ForwardMessage(raw, _tip(tip, message))
        case [3, point, tip]:
            return BackwardMessage(_point(point, message), _tip(tip, message))
        case [5, point, tip]:
            return FoundMessage(_point(point, message), _tip(tip, message))
        case [6, tip]:
            return NotFoundMessage(_tip(tip, message))
    raise faults.violation("no message of chain-sync that a node sends", message)


def read_request(message: bytes) -> Request:
    """A client's message. Errors: SourceError NEC-W004."""
    match whole(message):
        case [0]:
            return RequestNext()
        case [4, list(points)]:
            return FindIntersect(tuple(_point(point, message) for point in points))
        case [7]:
            return DoneMessage()
    raise faults.violation("no message of chain-sync that a client sends", message)


def _tip(value: Any, message: bytes) -> Tip:
    match value:
        case [point, int(block_no)] if 0 <= block_no <= SIGNED:
            return Tip(_point(point, message), block_no)
    raise faults.violation("no tip", message)


def _point(value: Any, message: bytes) -> Point:
    match value:
        case []:
            return ORIGIN
        case [int(slot), bytes(digest)] if 0 <= slot <= SIGNED and len(digest) == 32:
            return Point(slot, digest)
    raise faults.violation("no point", message)
