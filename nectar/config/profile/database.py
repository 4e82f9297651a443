"""One database of a profile: its table and the sections -> a `SqliteFile` or a `Server`, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted, say
from nectar.config.document.positions import NOWHERE, TomlPath
from nectar.config.profile.custom_dsn import read_custom_dsn
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.defaults import DEFAULTS
from nectar.config.profile.host import check_kind, check_there, read_host
from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.keys import DEFAULT_PATH, LimitsKeys
from nectar.config.profile.model import ConnectionType, Server, SqliteFile, SslMode, Target, Tls
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

    `files`: whether certificates and keys are looked at too, which need not be on this machine for a database that is not used.
    """
    kind = complaints.get((*at, "connection_type"), None)
    given = _given(complaints, at)
    if not complaints.sound((*at, "connection_type")):
        _look_at_rest(complaints, at, files)
        return SqliteFile(Path(DEFAULT_PATH))
    if kind is not None and kind != "sqlite":
        return _server(complaints, at, ConnectionType(kind), files)
    read_custom_dsn(complaints, at)  # a password in it is one whether or not it is used
    strays = [key for key in given if key not in _SQLITE_KEYS and complaints.sound((*at, key))]
    if kind is None and not complaints.sound((*at, "custom_dsn")):
        return SqliteFile(Path(DEFAULT_PATH))  # it would have said which kind of server
    if kind is None and strays and "path" not in given:
        what = f"[{complaints.dotted(at)}] has no connection_type, and {strays[0]} is about a server"
        complaints.add(codes.MISSING_KEY, what, at, at="key", allowed=_KINDS, suggestion='such as connection_type = "mysql"')
        return SqliteFile(Path(DEFAULT_PATH))
    for key in strays:
        _useless(complaints, (*at, key), "SQLite, which is the connection_type unless another is said")
    return _sqlite(complaints, at)


def _look_at_rest(complaints: Complaints, at: TomlPath, files: bool) -> None:
    """Of a database whose kind is wrong: what would be wrong for any kind of server."""
    if any(key in _given(complaints, at) for key in _SERVER_KEYS):
        _server(replace(complaints, partial=True), at, ConnectionType.MYSQL, files)


def _given(complaints: Complaints, at: TomlPath) -> dict[str, Any]:
    here: Any = complaints.document.data
    for step in at:
        here = here.get(step) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


def _useless(complaints: Complaints, at: TomlPath, whom: str) -> None:
    if complaints.sound(at):
        complaints.add(codes.USELESS_KEY, f"{at[-1]} does nothing for {whom}", at, at="key", suggestion="leave it out")


def _sqlite(complaints: Complaints, at: TomlPath) -> SqliteFile:
    place = (*at, "path")
    path = DatabaseReader(complaints, at).path(place, complaints.get(place, DEFAULT_PATH))
    return SqliteFile(path or Path(DEFAULT_PATH))


def _server(complaints: Complaints, at: TomlPath, kind: ConnectionType, files: bool) -> Server:
    if complaints.has((*at, "path")):
        _useless(complaints, (*at, "path"), f"{kind.value}: it is the file of an SQLite database")
    table = DatabaseReader(complaints, at, read_custom_dsn(complaints, at))
    for key in ("host", "user", "database"):
        check_there(table, key)
    host = read_host(table)
    check_kind(table, kind, host)
    tls = read_tls(table, kind, host)
    limits, tunnel = read_limits(table), read_tunnel(table, files=files)
    check_allowed(table, limits, host, table.place("host"))
    if tunnel is not None:
        check_allowed(table, limits, tunnel.host, table.section("tunnel", "host"))
    if files:
        check_tls_files(table, tls)
    password = table.reference((*at, "password"))
    if password is None and kind is ConnectionType.TIDB_SERVERLESS:
        table.notes.append("no password is said, and tidb-serverless has no users without one")
    server = _plain_server(table, kind, host, tls)
    return replace(server, password=password, limits=limits, tunnel=tunnel, notes=tuple(table.notes))


def _plain_server(table: DatabaseReader, kind: ConnectionType, host: str, tls: Tls) -> Server:
    """With the kind's defaults wherever nothing is said, without what is no default's business."""
    defaults = DEFAULTS[kind]
    document = table.complaints.document
    return Server(
        kind=kind,
        host=host,
        port=table.get("port", defaults.port),
        user=table.get("user", ""),
        database=table.get("database", ""),
        password=None,
        tls=tls,
        pool=read_pool(table, defaults),
        waits=read_waits(table, defaults),
        retry=read_retry(table, defaults),
        batch_bytes=read_batch_bytes(table, defaults),
        batch_rows=table.keys(LimitsKeys, "limits").batch_rows or defaults.batch_rows,
        statement_bytes=defaults.statement_bytes,
        settings=defaults.settings,
        audit=read_audit(table),
        load_data=defaults.load_data and _is_trusted(tls.mode, host),
        file=None if document.positions is NOWHERE else Path(document.file),
        key=dotted(table.at),
    )


def _is_trusted(mode: SslMode, host: str) -> bool:
    """Whether it is known who asks: whoever answers LOAD DATA LOCAL may ask for any file."""
    return is_loopback(host) or mode in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY)


def check_sections_are_used(complaints: Complaints) -> None:
    """For a profile without a server."""
    for section in SECTIONS:
        if complaints.has((section,)):
            _useless(complaints, (section,), "SQLite")
