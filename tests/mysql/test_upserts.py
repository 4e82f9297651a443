"""Nothing that a job sends is deprecated on a MySQL, and where a server knows no name for the row that comes, none is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nectar.mysql.product import product_of
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.mysql.jobs import Heard, plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text

FIRST = 228 * 4_320
DEPRECATED = (1287, 1681, 3719, 3778)
SQL = f"SELECT error_number, sum_error_raised FROM performance_schema.events_errors_summary_global_by_error WHERE error_number IN {DEPRECATED}"


def _job(chain: Path, server: Server, database: str, last: int, load_data: bool = True) -> list[str]:
    with Proxy(server.address, record=True) as proxy:
        target = profile(server, database, port=proxy.port, load_data=load_data)
        more = '[[views]]\nname = "large"\nfrom = "tx"\nwhere = "fee > 1_000_000 lovelace"\n'
        run(
            plan_of(plan_text(chain / "preview/immutable", between(FIRST, last), more=more)),
            Options(target, workers=1),
            Heard(),
            Stop(),
        )
        return proxy.recorded


@pytest.mark.servers(MYSQL)
def test_nothing_is_deprecated(chain: Path, server: Server, database: str) -> None:
    before = server.run(SQL)
    assert len(before) == len(DEPRECATED)
    for last, load_data in ((FIRST + 400, False), (FIRST + 900, True)):
        _job(chain, server, database, last, load_data)
    assert server.run(SQL) == before


@pytest.mark.servers(MARIADB, MYSQL)
def test_the_row_that_comes(program: str, chain: Path, server: Server, database: str) -> None:
    sent = "\n".join(_job(chain, server, database, FIRST + 400))
    assert ("AS came ON DUPLICATE KEY UPDATE" in sent) is (program == MYSQL)
    assert (re.search(r"VALUES\(`", sent) is not None) is (program == MARIADB)


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("9.7.4-2", True),
        ("8.0.19", True),
        ("8.4.2", True),
        ("8.0.36-0ubuntu0.22.04.1", True),
        ("8.0.18", False),
        ("5.7.44-log", False),
        ("10.11.6-MariaDB-0+deb12u1", False),
        ("11.8.2-MariaDB", False),
        ("5.5.5-10.6.12-MariaDB", False),
        ("8.0.11-TiDB-v8.5.7", False),
        ("8.0.11-TiDB-v7.1.3-serverless", False),
        ("8.0.11-TiDB-CLOUD.202603.3", False),
        ("who knows", False),
    ],
)
def test_who_knows_a_name(version: str, names: bool) -> None:
    assert product_of(version).names_rows is names
