"""A MariaDB of the tests' own on 127.0.0.1: made once, copied for each start, stopped by its process id."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from tests.awaiting import wait_until_it_answers

SERVER = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
INSTALL = "mariadb-install-db"
PATIENCE_SECONDS = 60
USER, PASSWORD = "nectar", "Nectar-tests-1"
SMALL = ("--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", "--skip-log-bin", "--skip-name-resolve")
# A test's data need not outlive a power cut; the file of a killed server is whole all the same.
FAST = ("--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=0", "--aria-log-file-size=8M")
FIRST_WORDS = f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;"

# What PyMySQL raises when a connection is gone. AttributeError: it still writes to a socket that it has just thrown away,
# when a LOAD DATA LOCAL breaks while it sends the file (1.2.4).
LOST = (pymysql.err.MySQLError, OSError, AttributeError)


@dataclass
class Server:
    """Where it is, who may connect, and the process, which the owner may kill."""

    host: str
    port: int
    user: str
    password: str
    process: subprocess.Popen[bytes] | None

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    def connect(self, database: str | None = None, **options: object) -> Connection[Cursor]:
        """By PyMySQL and in plain text; `options` go to it as they are, `port` included."""
        chosen: dict[str, object] = {
            "host": self.host, "port": self.port, "user": self.user, "password": self.password, "database": database, "ssl_disabled": True,
            **options,
        }  # fmt: skip
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
            self.run(f"DROP DATABASE {name}")


NUMBERS = count(1)


def server_at(address: str) -> Server:
    """One that runs already, by mysql://user:password@host:port/."""
    parts = urlsplit(address)
    return Server(parts.hostname or "", parts.port or 4000, unquote(parts.username or "root"), unquote(parts.password or ""), None)


@contextmanager
def mariadb(*arguments: str, data: Path | None = None, port: int = 0) -> Iterator[Server]:
    """A running server. `arguments` come after the fixture's own and win. `data`: a folder to keep; made when not there.

    `port` 0: a free one.
    """
    assert SERVER is not None, "no MariaDB here (Debian: apt-get install mariadb-server)"
    with tempfile.TemporaryDirectory(prefix="nectar-mysql-", ignore_cleanup_errors=True) as folder:      # short: a socket's path has 107 bytes
        place = data or Path(folder, "data")
        if not place.exists():
            shutil.copytree(installed(), place)
        port = port or free_port()
        process = subprocess.Popen(
            [SERVER, *_common(place), *FAST, f"--socket={folder}/socket", "--bind-address=127.0.0.1", f"--port={port}", f"--pid-file={folder}/pid",
             "--local-infile=1", "--max-allowed-packet=64M", f"--log-error={folder}/log", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            server = Server("127.0.0.1", port, USER, PASSWORD, process)
            log = Path(folder, "log")
            wait_until_it_answers(
                process, lambda: server.connect().close(), pymysql.err.OperationalError, PATIENCE_SECONDS,
                lambda: log.read_text(errors="replace")[-2000:],
            )  # fmt: skip
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def installed() -> Path:
    """A data folder with the user in it, made once for this version and these options, outside the tree."""
    assert SERVER is not None
    version = subprocess.run([SERVER, "--version"], capture_output=True, check=True).stdout
    key = hashlib.sha256(version + repr((SMALL, FIRST_WORDS)).encode()).hexdigest()[:16]
    place = Path(os.environ.get("NECTAR_CACHE") or Path.home() / ".cache" / "nectar") / f"mariadb-{key}"
    place.mkdir(parents=True, exist_ok=True)
    data = place / "data"
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / ".done").exists():
            shutil.rmtree(data, ignore_errors=True)
            user = getpass.getuser()
            subprocess.run(
                [INSTALL, "--no-defaults", f"--datadir={data}", f"--user={user}", "--auth-root-authentication-method=socket",
                 f"--auth-root-socket-user={user}", "--skip-test-db", *SMALL[:2]],
                check=True, capture_output=True,
            )  # fmt: skip
            subprocess.run(
                [SERVER or "", *_common(data), "--bootstrap"], input=f"FLUSH PRIVILEGES; {FIRST_WORDS}".replace("; ", ";\n").encode() + b"\n",
                check=True, capture_output=True,
            )  # fmt: skip
            (place / ".done").touch()
    return data


def _common(data: Path) -> Sequence[str]:
    return ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}", *SMALL]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
