"""The server programs that tests can start: where they are, how a data folder is made, which options each has of its own."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mysql import building

MARIADB, MYSQL, PERSONA = "MariaDB", "MySQL", "TiDB's persona"
"""What a test can run on: two programs, and MariaDB behind a proxy that answers as TiDB does."""

USER, PASSWORD = "nectar", "Nectar-tests-1"
FIRST_WORDS = (
    f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{PASSWORD}'",
    f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION",
)
COMMON = ("--innodb-buffer-pool-size=32M", "--skip-log-bin", "--skip-name-resolve")
# A test's data need not outlive a power cut; the file of a killed server is whole all the same.
FAST = ("--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=0")
_MARIADB = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Program(NamedTuple):
    """`command` starts it; `options` are those that the other does not know; `reload_tls` makes it read its certificate anew,
    and `no_tls` makes it offer none."""

    name: str
    version: str
    command: Sequence[str]
    options: Sequence[str]
    reload_tls: str
    no_tls: str

    def arguments(self, data: Path) -> list[str]:
        return [*self.command, f"--datadir={data}", f"--user={getpass.getuser()}", *COMMON, *self.options]

    def make(self, data: Path) -> None:
        """A data folder, with USER in it."""
        if self.name == MARIADB:
            user = getpass.getuser()
            _run(
                [
                    "mariadb-install-db",
                    "--no-defaults",
                    f"--datadir={data}",
                    f"--user={user}",
                    "--auth-root-authentication-method=socket",
                    f"--auth-root-socket-user={user}",
                    "--skip-test-db",
                    *self.options,
                ]
            )
            _run([*self.arguments(data), "--bootstrap"], "FLUSH PRIVILEGES;\n" + "".join(f"{words};\n" for words in FIRST_WORDS))
        else:
            words = data.with_suffix(".sql")
            words.write_text("".join(f"{words};\n" for words in FIRST_WORDS))
            _run([*self.arguments(data), "--initialize-insecure", f"--init-file={words}"])


def program(name: str) -> Program | None:
    """None where there is none; MySQL is unpacked when it is not there. Errors: those of `building.build`."""
    if name == MYSQL:
        unpacked = building.build()
        return Program(
            MYSQL,
            unpacked.version,
            unpacked.command(),
            ("--innodb-redo-log-capacity=16M",),
            "ALTER INSTANCE RELOAD TLS",
            "--tls-version=",
        )
    if _MARIADB is None:
        return None
    version = subprocess.run([_MARIADB, "--version"], capture_output=True, check=True, text=True).stdout
    options = ("--innodb-log-file-size=8M", "--aria-log-file-size=8M")
    return Program(MARIADB, version, (_MARIADB, "--no-defaults"), options, "FLUSH SSL", "--skip-ssl")


def _run(command: Sequence[str], said: str = "") -> None:
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
