"""Whether a profile's connection_type is the one for the server that it leads to, and whether that is new enough."""

from __future__ import annotations

import pytest

from nectar.config.profile.model import ConnectionType
from nectar.mysql.product import product_of
from nectar.sinks.mysql.check.connection_type import notes_of

MYSQL, MARIADB = "8.4.3", "11.4.4-MariaDB-1"
OWN, STARTER = "8.0.11-TiDB-v8.5.1", "8.0.11-TiDB-v7.5.2-serverless"
TIDB = (ConnectionType.TIDB_LOCAL, ConnectionType.TIDB_SERVERLESS, ConnectionType.TIDB_CLUSTER)
SERVERLESS, CLUSTER, PLAIN = (
    'write connection_type = "tidb-serverless"',
    'write connection_type = "tidb-cluster"',
    'write connection_type = "mysql"',
)


@pytest.mark.parametrize(
    ("version", "kind", "advice"),
    [
        *[(version, ConnectionType.MYSQL, []) for version in (MYSQL, MARIADB)],
        *[(version, kind, [PLAIN]) for version in (MYSQL, MARIADB) for kind in TIDB],
        (OWN, ConnectionType.MYSQL, [CLUSTER]),
        (STARTER, ConnectionType.MYSQL, [SERVERLESS]),
        *[(OWN, kind, []) for kind in TIDB],
        (STARTER, ConnectionType.TIDB_SERVERLESS, []),
        (STARTER, ConnectionType.TIDB_LOCAL, [SERVERLESS]),
        (STARTER, ConnectionType.TIDB_CLUSTER, [SERVERLESS]),
    ],
)
def test_the_type_fits_the_server(version: str, kind: ConnectionType, advice: list[str]) -> None:
    assert [note.hint for note in notes_of(product_of(version), kind)] == advice


@pytest.mark.parametrize(
    ("version", "is_old"),
    [
        ("5.7.44", True),
        ("8.0.0", False),
        ("8.4.3", False),
        ("9.7.0", False),
        ("10.5.27-MariaDB", True),
        ("10.6.0-MariaDB", False),
        ("11.4.4-MariaDB", False),
    ],
)
def test_an_old_server_is_told(version: str, is_old: bool) -> None:
    notes = notes_of(product_of(version), ConnectionType.MYSQL)
    assert [note.hint for note in notes] == ["take a newer server"] * is_old
    assert all("and newer" in note.what for note in notes)
