"""Proxies of a good server that cut its connections: raw sockets in threads."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.node.peers import Act, Peer


def proxy(good: Path, most: int = 1 << 30, then: str = "hangs up") -> Act:
    """Passes on to the server at `good` and back, for so many bytes of its answers; then it hangs up, or stalls."""

    def act(peer: Peer) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(good))

            def back() -> None:
                left = most
                with contextlib.suppress(OSError):
                    while left and (data := server.recv(min(left, 65_536))):
                        peer.raw(data)
                        left -= len(data)
                    if not left and then == "hangs up":
                        peer.stream.shutdown(socket.SHUT_RDWR)

            thread = threading.Thread(target=back)
            thread.start()
            with contextlib.suppress(OSError):
                while data := peer.stream.recv(65_536):
                    server.sendall(data)
                server.shutdown(socket.SHUT_RDWR)
            thread.join()

    return act


@contextmanager
def cutting(path: Path, to: Path, down: int | None, up: int | None = None) -> Iterator[list[int]]:
    """A proxy of the server at `to`. It cuts the first connection after so many bytes from (down) or to (up) the server."""
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
        for stream in (source, sink):
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()

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
