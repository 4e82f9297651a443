"""The right that is missing is the one that is blamed, on every server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nectar.config.server import Server as Profile
from nectar.sinks.mysql.check import check
from nectar.sinks.mysql.rights import TRIED
from tests.mysql.jobs import profile
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.server import Server

ALL = ("DROP", *(right.name for right in TRIED))
SELDOM = {"DROP", *(right.name for right in TRIED if right.seldom)}
USER = "one_less"


def _found(server: Server, database: str, target: Profile, grants: list[str]) -> tuple[list[str], str]:
    server.run(f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        server.run(f"GRANT {', '.join(grants)} ON {database}.* TO {USER}@'%'")
        *_, step = check(replace(target, user=USER), count=1)
        return step.facts["missing"], step.outcome.value
    finally:
        server.run(f"DROP USER {USER}@'%'")


@pytest.mark.servers(MARIADB, MYSQL)
def test_each_right_that_is_missing_alone(server: Server, database: str) -> None:
    target = profile(server, database)
    found = {right: _found(server, database, target, [one for one in ALL if one != right]) for right in ALL}
    assert found == {right: ([right], "warning" if right in SELDOM else "failed") for right in ALL}
    assert server.run("SHOW TABLES", database) == []


@pytest.mark.servers(MARIADB, MYSQL)
def test_pairs_of_rights_that_are_missing(server: Server, database: str) -> None:
    """A statement that needs both of two rights would blame the wrong one, or hide one behind the other."""
    target = profile(server, database)
    pairs = [(one, two) for at, one in enumerate(ALL[2:]) for two in ALL[2:][at + 1 :]]
    found = {pair: _found(server, database, target, [one for one in ALL if one not in pair])[0] for pair in pairs}
    assert found == {pair: list(pair) for pair in pairs}
