"""A database's host: its form, and whether the connection_type fits it."""

from __future__ import annotations

from nectar.config import codes
from nectar.config.document.positions import TomlPath
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.hosts import is_cloud, is_gateway, is_host
from nectar.config.profile.model import ConnectionType


def check_given(reader: DatabaseReader, key: str) -> None:
    """Complains where neither the table nor custom_dsn says `key`."""
    if reader.has(key) or not reader.sound("custom_dsn", "use_custom_dsn"):
        return
    place: TomlPath = (*reader.at, "custom_dsn") if reader.dsn_keys else reader.at
    what = f"custom_dsn says no {key}" if reader.dsn_keys else f"[{reader.complaints.dotted(reader.at)}] has no {key}"
    reader.complaints.add(codes.MISSING_KEY, what, place, at="key", suggestion=f'write {key} = ".."', spoils=False)


def read_host(reader: DatabaseReader) -> str:
    """The host, an IPv6 address without its brackets. Complains of a text that cannot be a host."""
    host = str(reader.get("host", ""))
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not reader.sound("host") or is_host(host):
        return host
    what, hint = _host_fault(host)
    if "host" in reader.dsn_keys:
        what = "custom_dsn's host is neither a name nor an address"
    reader.complaints.add(codes.BAD_HOST, what, reader.place("host"), allowed="a name or an address", suggestion=hint)
    return ""


def _host_fault(host: str) -> tuple[str, str]:
    """(what is wrong, hint). Neither repeats the text: a secret may stand in the wrong place."""
    if host.startswith("/"):
        return "host is a Unix socket, which Nectar does not use", 'write host = "127.0.0.1"'
    name, colon, port = host.partition(":")
    if is_host(name) and port.isascii() and port.isdecimal():
        return "host names a port too", "write it as port = N"
    if colon or "@" in host:
        return "host is neither a name nor an address", "a whole connection text goes into custom_dsn, with use_custom_dsn = true"
    return "host cannot be this text", ""


def check_kind(reader: DatabaseReader, kind: ConnectionType, host: str) -> None:
    """Complains of a connection_type or a user that does not fit one of TiDB Cloud's servers, which its name tells."""
    right = ConnectionType.TIDB_SERVERLESS if is_gateway(host) else ConnectionType.TIDB_CLUSTER
    if is_cloud(host) and kind not in (right, ConnectionType.TIDB_SERVERLESS):
        what = f"the host is TiDB Cloud's, and connection_type is {kind.value}"
        hint = f'write connection_type = "{right.value}"'
        reader.complaints.add(codes.WRONG_KIND, what, (*reader.at, "connection_type"), suggestion=hint)
    user = str(reader.get("user", ""))
    if is_gateway(host) and kind is ConnectionType.TIDB_SERVERLESS and user and "." not in user:
        what = 'user has no prefix: TiDB Cloud would answer "Missing user name prefix"'
        hint = "write it as the console shows it, such as 3KMG9RoJdmgyYep.root"
        reader.complaints.add(codes.WRONG_KIND, what, reader.place("user"), suggestion=hint)
