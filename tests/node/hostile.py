"""Peers that misbehave, and a proxy that cuts connections: raw sockets in threads."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cbor2 import dumps

from nectar.sources.node import chain_sync, handshake, mux
from nectar.sources.node.chain_sync import Tip
from nectar.sources.node.message import Cutter

Behaviour = Callable[["Client"], None]


class Client:
    """One connection, as the misbehaving side sees it."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.cutters = {number: Cutter() for number in (mux.HANDSHAKE, mux.CHAIN_SYNC, mux.STATE_QUERY)}
        self.demux = mux.Demux(frozenset(self.cutters), from_responder=False)
        self.waiting: dict[int, list[bytes]] = {number: [] for number in self.cutters}

    def hears(self, protocol: int) -> bytes:
        """The client's next message."""
        while not self.waiting[protocol]:
            data = self.stream.recv(65_536)
            if not data:
                raise ConnectionError
            self.demux.feed(data)
            for number, cutter in self.cutters.items():
                self.waiting[number] += cutter.feed(self.demux.take(number))
        return self.waiting[protocol].pop(0)

    def says(self, message: bytes, protocol: int = mux.CHAIN_SYNC) -> None:
        self.raw(mux.segments(protocol, message, responder=True))

    def raw(self, data: bytes) -> None:
        self.stream.sendall(data)

    def agrees(self, version: int = 23, magic: int = 2) -> None:
        self.hears(mux.HANDSHAKE)
        self.says(handshake.accept(version, magic), mux.HANDSHAKE)

    def meets(self, tip: Tip) -> None:
        """Says that the client's last point (the origin) is where the chains meet, and begins there."""
        request = chain_sync.read_request(self.hears(mux.CHAIN_SYNC))
        assert isinstance(request, chain_sync.FindIntersect)
        self.says(chain_sync.intersect_found(request.points[-1], chain_sync.tip_bytes(tip)))
        self.hears(mux.CHAIN_SYNC)
        self.says(chain_sync.backward(request.points[-1], chain_sync.tip_bytes(tip)))

    def waits(self) -> None:
        """Until the client goes away."""
        with contextlib.suppress(OSError):
            while self.stream.recv(65_536):
                pass


@contextmanager
def peer(path: Path, *behaviours: Behaviour) -> Iterator[list[int]]:
    """Connection n behaves as the nth says, further ones as the last. Gives the list of connections that came."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    came: list[int] = []

    def talk(stream: socket.socket, behave: Behaviour) -> None:
        with contextlib.suppress(OSError), stream:
            behave(Client(stream))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = listener.accept()
                came.append(len(came))
                behave = behaviours[min(len(came), len(behaviours)) - 1]
                threading.Thread(target=talk, args=(stream, behave), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield came
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)


@contextmanager
def cutting(path: Path, to: Path, down: int | None, up: int | None = None) -> Iterator[list[int]]:
    """Hands on to the server at `to`; the first connection is cut after so many bytes from (down) or to (up) the server."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    came: list[int] = []

    def pump(source: socket.socket, sink: socket.socket, most: int | None, sent: list[int]) -> None:
        left = most
        with contextlib.suppress(OSError):
            while data := source.recv(65_536 if left is None else min(max(left, 1), 65_536)):
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                sink.sendall(data)
                sent.append(len(data))
                if left == 0:
                    break
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                first = not came
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(to))
                came.append(0)
                down_most, up_most = (down, up) if first else (None, None)
                threading.Thread(target=pump, args=(server, client, down_most, []), daemon=True).start()
                threading.Thread(target=pump, args=(client, server, up_most, []), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield came
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)


def refusal(text: str) -> bytes:
    return dumps([2, [2, 0x8000 + 23, text]])
