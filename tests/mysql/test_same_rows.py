"""The full plan in a server's database has the rows that it has in SQLite, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nectar.compiler.internal_tables import SERVER_TABLES
from nectar.config.profile.model import SqliteFile
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.tables import Kind
from tests.mysql.conftest import Proxied
from tests.mysql.faults import FaultPlan
from tests.mysql.jobs import OWN, names_in, plan_of, profile, rows, sqlite_rows
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import EVERYTHING, between, job, plan_text, same
from tests.runner.large_sums import FEES, TRANSACTIONS, large_sums

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

EPOCH = 4_320  # slots of a chunk of preview


@pytest.fixture(scope="module")
def straight(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite with preview 00000 to 00239, as far as those are there."""
    database = tmp_path_factory.mktemp("straight") / "x.db"
    job(database, plan_text(chain / "preview/immutable", between(-1, 240 * EPOCH - 1)), workers=2)
    return database


@pytest.fixture
def place(proxied: Proxied) -> Iterator[int]:
    """The port of MariaDB, or of what is taken for TiDB."""
    with proxied(FaultPlan()) as proxy:
        yield proxy.port


@pytest.fixture(params=["load data", "inserts"])
def load_data(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "load data")


def test_preview_whole(chain: Path, straight: Path, server: Server, place: int, database: str) -> None:
    text = plan_text(chain / "preview/immutable", between(-1, 240 * EPOCH - 1))
    summary = run(plan_of(text), Options(profile(server, database, port=place, writers=3), workers=2), Quiet(), Stop())
    tables = {*summary.rows, "epoch", "meta", "schema_version", "nectar_coverage", "nectar_quarantine"}
    assert summary.rows["tx_out"] > 20_000
    same(rows(server, database, tables), sqlite_rows(straight, tables))
    assert {one.name for one in SERVER_TABLES} <= names_in(server, database)


@pytest.mark.parametrize(
    "processors",
    [
        EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "live", address_table = true }'),
        "blocks = true\nmetadata = true",
        "transactions = true\nmulti_assets = true",
    ],
)
def test_other_plans(
    processors: str, load_data: bool, chain: Path, server: Server, place: int, database: str, tmp_path: Path
) -> None:
    """In two runs, the later slots first: things are seen earlier than they were."""
    for first, last in ((230 * EPOCH, 239 * EPOCH - 1), (220 * EPOCH, 230 * EPOCH - 1)):
        text = plan_text(
            chain / "preview/immutable", between(first, last), processors=processors, performance="batch_blocks = 300"
        )
        writers = 2 if load_data else 1
        target = profile(server, database, port=place, load_data=load_data, writers=writers)
        theirs = run(plan_of(text), Options(target, workers=1), Quiet(), Stop())
        ours = run(plan_of(text), Options(SqliteFile(tmp_path / "x.db"), workers=1), Quiet(), Stop())
        # of several writers a later batch may come first: then a thing is seen earlier than it was, which counts as a change
        differing = {name for name in ours.rows if theirs.rows[name] != ours.rows[name]}
        assert differing <= (
            {table.name for table in plan_of(text).tables if table.kind is Kind.DIMENSION} if writers > 1 else set()
        )
    tables = {*theirs.rows, "nectar_coverage"}
    same(rows(server, database, tables), sqlite_rows(tmp_path / "x.db", tables))


def test_a_filter_that_follows_what_it_keeps(chain: Path, server: Server, place: int, database: str, tmp_path: Path) -> None:
    where = '[filters]\nwhere = "any(tx.outputs, value > 5000 ada) or any(tx.inputs, value > 5000 ada)"\non_unknown = "drop"'
    for last in (232, 236):
        text = plan_text(chain / "preview/immutable", between(220 * EPOCH, last * EPOCH - 1), more=where)
        theirs = run(plan_of(text), Options(profile(server, database, port=place), workers=1), Quiet(), Stop())
        ours = run(plan_of(text), Options(SqliteFile(tmp_path / "x.db"), workers=1), Quiet(), Stop())
        assert theirs.rows == ours.rows
    tables = {*theirs.rows, *OWN}
    same(rows(server, database, tables), sqlite_rows(tmp_path / "x.db", tables))


def test_sums_beyond_their_columns(server: Server, place: int, database: str, tmp_path: Path) -> None:
    text = large_sums(tmp_path)
    run(plan_of(text), Options(profile(server, database, port=place), workers=1), Quiet(), Stop())
    job(tmp_path / "x.db", text)
    assert server.run("SELECT fee, deposit FROM tx ORDER BY id", database) == TRANSACTIONS
    assert [fees for (fees,) in server.run("SELECT fees FROM block ORDER BY id", database)] == FEES
    tables = ("block", "tx", "epoch")
    same(rows(server, database, tables), sqlite_rows(tmp_path / "x.db", tables))
