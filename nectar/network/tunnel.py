"""An SSH tunnel to where the database is: paramiko's (the extra `tunnel`), its host key checked, the database's TLS within it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nectar.config.hosts import is_allowed
from nectar.config.server import Tunnel
from nectar.errors import ConnectError, TransientError
from nectar.secrets.secret import Secret

_PIECE = 1 << 16


class Forward:
    """One SSH connection; `stream` opens a way through it. Errors: ConnectError NEC-Y060 to Y063; TransientError NEC-Y064."""

    def __init__(self, tunnel: Tunnel, password: Secret | None, allowed: Sequence[str], seconds: float) -> None:
        paramiko = _paramiko()
        self.where = f"{tunnel.user}@{tunnel.host}:{tunnel.port}"
        if not is_allowed(allowed, tunnel.host, _address(tunnel.host)):
            hint = "add it to allowed_hosts in [limits]"
            raise ConnectError("the tunnel's host is not among the allowed hosts", where=self.where, hint=hint, code="NEC-Y001")
        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        known = tunnel.known_hosts or Path("~/.ssh/known_hosts").expanduser()
        try:
            self._client.load_host_keys(str(known))
            self._client.connect(
                tunnel.host, tunnel.port, tunnel.user,
                password=password.reveal() if password is not None else None,
                key_filename=str(tunnel.key_path) if tunnel.key_path is not None else None,
                timeout=seconds, banner_timeout=seconds, auth_timeout=seconds,
                allow_agent=tunnel.key_path is None and password is None, look_for_keys=False,
            )  # fmt: skip
        except paramiko.BadHostKeyException as error:
            what = "the tunnel's host shows another key than known_hosts has: somebody may stand between"
            raise ConnectError(what, where=self.where, hint=f"look at {known}", code="NEC-Y061") from error
        except paramiko.AuthenticationException as error:
            raise ConnectError("the tunnel's host refuses user, key or password", where=self.where, code="NEC-Y062") from error
        except paramiko.SSHException as error:
            if "not found in known_hosts" in str(error):
                hint = f"check it, then: ssh-keyscan -p {tunnel.port} {tunnel.host} >> {known}"
                raise ConnectError("the tunnel's host is not known", where=self.where, hint=hint, code="NEC-Y060") from error
            raise TransientError(f"the tunnel cannot be made: {error}", where=self.where, code="NEC-Y064") from error
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            raise TransientError(f"the tunnel cannot be made: {why}", where=self.where, code="NEC-Y064") from error
        except BaseException:
            self._client.close()
            raise

    @property
    def alive(self) -> bool:
        transport = self._client.get_transport()
        return transport is not None and transport.is_active()

    def stream(self, host: str, port: int, seconds: float) -> socket.socket:
        """A socket whose other end is the host's port, as the tunnel's host sees it."""
        try:
            channel = self._client.get_transport().open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=seconds)
        except Exception as error:
            what = f"no way through the tunnel to {host}:{port}: {str(error) or type(error).__name__}"
            raise TransientError(what, where=self.where, code="NEC-Y064") from error
        ours, theirs = socket.socketpair()
        for source, sink in ((theirs, channel), (channel, theirs)):
            threading.Thread(target=_pump, args=(source, sink), name="nectar-tunnel", daemon=True).start()
        return ours

    def close(self) -> None:
        self._client.close()


def _pump(source: Any, sink: Any) -> None:
    """Until either side ends; then both do."""
    with contextlib.suppress(OSError, EOFError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError, EOFError):
            end.close() if not isinstance(end, socket.socket) else end.shutdown(socket.SHUT_RDWR)


def _address(host: str) -> str:
    try:
        return socket.gethostbyname(host)
    except OSError:
        return ""


def _paramiko() -> Any:
    try:
        import paramiko
    except ImportError as error:
        hint = "pip install 'nectar-cardano[tunnel]'"
        raise ConnectError("the profile wants a tunnel, and paramiko is not installed", hint=hint, code="NEC-Y063") from error
    return paramiko
