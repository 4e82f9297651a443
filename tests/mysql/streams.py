"""One side of a connection: whole messages in, bytes out, with an end at any byte when that is asked for."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import NamedTuple

from tests.mysql.wire import HEADER, PIECE, frame, header

ENOUGH = 1 << 16  # bytes that wait for company before they are sent


class Gone(Exception):
    """The connection is over; the text says why."""


class Message(NamedTuple):
    payload: bytes
    sequence: int

    @property
    def kind(self) -> int:
        return self.payload[0] if self.payload else 0


class Stream:
    def __init__(self, sock: socket.socket, name: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name, self.sent = name, 0
        self.last: int | None = None  # how many bytes may be sent at all
        self._socket, self._in, self._out = sock, bytearray(), bytearray()

    def read(self, patience: float | None = None) -> Message:
        """The next message, its pieces put together, under its first piece's number. Errors: Gone, also out of patience."""
        if patience is None:
            return self._read()
        self._socket.settimeout(patience)
        try:
            return self._read()
        finally:
            self._socket.settimeout(None)

    def _read(self) -> Message:
        length, sequence = header(self._take(HEADER))
        payload = self._take(length)
        while length == PIECE:
            length, _ = header(self._take(HEADER))
            payload += self._take(length)
        return Message(payload, sequence)

    def _take(self, size: int) -> bytes:
        while len(self._in) < size:
            try:
                data = self._socket.recv(max(ENOUGH, size - len(self._in)))
            except OSError as error:
                raise Gone(f"{self.name}: {error}") from error
            if not data:
                raise Gone(f"the {self.name} left")
            self._in += data
        taken = bytes(self._in[:size])
        del self._in[:size]
        return taken

    def put(self, message: Message) -> None:
        self.write(frame(*message))

    def write(self, data: bytes) -> None:
        """Sent now or with what follows, by `flush` at the latest. Errors: Gone."""
        self._out += data
        if len(self._out) >= ENOUGH:
            self.flush()

    def flush(self) -> None:
        cut = self.last is not None and self.sent + len(self._out) >= self.last
        data = bytes(self._out[: (self.last or 0) - self.sent]) if cut else bytes(self._out)
        self._out.clear()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Gone(f"{self.name}: {error}") from error
        self.sent += len(data)
        if cut:
            raise Gone(f"cut after {self.sent} bytes toward the {self.name}")

    def wake(self) -> None:
        """From another thread: whoever reads or writes here finds the connection gone."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self, reset: bool = False) -> None:
        if reset:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.wake()
        self._socket.close()
