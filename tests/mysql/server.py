"""A server of the tests' own on 127.0.0.1, MariaDB or MySQL: made once, copied for each start, stopped by its process id."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pymysql
import pytest
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.awaiting import wait_until_it_answers
from tests.cache import CACHE
from tests.mysql.programs import FAST, FIRST_WORDS, MARIADB, PASSWORD, USER, Program, program

PATIENCE_SECONDS = 60
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30

# What PyMySQL raises when a connection is gone. AttributeError: it still writes to a socket that it has just thrown away,
# when a LOAD DATA LOCAL breaks while it sends the file (1.2.4).
LOST = (pymysql.err.MySQLError, OSError, AttributeError)


@dataclass
class Server:
    """Where it is, who may connect; the process, which the owner may kill, and its program."""

    host: str
    port: int
    user: str
    password: str
    process: subprocess.Popen[bytes] | None
    program: Program | None = None

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    def connect(self, database: str | None = None, **options: object) -> Connection[Cursor]:
        """By PyMySQL and in plain text; `options` go to it as they are, `port` included."""
        chosen: dict[str, object] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": database,
            "ssl_disabled": True,
            **options,
        }
        return pymysql.connect(**chosen)  # type: ignore[call-overload, no-any-return]

    def run(self, sql: str, database: str | None = None) -> list[tuple[object, ...]]:
        """One statement on a connection of its own, committed."""
        connection = self.connect(database, autocommit=True)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """A database's name; it is empty at first and dropped afterwards."""
        name = f"scratch_{os.getpid()}_{next(NUMBERS)}"
        self.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        try:
            yield name
        finally:
            connection = self.connect(autocommit=True)
            with connection, connection.cursor() as cursor:
                cursor.execute("SET SESSION lock_wait_timeout = 60")  # a test that failed may have left a connection in it
                cursor.execute(f"DROP DATABASE {name}")


NUMBERS = count(1)


def server_at(address: str) -> Server:
    """One that runs already, by mysql://user:password@host:port/."""
    parts = urlsplit(address)
    return Server(
        parts.hostname or "", parts.port or 4000, unquote(parts.username or "root"), unquote(parts.password or ""), None
    )


@contextmanager
def started(*arguments: str, name: str = MARIADB, data: Path | None = None, port: int = 0) -> Iterator[Server]:
    """A running server. `arguments` come after the fixture's own and win. `data`: a folder to keep; made when not there.

    `port` 0: a free one.
    """
    made = here(name)
    with tempfile.TemporaryDirectory(
        prefix="nectar-mysql-", dir=_quick_folder(), ignore_cleanup_errors=True
    ) as folder:  # short: a socket's path has 107 bytes
        place = data or Path(folder, "data")
        if not place.exists():
            shutil.copytree(installed(made), place)
        port = port or free_port()
        process = subprocess.Popen(
            [
                *made.arguments(place),
                *FAST,
                f"--socket={folder}/socket",
                "--bind-address=127.0.0.1",
                f"--port={port}",
                f"--pid-file={folder}/pid",
                "--local-infile=1",
                "--max-allowed-packet=64M",
                f"--log-error={folder}/log",
                *arguments,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server = Server("127.0.0.1", port, USER, PASSWORD, process, made)
            log = Path(folder, "log")
            wait_until_it_answers(
                process,
                lambda: server.connect().close(),
                pymysql.err.OperationalError,
                PATIENCE_SECONDS,
                lambda: log.read_text(errors="replace")[-2000:],
            )
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _quick_folder() -> Path | None:
    """In memory where there is room, else the usual one: a server syncs its files for each table that it makes or drops.

    On a disk that is nine tenths of a test's time. A killed server's files outlive it in memory too.
    """
    return IN_MEMORY if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES else None


@cache
def here(name: str) -> Program:
    """The program. Where there is none, tests are skipped; in CI they fail."""
    try:
        found = program(name)
        why = f"no {name} here"
    except (LookupError, subprocess.CalledProcessError) as error:
        found, why = None, str(error)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def installed(made: Program) -> Path:
    """A data folder with the user in it, made once for this version and these options, outside the tree."""
    key = hashlib.sha256(repr((made.version, made.arguments(Path()), FIRST_WORDS)).encode()).hexdigest()[:16]
    place = CACHE / f"{made.name.lower()}-{key}"
    place.mkdir(parents=True, exist_ok=True)
    data = place / "data"
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / ".done").exists():
            shutil.rmtree(data, ignore_errors=True)
            made.make(data)
            (place / ".done").touch()
    return data


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
