"""A bound on a whole conversation: a server that says a byte now and then keeps every single wait short, and never ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def deadline(stream: socket.socket, seconds: float) -> Iterator[Callable[[], bool]]:
    """Shuts the connection down when `seconds` are over, whatever wraps the stream by then; gives whether they were.

    By a second handle of the same socket: to shut an SSLSocket down from another thread would take its TLS off first.
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
