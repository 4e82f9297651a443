"""A server that says what a test wants: it speaks MySQL's protocol as far as its script does, and keeps every byte it hears."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.mysql import wire
from tests.mysql.wire import Capability

SALT = b"Abcdefgh" + b"ijklmnopqrst"
CAPABILITIES = 0x00FFF7FF & ~Capability.SSL & ~Capability.COMPRESS  # what a server of today has, CONNECT_ATTRS and all
PATIENCE_SECONDS = 20


class Over(Exception):
    """The client hung up."""


class Talk:
    """With one client. `heard`: every byte of it, in order; `sequence` goes on from the last packet read or written."""

    def __init__(self, stream: socket.socket, stopping: threading.Event) -> None:
        self.stream, self.stopping = stream, stopping
        self.heard = bytearray()
        self.sequence = 0

    def say(self, payload: bytes) -> None:
        self.raw(wire.frame(payload, self.sequence))
        self.sequence = (self.sequence + 1) % 256

    def raw(self, data: bytes) -> None:
        self.stream.sendall(data)

    def hear(self) -> bytes:
        """One packet's payload."""
        length, sequence = wire.header(self._take(4))
        self.sequence = (sequence + 1) % 256
        return self._take(length)

    def wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Over

    def _take(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            piece = self.stream.recv(count - len(taken))
            if not piece:
                raise Over
            self.heard += piece
            taken += piece
        return taken


Script = Callable[[Talk], None]


class Listening:
    """Every connection gets the script; `talks` are those there were."""

    def __init__(self, script: Script) -> None:
        self._script, self._stopping = script, threading.Event()
        self.talks: list[Talk] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._main = threading.Thread(target=self._accept, daemon=True)
        self._main.start()

    @property
    def heard(self) -> bytes:
        return b"".join(bytes(talk.heard) for talk in self.talks)

    def close(self) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for talk in self.talks:
            with suppress(OSError):
                talk.stream.shutdown(socket.SHUT_RDWR)
        for thread in (self._main, *self._threads):
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a client hangs, or the server"

    def _accept(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            talk = Talk(stream, self._stopping)
            self.talks.append(talk)
            thread = threading.Thread(target=self._serve, args=(talk,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, talk: Talk) -> None:
        with talk.stream, suppress(Over, OSError):
            self._script(talk)
            talk.stream.shutdown(socket.SHUT_WR)
            while piece := talk.stream.recv(1 << 16):
                talk.heard += piece


@contextmanager
def serving(script: Script) -> Iterator[Listening]:
    listening = Listening(script)
    try:
        yield listening
    finally:
        listening.close()


def greeting(plugin: str = "mysql_native_password", capabilities: int = CAPABILITIES, version: str = "8.0.36") -> bytes:
    fixed = struct.pack("<I8sxHBHHB10x", 7, SALT[:8], capabilities & 0xFFFF, 45, 2, capabilities >> 16, len(SALT) + 1)
    return b"\x0a" + version.encode() + b"\0" + fixed + SALT[8:] + b"\0" + plugin.encode() + b"\0"


def let_in(talk: Talk) -> None:
    """Whoever it is, up to the first statement."""
    talk.say(greeting())
    talk.hear()
    talk.say(wire.ok_packet())


def answering(answer: Callable[[Talk, bytes], None], when: bytes = b"") -> Script:
    """Lets in, says OK to every command, and gives `answer` to those that have `when` in them."""

    def script(talk: Talk) -> None:
        let_in(talk)
        while True:
            command = talk.hear()
            if command[:1] == b"\x01":
                return
            if (
                command[:1] == b"\x03"
                and when in command
                and b"autocommit" not in command.lower()
                and b"SET NAMES" not in command
            ):
                answer(talk, command[1:])
            else:
                talk.say(wire.ok_packet(status=0))

    return script
