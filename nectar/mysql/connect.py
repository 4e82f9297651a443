"""Connect to a database server: allowed, not too often, over TLS as the profile says, recorded."""

from __future__ import annotations

import socket
import ssl
import time

import pymysql

from nectar.config.profile.hosts import is_allowed
from nectar.config.profile.model import Server
from nectar.errors import NectarError, TransientError
from nectar.mysql.connection import GARBLED, MysqlConnection
from nectar.mysql.login_errors import of_login
from nectar.secrets.secret import Secret
from nectar.server import faults, resolve, ssh_tunnel, tls
from nectar.server.audit import AuditLog
from nectar.server.deadline import deadline
from nectar.server.rate_limit import Attempts
from nectar.server.recording import recorded
from nectar.server.resolve import SocketAddress


def connect_to_server(
    server: Server,
    password: Secret | None,
    *,
    audit: AuditLog,
    attempts: Attempts,
    first: bool = False,
    local_infile: bool = False,
    tunnel_secret: Secret | None = None,
) -> MysqlConnection:
    """Open a connection. Its `facts` say to which server, and how.

    `first`: use the longer timeout of a job's first connection. `local_infile`: allow `load_local`. `tunnel_secret`: the
    tunnel's password, or its key's passphrase. Every address of the host is tried until one is reached, those that failed
    before last. Each attempt is recorded. Errors: TransientError when a retry may succeed, ConnectError when a person must act;
    NEC-Y001 to NEC-Y057.
    """
    where, began = str(server), time.perf_counter()
    with recorded(server, audit, begun_only=True):
        audit.ready()
        context = tls.context(server.tls)
        addresses = sorted(_addresses(server), key=lambda address: attempts.failures[address])
    resolve_seconds = time.perf_counter() - began
    for address in addresses:
        with recorded(server, audit) as result:
            result.address = address.address
            attempts.admit(where)
            try:
                stream, tcp_seconds = _open(server, address, tunnel_secret, first)
            except TransientError as error:
                attempts.failures[address] += 1
                if address is addresses[-1]:
                    raise
                result.outcome = error.code
                continue
            connection = result.connection = MysqlConnection(server, password, context, local_infile=local_infile)
            login_seconds = _log_in(connection, server, stream, address, first)
            connection.facts = connection.look(
                resolve_seconds=resolve_seconds, tcp_seconds=tcp_seconds, login_seconds=login_seconds
            )
            return connection
    raise AssertionError("there is always an address")


def _addresses(server: Server) -> list[SocketAddress]:
    """The addresses to connect to: those of the tunnel's host, if there is one, which then looks the database's name up
    itself.
    """
    where, hosts = str(server), server.limits.hosts
    if server.tunnel is None:
        return resolve.socket_addresses(server.host, server.port, where, hosts)
    if not is_allowed(hosts, server.host):
        raise faults.NOT_ALLOWED.at(where, f"{server.host}, beyond the tunnel")
    return resolve.socket_addresses(server.tunnel.host, server.tunnel.port, ssh_tunnel.place_of(server.tunnel), hosts)


def _open(server: Server, address: SocketAddress, secret: Secret | None, first: bool) -> tuple[socket.socket, float]:
    began, seconds = time.perf_counter(), _patience(server, first)
    if server.tunnel is None:
        stream = resolve.open_stream(address, seconds, str(server))
    else:
        outer = resolve.open_stream(address, seconds, ssh_tunnel.place_of(server.tunnel))
        stream = ssh_tunnel.through(server.tunnel, outer, server.host, server.port, secret, seconds)
    return stream, time.perf_counter() - began


def _log_in(connection: MysqlConnection, server: Server, stream: socket.socket, address: SocketAddress, first: bool) -> float:
    """Log in; returns the seconds that it took."""
    began = time.perf_counter()
    peer = address.address if server.tunnel is None else ""
    with deadline(stream, _patience(server, first)) as is_over:
        try:
            connection.log_in(stream, peer, _patience(server, first))
        except NectarError:
            stream.close()
            raise
        except (pymysql.err.MySQLError, OSError, ssl.SSLError, RuntimeError, *GARBLED) as error:
            stream.close()
            raise (faults.SLOW_LOGIN.at(str(server)) if is_over() else of_login(error, str(server))) from error
    return time.perf_counter() - began


def _patience(server: Server, first: bool) -> float:
    return server.waits.first_connect if first else server.waits.connect
