"""Server values and connections, short enough to read in a test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nectar.config.profile.model import ConnectionType, PoolSettings, Retry, Server, SslMode, Tls, Waits
from nectar.mysql.connect import connect_to_server
from nectar.mysql.connection import MysqlConnection
from nectar.secrets.secret import Secret
from nectar.server.audit import AuditLog
from nectar.server.rate_limit import Attempts
from tests.mysql.programs import PASSWORD, USER
from tests.server.certificates import Pair
from tests.server.conftest import DATABASE


def server(
    port: int, mode: SslMode = SslMode.DISABLED, ca: Path | None = None, client: Pair | None = None, **other: Any
) -> Server:
    made = Server(
        kind=ConnectionType.MYSQL,
        host="localhost",
        port=port,
        user=USER,
        database=DATABASE,
        password=None,
        tls=Tls(mode, ca, client.certificate if client else None, client.key if client else None),
        pool=PoolSettings(1, 240, 300),
        waits=Waits(10, 10, 20, 20),
        retry=Retry(0.1, 1, 10, 60),
        batch_bytes=1 << 20,
        batch_rows=1000,
        statement_bytes=1 << 20,
    )
    return replace(made, **other)


def joined(to: Server, password: str = PASSWORD, **other: Any) -> MysqlConnection:
    return connect_to_server(to, Secret(password), **{"audit": AuditLog(), "attempts": Attempts(10_000), **other})


def asked(connection: MysqlConnection, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@contextmanager
def nobody() -> Iterator[None]:
    """Rights to files mean nothing to root: as somebody else for a while."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(was)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Which everybody may look into; pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory(prefix="nectar-open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
