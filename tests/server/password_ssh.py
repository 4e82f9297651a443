"""An SSH server that takes passwords, which OpenSSH does for accounts of the system only. It forwards, and does nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

PASSWORD = "Moss-on-the-weir-4"


class _Door(paramiko.ServerInterface):
    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.tried: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.tried.append(password)
        return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED

    def check_channel_direct_tcpip_request(self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]) -> int:
        self.asked.append(destination)
        return OPEN_SUCCEEDED


def _pump(take: object, give: object) -> None:
    with suppress(OSError, EOFError):
        while piece := take(1 << 16):  # type: ignore[operator]
            give(piece)  # type: ignore[operator]


def _serve(stream: socket.socket, key: paramiko.PKey, door: _Door) -> None:
    transport = paramiko.Transport(stream)
    transport.add_server_key(key)
    with suppress(paramiko.SSHException, EOFError, OSError):
        transport.start_server(server=door)
        channel = transport.accept(10)
        if channel is not None:
            with socket.create_connection(door.asked[-1]) as target:
                up = threading.Thread(target=_pump, args=(channel.recv, target.sendall), daemon=True)
                up.start()
                _pump(target.recv, channel.sendall)
                channel.close()
                up.join(60)
    transport.close()


@contextmanager
def by_password(key: Path) -> Iterator[tuple[int, _Door]]:
    """Its port, and what happened at its door."""
    door, host = _Door(), paramiko.Ed25519Key(filename=str(key))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    stream, _ = listener.accept()
                    threads.append(threading.Thread(target=_serve, args=(stream, host, door), daemon=True))
                    threads[-1].start()

        main = threading.Thread(target=accept, daemon=True)
        main.start()
        try:
            yield listener.getsockname()[1], door
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (main, *threads):
                thread.join(60)
