"""The one module that uses a socket: a unix socket or TCP, with a time limit on everything."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nectar.sources.node import faults

CONNECT_SECONDS = 5.0
SEND_SECONDS = 30.0
HALT_LOOK = 0.25
"""Seconds between two checks whether the job is stopping."""
_RECEIVE = 1 << 18
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))  # seconds, seconds, tries

_REASONS = {
    errno.ENOENT: ("there is no such socket", "is the node running, and is this its --socket-path?"),
    errno.ECONNREFUSED: ("nobody listens there", "start the node, or the tunnel, and check the address"),
    errno.EACCES: ("permission denied", "run as a user who may write to the socket (the node's user or group)"),
    errno.ENOTSOCK: ("this is no socket", "name the node's socket, the one of its --socket-path"),
    errno.EHOSTUNREACH: ("no route to the host", "check the address and the network"),
    errno.ENETUNREACH: ("the network is unreachable", "check the address and the network"),
}


class NodeAddress(NamedTuple):
    """`path` of a unix socket, or `host` and `port` of TCP (socat, an SSH tunnel)."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return self.path or (f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}")


def parse_address(text: str | Path, *, to_listen: bool = False) -> NodeAddress:
    """`host:port` and `[v6]:port` are TCP; everything else, and every text with a slash, is a path. A listener may use port 0,
    which means any free port."""
    address = str(text)
    host, colon, port = address.rpartition(":")
    if colon and host and "/" not in address and port.isdecimal() and (0 if to_listen else 1) <= int(port) < 1 << 16:
        return NodeAddress(host=host.strip("[]"), port=int(port))
    return NodeAddress(path=address)


class NodeConnection:
    """An open connection to a node. Errors: TransientError NEC-W002 (lost), NEC-W003 (time limit)."""

    def __init__(self, stream: socket.socket, where: str, halted: Callable[[], bool] = bool) -> None:
        self._stream, self.where, self._halted = stream, where, halted

    def send(self, data: bytes) -> None:
        try:
            self._stream.settimeout(SEND_SECONDS)
            self._stream.sendall(data)
        except TimeoutError:
            raise faults.too_slow(self.where, "taking what was sent", SEND_SECONDS) from None
        except OSError as error:
            raise faults.connection_lost(self.where, _reason_of(error)) from error

    def receive(self, seconds: float | None) -> bytes | None:
        """The bytes that have come; None when none came within `seconds` (None: wait for ever)."""
        deadline = Deadline(math.inf if seconds is None else seconds)
        while True:
            try:
                self._stream.settimeout(min(max(deadline.left, 0.001), HALT_LOOK))
                data = self._stream.recv(_RECEIVE)
            except TimeoutError:
                if self._halted():
                    raise faults.connection_lost(self.where, "the job is stopping") from None
                if deadline.left <= 0:
                    return None
            except OSError as error:
                raise faults.connection_lost(self.where, _reason_of(error)) from error
            else:
                if not data:
                    raise faults.connection_lost(self.where, "the other side closed it")
                return data

    def close(self) -> None:
        """Closes it. Another thread may call this: a reader that waits gets NEC-W002."""
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
        self._stream.close()


def connect_to_node(where: NodeAddress, seconds: float = CONNECT_SECONDS, halted: Callable[[], bool] = bool) -> NodeConnection:
    """An open connection; `halted` ends every wait for bytes. Errors: TransientError NEC-W001."""
    try:
        return NodeConnection(_stream(where, seconds), str(where), halted)
    except TimeoutError:
        raise faults.unreachable(str(where), f"no connection within {seconds:g} s", "check the address and firewalls") from None
    except socket.gaierror as error:
        raise faults.unreachable(str(where), f"its name is not known ({error.strerror})", "check the host's name") from error
    except OSError as error:
        number = errno.ENOTSOCK if where.path and _is_no_socket(where.path) else error.errno or 0
        reason, hint = _REASONS.get(number, (_reason_of(error), "check the address"))
        if number == errno.ENOENT and ":" in where.path and "/" not in where.path:
            hint = "a path was looked for: TCP is host:port, with a port from 1 to 65535"
        raise faults.unreachable(str(where), reason, hint) from error


def _stream(where: NodeAddress, seconds: float) -> socket.socket:
    if not where.path:
        stream = socket.create_connection((where.host, where.port), seconds)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return stream
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.settimeout(seconds)
        stream.connect(where.path)
    except BaseException:
        stream.close()
        raise
    return stream


def _is_no_socket(path: str) -> bool:
    """Whether something else stands at the path. The system reports it as "nobody listens"."""
    try:
        return not stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _reason_of(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno else str(error) or type(error).__name__).lower()


class Deadline:
    """A time limit that began when this was made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._end - time.monotonic()
