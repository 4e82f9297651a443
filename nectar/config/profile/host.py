"""Whom a database's connection goes to: a host that can be one, and that the connection_type fits."""

from __future__ import annotations

from nectar.config import codes
from nectar.config.document.positions import TomlPath
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.hosts import is_cloud, is_gateway, is_host
from nectar.config.profile.model import ConnectionType


def check_there(table: DatabaseReader, key: str) -> None:
    """Complains when `key` is said nowhere."""
    if table.has(key) or not table.sound("custom_dsn", "use_custom_dsn"):
        return
    place: TomlPath = (*table.at, "custom_dsn") if table.said else table.at
    what = f"custom_dsn says no {key}" if table.said else f"[{table.complaints.dotted(table.at)}] has no {key}"
    table.complaints.add(codes.MISSING_KEY, what, place, at="key", suggestion=f'write {key} = ".."', spoils=False)


def read_host(table: DatabaseReader) -> str:
    """Without the brackets of an IPv6 address. Complains of what is no host."""
    host = str(table.get("host", ""))
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not table.sound("host") or is_host(host):
        return host
    what, hint = _host_fault(host)
    if "host" in table.said:
        what = "custom_dsn's host is no host"
    table.complaints.add(codes.BAD_HOST, what, table.place("host"), allowed="a name or an address", suggestion=hint)
    return ""


def _host_fault(host: str) -> tuple[str, str]:
    """What is wrong with it, and what was perhaps meant. Its text is not repeated: a secret may stand in the wrong place."""
    if host.startswith("/"):
        return "host is a Unix socket, which Nectar does not use", 'write host = "127.0.0.1"'
    name, colon, port = host.partition(":")
    if is_host(name) and port.isascii() and port.isdecimal():
        return "host names a port too", "write it as port = N"
    if colon or "@" in host:
        return "host is no host", "a whole connection text goes into custom_dsn, with use_custom_dsn = true"
    return "host cannot be this text", ""


def check_kind(table: DatabaseReader, kind: ConnectionType, host: str) -> None:
    """TiDB Cloud's servers are known by their names."""
    right = ConnectionType.TIDB_SERVERLESS if is_gateway(host) else ConnectionType.TIDB_CLUSTER
    if is_cloud(host) and kind not in (right, ConnectionType.TIDB_SERVERLESS):
        what = f"the host is TiDB Cloud's, and connection_type is {kind.value}"
        hint = f'write connection_type = "{right.value}"'
        table.complaints.add(codes.WRONG_KIND, what, (*table.at, "connection_type"), suggestion=hint)
    user = str(table.get("user", ""))
    if is_gateway(host) and kind is ConnectionType.TIDB_SERVERLESS and user and "." not in user:
        what = 'user has no prefix: TiDB Cloud would answer "Missing user name prefix"'
        hint = "write it as the console shows it, such as 3KMG9RoJdmgyYep.root"
        table.complaints.add(codes.WRONG_KIND, what, table.place("user"), suggestion=hint)
