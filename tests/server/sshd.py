"""A real OpenSSH server on a free port of 127.0.0.1: as whoever runs the tests, with keys of its own, for forwarding alone."""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nectar.config.profile.model import Tunnel
from tests.awaiting import wait_until_it_answers
from tests.mysql.server import free_port

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
PASSPHRASE = "Otter-under-ice-3"
PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Key:
    """`private`: a file in OpenSSH's form; `public`: ``ssh-ed25519 AAAA..``."""

    private: Path
    public: str


@dataclass(frozen=True, slots=True)
class Sshd:
    """`keys`: the user's that are let in. `log` grows."""

    port: int
    folder: Path
    host_key: Key
    key: Key
    sealed_key: Key
    log: Path

    def tunnel(self, port: int | None = None, *, key: Path | None = None, known: str | None = None) -> Tunnel:
        """By the key that is let in, with the host key known (or `known` in its place)."""
        port = port or self.port
        known_hosts = self.folder / f"known_hosts-{port}"
        known_hosts.write_text(f"[127.0.0.1]:{port} {known or self.host_key.public}\n")
        return Tunnel("127.0.0.1", port, getpass.getuser(), key or self.key.private, None, known_hosts)


def make_key(folder: Path, name: str, passphrase: str = "") -> Key:
    made, path = Ed25519PrivateKey.generate(), folder / name
    form = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    path.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, form))
    path.chmod(0o600)
    return Key(path, made.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode())


def fingerprint(key: Key) -> str:
    """As ssh-keygen -l shows it, without the padding."""
    import hashlib

    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(key.public.split()[1])).digest()).decode().rstrip("=")


@contextmanager
def sshd(folder: Path, *options: str) -> Iterator[Sshd]:
    """`options` stand before the usual ones and so win."""
    assert SSHD is not None, "no SSH server here (Debian: apt-get install openssh-server)"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it locks its unprivileged half in
    host, key, sealed = make_key(folder, "host"), make_key(folder, "user"), make_key(folder, "sealed", PASSPHRASE)
    (folder / "authorized_keys").write_text(f"{key.public}\n{sealed.public}\n")
    made = Sshd(free_port(), folder, host, key, sealed, folder / "log")
    lines = (
        *options,
        f"Port {made.port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host.private}",
        "PidFile none",
        "UsePAM no",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "StrictModes no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        "AllowTcpForwarding local",
        "MaxStartups 100",
    )
    (folder / "config").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen([SSHD, "-D", "-f", str(folder / "config"), "-E", str(made.log)], stdin=subprocess.DEVNULL)
    try:
        wait_until_it_answers(
            process,
            lambda: _greeted(made.port),
            OSError,
            PATIENCE_SECONDS,
            lambda: made.log.read_text() if made.log.exists() else "",
        )
        yield made
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _greeted(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 1) as stream:
        assert stream.recv(4) == b"SSH-"
