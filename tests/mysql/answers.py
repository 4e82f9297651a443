"""The server's answer to a packet of statements, message after message, to its end."""

from __future__ import annotations

import struct
from collections.abc import Callable

from tests.mysql import wire
from tests.mysql.streams import Message, Stream
from tests.mysql.wire import Status


class Passage:
    """To the client, who is to hear it, or (not `hears`) only what it must know to send the files that the server asks for.

    Messages are numbered again, so that answers to statements asked one by one can stand for that to a whole packet.
    """

    def __init__(self, server: Stream, client: Stream, deprecate_eof: bool, hears: bool, first: int) -> None:
        self.next = first  # the number that the client waits for
        self._server, self._client, self._deprecate_eof, self._hears = server, client, deprecate_eof, hears
        self._kept: list[bytes] = []

    def put(self, payload: bytes) -> None:
        self._kept.append(payload)
        if self._hears:
            self._say()

    def flush(self) -> None:
        """The client has heard what it is to hear."""
        self._client.flush()

    def ask(self, payload: bytes) -> None:
        """For a file: what came before it cannot be kept back."""
        self._kept.append(payload)
        self._say()
        self._client.flush()

    def heard(self, pieces: int) -> None:
        """Of a file, from the client."""
        self.next += pieces

    def answer(self, file: Callable[[Message], Message], more: bool) -> int | None:
        """What the server says to what it was asked: its status at the end, None after an error. `file` answers its request for
        one, and gives what it says then. `more`: the client is told that other results follow."""
        while True:
            message = self._server.read()
            if message.kind == wire.LOCAL_INFILE:
                message = file(message)
            last, status = self._result(message)
            ends = status is None or not status & Status.MORE_RESULTS
            self.put(_with_more(last) if ends and more and status is not None else last)
            if ends:
                return status

    def _result(self, first: Message) -> tuple[bytes, int | None]:
        """One statement's: its last message, and the status that it tells."""
        if first.kind == wire.OK:
            return first.payload, wire.parse_ok(first.payload).status
        if first.kind == wire.ERR:
            return first.payload, None
        self.put(first.payload)
        columns, _ = wire.read_lenenc(first.payload, 0)
        for _ in range(columns + (0 if self._deprecate_eof else 1)):
            self.put(self._server.read().payload)
        while True:
            row = self._server.read()
            if row.kind == wire.ERR:
                return row.payload, None
            if row.kind == wire.EOF and len(row.payload) < (wire.PIECE if self._deprecate_eof else 9):
                return row.payload, _status(row.payload)
            self.put(row.payload)

    def _say(self) -> None:
        for payload in self._kept:
            self._client.put(Message(payload, self.next))
            self.next += wire.pieces_of(payload)
        self._kept.clear()


def own(payloads: list[bytes], more: bool) -> list[bytes]:
    """An answer that no server gave, where others follow it."""
    last = payloads[-1]
    return [*payloads[:-1], _with_more(last)] if more and last[0] != wire.ERR else payloads


def _is_eof(payload: bytes) -> bool:
    return payload[0] == wire.EOF and len(payload) == 5


def _status(payload: bytes) -> int:
    return int(struct.unpack_from("<H", payload, 3)[0]) if _is_eof(payload) else wire.parse_ok(payload).status


def _with_more(payload: bytes) -> bytes:
    at = 3
    if not _is_eof(payload):
        _, at = wire.read_lenenc(payload, 1)
        _, at = wire.read_lenenc(payload, at)
    return payload[:at] + bytes((payload[at] | Status.MORE_RESULTS,)) + payload[at + 1 :]
