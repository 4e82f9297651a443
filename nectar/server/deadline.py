"""A bound on a whole conversation: a server that sends a byte now and then would never exceed the timeout of a single read."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def deadline(stream: socket.socket, seconds: float) -> Iterator[Callable[[], bool]]:
    """Shut the connection down when `seconds` are over, even if TLS wraps the stream by then. Yields a test whether they are
    over.

    It uses a second handle of the socket: shutting an SSLSocket down from another thread would remove its TLS first.
    """
    handle, over = stream.dup(), threading.Event()

    def end() -> None:
        over.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()
        timer.join()
        handle.close()
