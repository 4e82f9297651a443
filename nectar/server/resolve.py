"""From a name to an open socket: the name is looked up once, and the socket connects to the address that was checked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from nectar.config.profile.hosts import is_allowed
from nectar.server import connect_errors, faults

_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))  # seconds, seconds, tries


class SocketAddress(NamedTuple):
    """`target` is the argument of `socket.connect`: a numeric address, never a name."""

    family: int
    target: tuple[Any, ...]

    @property
    def address(self) -> str:
        return str(self.target[0])


def socket_addresses(
    host: str, port: int, where: str, hosts: Sequence[str] = (), *, look_up: Callable[..., Any] = socket.getaddrinfo
) -> list[SocketAddress]:
    """Every address of `host` that `hosts` (see `config.hosts.is_allowed`) lets through, in the system's order, at least one.

    Errors: TransientError NEC-Y001; ConnectError NEC-Y040 when none is allowed.
    """
    try:
        answers = look_up(host.strip("[]"), port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise connect_errors.of_opening(error, where) from error
    known = list(dict.fromkeys(SocketAddress(int(family), tuple(target)) for family, _, _, _, target in answers))
    allowed = [address for address in known if is_allowed(hosts, host, address.address)]
    if not allowed:
        addresses = ", ".join(address.address for address in known)
        raise faults.NOT_ALLOWED.at(where, f"{host}, which is {addresses}" if addresses != host else host)
    return allowed


def open_stream(address: SocketAddress, seconds: float, where: str) -> socket.socket:
    """Open a TCP connection with keep-alive and without Nagle's delay. Errors: TransientError NEC-Y002 to NEC-Y004."""
    stream = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        stream.settimeout(seconds)
        stream.connect(address.target)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    except OSError as error:
        stream.close()
        raise connect_errors.of_opening(error, where) from error
    except BaseException:
        stream.close()
        raise
    return stream
