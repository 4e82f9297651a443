"""A wire that keeps what passes: bytes to and from a server as they come, and what a test changes of them underway."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PATIENCE_SECONDS = 20
Change = Callable[[bytes], bytes]


class Recorder:
    """`captured`: both directions of all connections. `change` is given the server's first bytes of each connection, and what it
    gives goes to the client. `cut`: the first connection ends when so many bytes went to the server."""

    def __init__(self, port: int, change: Change | None = None, cut: int | None = None) -> None:
        self._target, self._change, self._cut = port, change, cut
        self._pieces: list[bytes] = []
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._streams: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)

    @property
    def captured(self) -> bytes:
        return b"".join(self._pieces)

    def cut_all(self) -> None:
        for stream in self._streams:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        for stream in self._streams:
            stream.close()

    def _start(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self.connections += 1
            for stream in (client, server):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._streams += [client, server]
            self._start(self._pump, client, server, None, self._cut if self.connections == 1 else None)
            self._start(self._pump, server, client, self._change, None)

    def _pump(self, source: socket.socket, target: socket.socket, change: Change | None, cut: int | None) -> None:
        gone = 0
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                piece = change(piece) if change is not None else piece
                change = None
                self._pieces.append(piece)
                gone += len(piece)
                if cut is not None and gone > cut:
                    break
                target.sendall(piece)
        for stream in (source, target):
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)


@contextmanager
def recording(port: int, change: Change | None = None, cut: int | None = None) -> Iterator[Recorder]:
    recorder = Recorder(port, change, cut)
    try:
        yield recorder
    finally:
        recorder.close()
