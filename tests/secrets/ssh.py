"""An SSH server on loopback that lets one user in and forwards to loopback: paramiko's other half."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_CONNECT_FAILED, OPEN_SUCCEEDED


@dataclass
class Ssh:
    port: int
    folder: Path
    known_hosts: Path
    allowed: list[paramiko.PKey] = field(default_factory=list)

    def client_key(self, phrase: str, form: str) -> Path:
        """A new key that is let in, in a file that the passphrase opens; `form`: "pem", or "openssh" as ssh-keygen writes it."""
        path = self.folder / "client.key"
        if form == "pem":
            key: paramiko.PKey = paramiko.RSAKey.generate(2048)
            key.write_private_key_file(str(path), phrase)
        else:
            lock = BestAvailableEncryption(phrase.encode())
            path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock))
            path.chmod(0o600)
            key = paramiko.Ed25519Key.from_private_key_file(str(path), phrase)
        self.allowed.append(key)
        return path


class _Guard(paramiko.ServerInterface):
    def __init__(self, told: Ssh, password: str) -> None:
        self.told, self.password = told, password
        self.targets: dict[int, tuple[str, int]] = {}

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if password == self.password else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key in self.told.allowed else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_direct_tcpip_request(self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]) -> int:
        try:
            socket.create_connection(destination, 5).close()
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        self.targets[chanid] = destination
        return OPEN_SUCCEEDED


@contextmanager
def ssh_server(folder: Path, password: str) -> Iterator[Ssh]:
    host_key = paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} ssh-rsa {host_key.get_base64()}\n")
    told = Ssh(port, folder, known)
    opened: list[Any] = [listener]
    threading.Thread(target=_accept, args=(listener, host_key, told, password, opened), daemon=True).start()
    try:
        yield told
    finally:
        for one in opened:
            with contextlib.suppress(OSError):
                one.close()


def _accept(listener: socket.socket, host_key: paramiko.PKey, told: Ssh, password: str, opened: list[Any]) -> None:
    with contextlib.suppress(OSError):
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=_serve, args=(stream, host_key, _Guard(told, password), opened), daemon=True).start()


def _serve(stream: socket.socket, host_key: paramiko.PKey, guard: _Guard, opened: list[Any]) -> None:
    transport = paramiko.Transport(stream)
    opened.append(transport)
    transport.add_server_key(host_key)
    with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
        transport.start_server(server=guard)
        while transport.is_active():
            channel = transport.accept(1)
            if channel is not None:
                target = socket.create_connection(guard.targets[channel.chanid])
                opened.append(target)
                for take, give in ((channel.recv, target.sendall), (target.recv, channel.sendall)):
                    threading.Thread(target=_pump, args=(take, give, channel, target), daemon=True).start()


def _pump(take: Any, give: Any, *both: Any) -> None:
    with contextlib.suppress(OSError, EOFError):
        while piece := take(65_536):
            give(piece)
    for one in both:
        with contextlib.suppress(OSError, EOFError):
            one.close()
