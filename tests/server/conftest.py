"""Servers with certificates, and those certificates."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mysql import server as servers
from tests.mysql.programs import MARIADB, PASSWORD
from tests.mysql.server import Server
from tests.server.certificates import Pair, Signer, authority, leaf

DATABASE = "nectar"
CERTIFIED = "certified"
"""A user of the same password who must show a client certificate."""


@dataclass(frozen=True, slots=True)
class Papers:
    """`shown` is what the server's options name; `show` puts another certificate there."""

    folder: Path
    ca: Signer
    other: Signer
    leaves: dict[str, Pair]
    client: Pair
    stranger: Pair

    def show(self, name: str, server: Server | None = None) -> None:
        """`server`: one that is running, and is to show it from now on."""
        shutil.copy(self.leaves[name].certificate, self.folder / "shown.pem")
        shutil.copy(self.leaves[name].key, self.folder / "shown.key")
        if server is not None:
            assert server.program is not None
            server.run(server.program.reload_tls)

    @property
    def options(self) -> list[str]:
        return [
            f"--ssl-cert={self.folder}/shown.pem",
            f"--ssl-key={self.folder}/shown.key",
            f"--ssl-ca={self.ca.pair.certificate}",
        ]


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("certificates")
    ca, other = authority(folder, "authority"), authority(folder, "other-authority")
    leaves = {
        "good": leaf(folder, "good", ca),
        "expired": leaf(folder, "expired", ca, first=-30, last=-1),
        "early": leaf(folder, "early", ca, first=2),
        "self-signed": leaf(folder, "self-signed", None),
        "wrong name": leaf(folder, "wrong-name", ca, names=("db.example.org", "10.1.2.3")),
        "wrong CA": leaf(folder, "wrong-ca", other),
    }
    made = Papers(folder, ca, other, leaves, leaf(folder, "client", ca, names=()), leaf(folder, "stranger", other, names=()))
    made.show("good")
    return made


@contextmanager
def started(*options: str, name: str = MARIADB) -> Iterator[Server]:
    """A server of its own, with a DATABASE and the user CERTIFIED."""
    with servers.started(*options, name=name) as server:
        server.run(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        server.run(f"CREATE USER {CERTIFIED}@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE X509")
        server.run(f"GRANT ALL ON {DATABASE}.* TO {CERTIFIED}@'%'")
        yield server


@pytest.fixture(scope="module")
def secured(papers: Papers, program: str) -> Iterator[Server]:
    """With TLS 1.2 and 1.3 and the good certificate."""
    papers.show("good")
    with started(*papers.options, name=program) as server:
        yield server
