"""One database of a profile: its table and the sections -> a `SqliteFile` or a `Server`, and complaints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted, say
from nectar.config.document.lookup import table_at
from nectar.config.document.positions import NOWHERE, TomlPath
from nectar.config.profile.custom_dsn import read_custom_dsn
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.defaults import DEFAULTS
from nectar.config.profile.host import check_given, check_kind, read_host
from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.keys import LimitsKeys
from nectar.config.profile.model import DEFAULT_PATH, ConnectionType, Server, SqliteFile, SslMode, Target, Tls
from nectar.config.profile.sections import (
    SECTIONS,
    check_allowed,
    read_audit,
    read_batch_bytes,
    read_limits,
    read_pool,
    read_retry,
    read_tunnel,
    read_waits,
)
from nectar.config.profile.tls import check_tls_files, read_tls

_SQLITE_KEYS = ("connection_type", "path")
_SERVER_KEYS = ("host", "user", "custom_dsn", "password")
_KINDS = ", ".join(say(kind.value) for kind in ConnectionType)


def read_database(complaints: Complaints, at: TomlPath, *, files: bool) -> Target:
    """The database whose table stands at `at`, with defaults where something is wrong.

    `files`: whether to check certificates and keys too. Those of a database that is not used need not be on this machine.
    """
    kind = complaints.get((*at, "connection_type"), None)
    given = table_at(complaints.document.data, at)
    if not complaints.sound((*at, "connection_type")):
        _check_the_rest(complaints, at, files)
        return SqliteFile(Path(DEFAULT_PATH))
    if kind is not None and kind != "sqlite":
        return _server(complaints, at, ConnectionType(kind), files)
    read_custom_dsn(complaints, at)  # a password in it is a clear secret even where the text is not used
    strays = [key for key in given if key not in _SQLITE_KEYS and complaints.sound((*at, key))]
    if kind is None and not complaints.sound((*at, "custom_dsn")):
        return SqliteFile(Path(DEFAULT_PATH))  # the text would have said which kind of server
    if kind is None and strays and "path" not in given:
        what = f"[{complaints.dotted(at)}] has no connection_type, and {strays[0]} is about a server"
        complaints.add(codes.MISSING_KEY, what, at, at="key", allowed=_KINDS, suggestion='such as connection_type = "mysql"')
        return SqliteFile(Path(DEFAULT_PATH))
    for key in strays:
        _useless(complaints, (*at, key), "SQLite, which is the connection_type unless another is said")
    return _sqlite(complaints, at)


def _check_the_rest(complaints: Complaints, at: TomlPath, files: bool) -> None:
    """For a database whose connection_type is wrong: complains of what would be wrong for any kind of server."""
    if any(key in table_at(complaints.document.data, at) for key in _SERVER_KEYS):
        _server(replace(complaints, partial=True), at, ConnectionType.MYSQL, files)


def _useless(complaints: Complaints, at: TomlPath, target: str) -> None:
    if complaints.sound(at):
        complaints.add(codes.USELESS_KEY, f"{at[-1]} does nothing for {target}", at, at="key", suggestion="leave it out")


def _sqlite(complaints: Complaints, at: TomlPath) -> SqliteFile:
    place = (*at, "path")
    path = DatabaseReader(complaints, at).path(place, complaints.get(place, DEFAULT_PATH))
    return SqliteFile(path or Path(DEFAULT_PATH))


def _server(complaints: Complaints, at: TomlPath, kind: ConnectionType, files: bool) -> Server:
    if complaints.has((*at, "path")):
        _useless(complaints, (*at, "path"), f"{kind.value}: it is the file of an SQLite database")
    reader = DatabaseReader(complaints, at, read_custom_dsn(complaints, at))
    for key in ("host", "user", "database"):
        check_given(reader, key)
    host = read_host(reader)
    check_kind(reader, kind, host)
    tls = read_tls(reader, kind, host)
    limits, tunnel = read_limits(reader), read_tunnel(reader, files=files)
    check_allowed(reader, limits, host, reader.place("host"))
    if tunnel is not None:
        check_allowed(reader, limits, tunnel.host, reader.section("tunnel", "host"))
    if files:
        check_tls_files(reader, tls)
    password = reader.reference((*at, "password"))
    if password is None and kind is ConnectionType.TIDB_SERVERLESS:
        reader.notes.append("there is no password, and tidb-serverless has no users without one")
    server = _plain_server(reader, kind, host, tls)
    return replace(server, password=password, limits=limits, tunnel=tunnel, notes=tuple(reader.notes))


def _plain_server(reader: DatabaseReader, kind: ConnectionType, host: str, tls: Tls) -> Server:
    """The kind's defaults wherever the profile says nothing; without password, limits, tunnel and notes."""
    defaults = DEFAULTS[kind]
    document = reader.complaints.document
    return Server(
        kind=kind,
        host=host,
        port=reader.get("port", defaults.port),
        user=reader.get("user", ""),
        database=reader.get("database", ""),
        password=None,
        tls=tls,
        pool=read_pool(reader, defaults),
        waits=read_waits(reader, defaults),
        retry=read_retry(reader, defaults),
        batch_bytes=read_batch_bytes(reader, defaults),
        batch_rows=reader.keys(LimitsKeys, "limits").batch_rows or defaults.batch_rows,
        statement_bytes=defaults.statement_bytes,
        settings=defaults.settings,
        audit=read_audit(reader),
        load_data=defaults.load_data and _is_trusted(tls.mode, host),
        file=None if document.positions is NOWHERE else Path(document.file),
        key=dotted(reader.at),
    )


def _is_trusted(mode: SslMode, host: str) -> bool:
    """Whether the server is known to be the right one. A server that answers LOAD DATA LOCAL may ask for any file."""
    return is_loopback(host) or mode in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY)


def check_sections_are_used(complaints: Complaints) -> None:
    """Complains of the sections of a profile in which every database is an SQLite file."""
    for section in SECTIONS:
        if complaints.has((section,)):
            _useless(complaints, (section,), "SQLite")
