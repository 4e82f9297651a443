"""The multiplexer: protocols share one connection, in segments of an eight-byte head and up to 65,535 bytes.

Head, big-endian: u32 clock in microseconds (receivers ignore it), u16 direction and protocol, u16 length (network-mux,
`Network.Mux.Codec`). A segment is not a message: a message ends where its CBOR item ends, in each protocol's own bytes.
"""

from __future__ import annotations

from struct import Struct

from nectar.sources.node import faults

HANDSHAKE, CHAIN_SYNC, STATE_QUERY = 0, 5, 7
NAMES = {HANDSHAKE: "handshake", CHAIN_SYNC: "chain-sync", 6: "tx-submission", STATE_QUERY: "state-query", 9: "tx-monitor"}

RESPONDER = 0x8000
"""Set in segments that the node sends; clear in a client's."""

MOST = 65_535
_HEAD = Struct(">IHH")


def segments(protocol: int, message: bytes, *, responder: bool = False, most: int = 12_288) -> bytes:
    """`message` as segments of at most `most` bytes each (12,288 is what a node sends on a unix socket)."""
    named = protocol | RESPONDER if responder else protocol
    if len(message) <= most:
        return _HEAD.pack(0, named, len(message)) + message
    pieces = (message[at : at + most] for at in range(0, len(message), most))
    return b"".join(_HEAD.pack(0, named, len(piece)) + piece for piece in pieces)


class Demux:
    """Splits segments by protocol. `protocols` are the numbers that may come; `from_responder`: we are the client."""

    def __init__(self, protocols: frozenset[int], *, from_responder: bool = True) -> None:
        self._expected = {number | RESPONDER if from_responder else number: number for number in protocols}
        self._waiting: dict[int, list[bytes]] = {number: [] for number in protocols}
        self._rest = b""

    @property
    def within(self) -> bool:
        """Whether a segment has begun and not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> None:
        """Takes bytes as they came. Errors: SourceError NEC-W004 for a segment that is empty, of another protocol or our own."""
        if self._rest:
            data = self._rest + data
        at, size, expected, waiting = 0, len(data), self._expected, self._waiting
        while size - at >= 8:
            _, named, length = _HEAD.unpack_from(data, at)
            number = expected.get(named)
            if number is None or not length:
                raise _bad_head(named, length, data[at : at + 8])
            end = at + 8 + length
            if end > size:
                break
            waiting[number].append(data[at + 8 : end])
            at = end
        self._rest = data[at:] if at else data

    def take(self, protocol: int) -> bytes:
        """The bytes of a protocol that came since the last call."""
        pieces = self._waiting[protocol]
        if not pieces:
            return b""
        joined = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        return joined


def _bad_head(named: int, length: int, head: bytes) -> Exception:
    number = named & ~RESPONDER
    if not length and number in NAMES:
        return faults.violation(f"an empty segment of {NAMES[number]}", head)
    known = f"protocol {number} ({NAMES[number]})" if number in NAMES else f"protocol {number}, which is none"
    side = "the node's" if named & RESPONDER else "a client's"
    return faults.violation(f"a segment of {known}, marked as {side} and {length:,} bytes long, was not expected", head)
