"""A connection to the database through an SSH server. TLS runs inside: the database's certificate is checked as without it.

The stream is a socket pair, whose other end two threads join to an SSH channel: no port that others of this machine could
use. Each connection has an SSH session of its own, which ends with it. paramiko is asked for only here.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from nectar import reading
from nectar.config.profile.model import Tunnel
from nectar.secrets.secret import Secret
from nectar.server import faults

if TYPE_CHECKING:
    import paramiko

_PIECE = 1 << 16
_OURS = "~/.ssh/known_hosts"
_CONNECT_FAILED = 2  # RFC 4254: SSH_OPEN_CONNECT_FAILED


def place_of(tunnel: Tunnel) -> str:
    """For people: ``user@host:port (tunnel)``."""
    return f"{tunnel.user}@{tunnel.host}:{tunnel.port} (tunnel)"


def through(tunnel: Tunnel, stream: socket.socket, host: str, port: int, secret: Secret | None, seconds: float) -> socket.socket:
    """A stream to `host` and `port` as the tunnel's host sees them. `stream`: an open one to the tunnel's host, which is closed
    with the result.

    `secret`: the key's passphrase when the tunnel has a key, else the user's password. Without either, the user's SSH agent
    and usual keys are tried. Errors: ConnectError NEC-Y050 to Y055, TransientError NEC-Y056, NEC-Y057.
    """
    try:
        import paramiko
    except ImportError as error:
        stream.close()
        raise faults.NO_PARAMIKO.at(place_of(tunnel)) from error
    client = paramiko.SSHClient()
    try:
        _log_in(client, tunnel, stream, secret, seconds)
        channel = _forward(client, tunnel, host, port, seconds)
    except BaseException:
        client.close()
        stream.close()
        raise
    return _bridge(client, channel)


def _log_in(client: paramiko.SSHClient, tunnel: Tunnel, stream: socket.socket, secret: Secret | None, seconds: float) -> None:
    import paramiko

    where = place_of(tunnel)
    if trouble := _trouble_with_key(tunnel.key_path, secret):
        raise faults.TUNNEL_KEY.at(where, f"{tunnel.key_path}: {trouble}")
    _known_hosts(client, tunnel)
    client.set_missing_host_key_policy(_refuser(tunnel))
    # `from None` below: paramiko's frames hold the secret, and a traceback may be shown with its locals
    own = tunnel.key_path is None and secret is None
    try:
        client.connect(
            tunnel.host,
            tunnel.port,
            tunnel.user,
            sock=stream,
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            key_filename=str(tunnel.key_path) if tunnel.key_path else None,
            passphrase=_clear(secret) if tunnel.key_path else None,
            password=None if tunnel.key_path else _clear(secret),
            allow_agent=own,
            look_for_keys=own,
        )
    except paramiko.BadHostKeyException as error:
        raise faults.HOST_KEY_CHANGED.at(where, error.key.fingerprint) from None
    except paramiko.AuthenticationException as error:
        raise faults.TUNNEL_DENIED.at(where, str(error)) from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise faults.TUNNEL_LOST.at(where, str(error) or type(error).__name__) from None


def _clear(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None


def _trouble_with_key(path: Path | None, secret: Secret | None) -> str:
    """What is wrong with the key's file, "" if nothing is.

    It is read before the login, because for a key that it cannot read paramiko only says that the login failed. Nothing is raised
    here, so that no traceback shows a passphrase.
    """
    if path is None:
        return ""
    try:
        data = reading.read_file(path, reading.SECRET)
        password = secret.reveal().encode() if secret else None
        try:
            load_ssh_private_key(data, password)
        except ValueError:
            load_pem_private_key(data, password)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except TypeError:
        return "it has no passphrase" if secret else "it wants a passphrase"
    except (ValueError, UnsupportedAlgorithm):
        return "it is no private key" + (", or has another passphrase" if secret else "")
    return ""


def _known_hosts(client: paramiko.SSHClient, tunnel: Tunnel) -> None:
    """Load the known hosts. A file that the profile names must exist. The user's own may be missing: then no host is known."""
    path = tunnel.known_hosts or Path(_OURS).expanduser()
    if tunnel.known_hosts is None and not path.exists():
        return
    try:
        lines = reading.read_text(path, reading.CERTIFICATES).splitlines()
    except OSError as error:
        raise faults.TUNNEL_KEY.at(place_of(tunnel), f"{path}: {(error.strerror or str(error)).lower()}") from error
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#") and not _add_host(client, line):
            raise faults.TUNNEL_KEY.at(place_of(tunnel), f"{path}:{number}: this is no host's key")


def _add_host(client: paramiko.SSHClient, line: str) -> bool:
    """Add one line of known hosts; False when it cannot be read. Kinds of keys that paramiko does not know are skipped."""
    from paramiko import SSHException
    from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

    try:
        entry = HostKeyEntry.from_line(line)
    except SSHException:
        return True
    except (InvalidHostKey, ValueError, IndexError):
        return False
    if entry is not None and entry.key is not None:
        for name in entry.hostnames or ():
            client.get_host_keys().add(name, entry.key.get_name(), entry.key)
    return True


def _refuser(tunnel: Tunnel) -> Any:
    import paramiko

    class Refuse(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
            asked = f"ssh-keyscan -p {tunnel.port} {tunnel.host} >> {tunnel.known_hosts or _OURS}"
            hint = f"compare its fingerprint with what the host's owner says, then: {asked}"
            raise faults.HOST_KEY_UNKNOWN.at(place_of(tunnel), f"{key.get_name()} {key.fingerprint}", hint=hint)

    return Refuse()


def _forward(client: paramiko.SSHClient, tunnel: Tunnel, host: str, port: int, seconds: float) -> paramiko.Channel:
    import paramiko

    transport = client.get_transport()
    assert transport is not None
    try:
        return transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=seconds)
    except paramiko.ChannelException as error:
        fault = faults.TUNNEL_UNREACHED if error.code == _CONNECT_FAILED else faults.TUNNEL_FORWARD
        raise fault.at(place_of(tunnel), f"{host}:{port}: {error.text}") from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise faults.TUNNEL_LOST.at(place_of(tunnel), str(error)) from error


def _bridge(client: paramiko.SSHClient, channel: paramiko.Channel) -> socket.socket:
    ours, theirs = socket.socketpair()
    up = threading.Thread(target=_pump, args=(theirs.recv, channel.sendall, channel.shutdown_write), daemon=True)
    up.start()
    threading.Thread(target=_down, args=(client, channel, theirs, up), name="nectar-tunnel", daemon=True).start()
    return ours


def _down(client: paramiko.SSHClient, channel: paramiko.Channel, theirs: socket.socket, up: threading.Thread) -> None:
    """Copy until either side ends, then close everything, which the database's connection notices at once."""
    try:
        _pump(channel.recv, theirs.sendall, lambda: theirs.shutdown(socket.SHUT_RDWR))
        up.join()
    finally:
        client.close()
        theirs.close()


def _pump(take: Any, give: Any, end: Any) -> None:
    """Copy until one side ends or memory runs out; then end the other side."""
    try:
        with contextlib.suppress(OSError, EOFError, MemoryError):
            while piece := take(_PIECE):
                give(piece)
    finally:
        with contextlib.suppress(OSError, EOFError):
            end()
