"""Connecting, until there is a room for it."""

from __future__ import annotations

import os
from typing import Any

import pymysql

from nectar.config.server import Server


class _C(pymysql.connections.Connection):
    def load_local(self, sql: str, text: bytes) -> int:
        fd = os.memfd_create("nectar")
        os.write(fd, text)
        try:
            return int(self.query(sql.replace("'nectar'", f"'/proc/self/fd/{fd}'", 1)))
        except AttributeError as error:
            raise pymysql.err.OperationalError(2013, "lost") from error
        finally:
            os.close(fd)

    def warning_count(self) -> int:
        return int(self._result.warning_count)  # type: ignore[attr-defined]


def connector(server: Server) -> Any:
    def connect(first: bool) -> Any:
        password = os.environ[server.password.value] if server.password else ""
        return _C(
            host=server.host, port=server.port, user=server.user, password=password, database=server.database,
            charset="utf8mb4", autocommit=False, local_infile=True, ssl_disabled=True, read_timeout=20,
        )  # fmt: skip
    return connect
