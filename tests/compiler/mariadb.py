"""A MariaDB of a test's own: private folder, unix socket only, started and stopped by process id."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.awaiting import wait_until_it_answers

SERVER = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
PATIENCE_SECONDS = 60


class Client:
    def __init__(self, socket: Path) -> None:
        self.command = ["mariadb", "--no-defaults", f"--socket={socket}", f"--user={getpass.getuser()}", "--batch", "--raw"]

    def run(self, sql: str, database: str = "") -> list[list[str]]:
        """Rows of the answers, without heads; AssertionError with the server's own words when it refuses."""
        done = subprocess.run(
            [*self.command, "--skip-column-names", "--show-warnings", *([database] if database else [])],
            input=sql,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]


@contextmanager
def mariadb() -> Iterator[Client]:
    assert SERVER is not None, "no MariaDB here (Debian: apt-get install mariadb-server)"
    with tempfile.TemporaryDirectory(prefix="nectar-mariadb-") as folder:  # short: a socket's path has 107 bytes
        data, socket = Path(folder, "data"), Path(folder, "socket")
        user = getpass.getuser()
        subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={data}",
                f"--user={user}",
                "--auth-root-authentication-method=socket",
                f"--auth-root-socket-user={user}",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )
        server = subprocess.Popen(
            [
                SERVER,
                "--no-defaults",
                f"--datadir={data}",
                f"--socket={socket}",
                "--skip-networking",
                f"--user={user}",
                f"--pid-file={folder}/pid",
                "--innodb-buffer-pool-size=32M",
                "--skip-log-bin",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            client = Client(socket)
            wait_until_it_answers(server, lambda: client.run("SELECT 1"), AssertionError, PATIENCE_SECONDS)
            yield client
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)
