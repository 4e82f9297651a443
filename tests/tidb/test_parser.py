"""What TiDB's own grammar takes and refuses, and that it takes every statement Nectar makes for TiDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nectar.compiler.ddl.statements import statements
from nectar.compiler.load import read_plan
from tests.compiler.making import EVERY_TABLE, PLANS, compiled_from
from tests.tidb.parsing import TidbParser, as_server_error

ACCEPTED: dict[str, str | bytes] = {
    "clustered": "CREATE TABLE t (id BINARY(32) NOT NULL, PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */)",
    "nonclustered": "CREATE TABLE t (a INT, PRIMARY KEY (a) NONCLUSTERED) /*T! SHARD_ROW_ID_BITS=4 PRE_SPLIT_REGIONS=4 */",
    "auto_random": "CREATE TABLE t (a BIGINT /*T![auto_rand] AUTO_RANDOM(5) */ PRIMARY KEY)",
    "ttl": "CREATE TABLE t (at DATETIME) /*T![ttl] TTL=`at` + INTERVAL 1 DAY TTL_ENABLE='ON' */",
    "split": "SPLIT TABLE t BETWEEN (0) AND (1000000) REGIONS 16",
    "load": r"LOAD DATA LOCAL INFILE 'x' INTO TABLE t CHARACTER SET binary FIELDS TERMINATED BY '\t' (id, @h) SET hash = UNHEX(@h)",
    "upsert": "INSERT INTO t (id, v) VALUES (1, 2) ON DUPLICATE KEY UPDATE id = LEAST(id, VALUES(id))",
    "optimistic": "BEGIN OPTIMISTIC",
    "pessimistic": "BEGIN /*T! PESSIMISTIC */",
    "batch": "BATCH ON id LIMIT 1000 DELETE FROM t WHERE slot > 5",
    "collation": "CREATE TABLE t (a VARCHAR(5)) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
    "several": "SET @a = 1; SELECT @a",
    "bytes": b"INSERT INTO t VALUES (_binary'\xff\xfe\\0\\'')",
}
REFUSED = {
    "returning": "INSERT INTO t (a) VALUES (1) RETURNING a",
    "bare alias": "INSERT INTO t (a) VALUES (1) AS new ON DUPLICATE KEY UPDATE a = new.a",
    "nothing sensible": "SELEKT 1",
    "open string": "SELECT 'a",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_takes(tidb_parser: TidbParser, name: str) -> None:
    assert tidb_parser.refusal(ACCEPTED[name]) is None


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(tidb_parser: TidbParser, name: str) -> None:
    text = tidb_parser.refusal(REFUSED[name])
    assert text is not None
    assert "line 1 column" in text
    code, said = as_server_error(text)
    assert code == 1064
    assert said.startswith("You have an error in your SQL syntax; check the manual that corresponds to your TiDB version")


def test_an_unknown_collation_has_its_own_code(tidb_parser: TidbParser) -> None:
    text = tidb_parser.refusal("CREATE TABLE t (a VARCHAR(5)) COLLATE = uca1400_ai_ci")
    assert text is not None
    assert as_server_error(text).code == 1273


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_takes_all_that_a_plan_makes(tidb_parser: TidbParser, plan: Path) -> None:
    made = statements(read_plan(plan, "tidb"), "tidb")
    refused = {one.name: text for one in made if (text := tidb_parser.refusal(one.sql)) is not None}
    assert made
    assert not refused


def test_takes_every_table_there_is(tidb_parser: TidbParser) -> None:
    refused = {
        one.name: text
        for one in statements(compiled_from(EVERY_TABLE), "tidb")
        if (text := tidb_parser.refusal(one.sql)) is not None
    }
    assert not refused


def test_threads_get_their_own_answers(tidb_parser: TidbParser) -> None:
    """Good and bad statements from eight threads; a mixed-up pair would show."""
    asked = [f"SELECT {number}" if number % 3 else f"SELECT {number} FROMM t WHERE" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tidb_parser.refusal, asked))
    assert all((answer is None) == bool(number % 3) for number, answer in enumerate(answers))


def test_a_long_statement(tidb_parser: TidbParser) -> None:
    assert tidb_parser.refusal("INSERT INTO t VALUES " + ",".join(["(1, 'abcdefgh')"] * 200_000)) is None
