"""A server's answer, message after message, to its end."""

from __future__ import annotations

import struct

from tests.mysql import wire
from tests.mysql.streams import Message, Stream
from tests.mysql.wire import Status


def pass_answer(first: Message, server: Stream, client: Stream | None, deprecate_eof: bool) -> tuple[int, int | None]:
    """All results of one statement, to the client if there is one. The last message's number, and the status if it told one.

    `first` is read already. Errors: Gone.
    """
    message = first
    while True:
        _put(client, message)
        status = None
        if message.kind == wire.OK:
            status = wire.parse_ok(message.payload).status
        elif message.kind != wire.ERR:
            columns, _ = wire.read_lenenc(message.payload, 0)
            message, status = _rows(columns, server, client, deprecate_eof)
        if status is None or not status & Status.MORE_RESULTS:
            break
        message = server.read()
    if client is not None:
        client.flush()
    return message.sequence, status


def _rows(columns: int, server: Stream, client: Stream | None, deprecate_eof: bool) -> tuple[Message, int | None]:
    for _ in range(columns + (0 if deprecate_eof else 1)):
        _put(client, server.read())
    while True:
        row = server.read()
        _put(client, row)
        if row.kind == wire.ERR:
            return row, None
        if row.kind == wire.EOF and deprecate_eof and len(row.payload) < wire.PIECE:
            return row, wire.parse_ok(row.payload).status
        if row.kind == wire.EOF and not deprecate_eof and len(row.payload) < 9:
            return row, int(struct.unpack_from("<H", row.payload, 3)[0])


def _put(client: Stream | None, message: Message) -> None:
    if client is not None:
        client.put(message)
