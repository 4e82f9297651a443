"""TiDB's own parser takes every statement that Nectar sends; and full runs send every statement that its code can make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nectar.compiler.ddl.statements import StatementKind, statements
from tests.compiler.making import EVERY_TABLE, PLANS, compiled_from
from tests.mysql.conftest import running, server
from tests.mysql.persona import tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.mysql.variables import SELF_MANAGED
from tests.tidb.parsing import TidbParser
from tests.tidb.real import ADDRESS
from tests.tidb.recording import Runs, record, shape, templates

__all__ = ["running", "server"]

SENT = {
    "tables": r"CREATE TABLE IF NOT EXISTS `tx_out` .*CLUSTERED",
    "regions": r"/\*T! SPLIT TABLE `tx_in`",
    "indexes": r"CREATE INDEX `idx_tx_out_address` ON",
    "columns of views": r"ALTER TABLE `tx_metadata` ADD COLUMN `nectar_json_1`",
    "indexes of views": r"CREATE INDEX `idx_nectar_json_1`",
    "views": r"CREATE OR REPLACE VIEW `minting` AS",
    "loads": r"LOAD DATA LOCAL INFILE '.*' INTO TABLE `tx_out`",
    "inserts": r"INSERT INTO `tx_out` \(`id`",
    "things": r"INSERT INTO `stake_address` .*ON DUPLICATE KEY UPDATE",
    "written once": r"INSERT INTO `meta` .*ON DUPLICATE KEY UPDATE",
    "the checkpoint": r"UPDATE nectar_writer SET .*seq = \d+.* WHERE id = 1 AND seq = \d+",
    "points": r"INSERT INTO nectar_checkpoint VALUES",
    "old points": r"DELETE FROM nectar_checkpoint WHERE NOT",
    "coverage": r"INSERT INTO nectar_coverage VALUES",
    "a lost commit": r"SELECT seq, writer FROM nectar_writer WHERE id = 1 FOR UPDATE",
    "a fork": r"DELETE FROM nectar_checkpoint WHERE slot > \d+",
    "rows of a fork": r"DELETE FROM `tx_out` WHERE `id` BETWEEN \d+ AND 9223372036854775807",
    "things of a fork": r"DELETE FROM `multi_asset` WHERE `\w+` >= \d+",
    "spent outputs of a fork": r"UPDATE `tx_out` SET `consumed_by_tx_id` = NULL",
    "replaced rows": r"DELETE FROM `tx` WHERE `id` BETWEEN \d+ AND (?!9223372036854775807)\d+",
    "epochs": r"INSERT INTO epoch SELECT",
    "quarantine": r"REPLACE INTO nectar_quarantine",
    "attempts to connect": r"REPLACE INTO nectar_connection",
    "statistics": r"ANALYZE TABLE `tx`",
    "the tracked outputs": r"SELECT tx_hash, place, SUM\(answers\) FROM \(",
    "sql mode": r"SET SESSION sql_mode",
    "commits": r"COMMIT",
}


@pytest.fixture(scope="module")
def sent(chain: Path, server: Server, tidb_parser: TidbParser, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Through TiDB's persona, or to a real one."""
    made = (
        Proxy(server.address, record=True)
        if ADDRESS
        else tidb_proxy(server.address, tidb_parser, version=SELF_MANAGED, record=True)
    )
    with made as proxy, pytest.MonkeyPatch.context() as monkeypatch:
        return record(Runs(server, proxy, chain), tmp_path_factory.mktemp("sent"), monkeypatch)


def test_tidb_reads_them_all(sent: list[str], tidb_parser: TidbParser) -> None:
    shapes = {shape(one): one for one in sent}
    refused = {one[:200]: why for one in shapes.values() if (why := tidb_parser.refusal(one)) is not None}
    assert len(shapes) > 250
    assert not refused


@pytest.mark.parametrize("what", SENT)
def test_runs_send_statements_of_every_kind(what: str, sent: list[str]) -> None:
    assert any(re.match(SENT[what], one, re.DOTALL) for one in sent)


def test_runs_send_every_statement_that_the_code_can_make(sent: list[str]) -> None:
    """Each text in the sink's code that is a statement has been seen on the way to the server."""
    seen = [" ".join(one.split()) for one in {shape(one): one[:200_000] for one in sent}.values()] + [
        " ".join(one[:2_000].split()) for one in sent
    ]
    every = list(templates())
    missing = [(place, made.pattern) for place, made in every if not any(made.match(one) for one in seen)]
    assert len(every) > 50
    assert not missing


@pytest.mark.parametrize("plan", [*PLANS, None], ids=lambda plan: plan.stem if plan else "every table")
def test_tidb_reads_every_definition(plan: Path | None, tidb_parser: TidbParser) -> None:
    """Regions split ahead too, which a plan without an end has only where a run knows more."""
    from nectar.compiler.load import read_plan

    compiled = compiled_from(EVERY_TABLE) if plan is None else read_plan(plan, "tidb")
    made = statements(compiled, "tidb", (0, 999_999))
    assert any(one.kind is StatementKind.PRE_SPLIT for one in made)
    assert not {one.name: why for one in made if (why := tidb_parser.refusal(one.sql)) is not None}
    bare = [one.sql.removeprefix("/*T! ").removesuffix(" */") for one in made if one.kind is StatementKind.PRE_SPLIT]
    assert all(sql.startswith("SPLIT") and tidb_parser.refusal(sql) is None for sql in bare)
