"""The MySQL text, read by a real MariaDB: tables, keys, types and indexes are what was declared."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl import mysql
from nectar.compiler.ddl.statements import render
from nectar.compiler.internal_tables import OWN_TABLES, key_of
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.compiler.mariadb import SERVER, Client, mariadb

WHY = "no MariaDB here (Debian: apt-get install mariadb-server), so the MySQL text was not run"
pytestmark = pytest.mark.skipif(SERVER is None and not os.environ.get("CI"), reason=WHY)  # in CI its absence fails


@pytest.fixture(scope="module")
def full() -> CompiledPlan:
    return compiled_from(EVERY_TABLE)


@pytest.fixture(scope="module")
def server(full: CompiledPlan) -> Iterator[Client]:
    """A server with a hostile default character set, filled with the schema."""
    with mariadb() as client:
        client.run("CREATE DATABASE n CHARACTER SET latin1")
        warnings = client.run(render(full, "mysql"), "n")
        assert not warnings, warnings
        yield client


def test_columns_types_nulls_and_keys(server: Client, full: CompiledPlan) -> None:
    sql = (
        "SELECT column_name, column_type, is_nullable, column_key = 'PRI', coalesce(collation_name, '-')"
        " FROM information_schema.columns WHERE table_schema = 'n' AND table_name = '{}' ORDER BY ordinal_position"
    )
    for table in (*OWN_TABLES, *full.tables):
        columns = server.run(sql.format(table.name))
        assert [row[0] for row in columns] == list(table.column_names)
        for column, (_, kind, null, key, collation) in zip(table.columns, columns, strict=True):
            declared = mysql.column_type(table, column).lower().split("(")[0]
            assert kind.split("(")[0] == declared if "unsigned" not in kind else "unsigned" in declared, (
                table.name,
                column.name,
                kind,
            )
            assert null == ("YES" if column.null else "NO")
            assert key == ("1" if column.name in key_of(table) else "0")
            assert collation in ("-", "utf8mb4_bin")


def test_indexes(server: Client, full: CompiledPlan) -> None:
    indexes = server.run(
        "SELECT index_name, table_name, group_concat(column_name ORDER BY seq_in_index), max(1 - non_unique)"
        " FROM information_schema.statistics WHERE table_schema = 'n' AND index_name <> 'PRIMARY' GROUP BY 1, 2 ORDER BY 1"
    )
    declared = [
        [index.name, table.name, ",".join(index.columns), str(int(index.unique))]
        for table, index in (*full.essential_indexes, *full.deferred_indexes)
    ]
    assert indexes == sorted(declared)


VIEWS = """
[[views]]
name = "large_payments"
from = "tx_out"
where = 'value > 100_000 ada and not is_script'
[[views]]
name = "messages"
from = "tx_metadata"
where = 'json.msg[0] == "hello" and label == 674'
[[views]]
name = "minting"
from = "tx"
where = '''any(mints, name_text like "S*") and block.epoch >= 3 and count(outputs) > 2 and block.era >= babbage
  and none(certs, kind == "delegation") and (fee > 1 ada or all(inputs, is_script)) and any(metadata, json["a key"][0] != "x")
  and any(outputs, any(assets, quantity > 18446744073709551614) or stake_address like "stake_test1*")'''
"""


def test_views_their_columns_and_indexes(server: Client) -> None:
    compiled = compiled_from(EVERY_TABLE + VIEWS)
    server.run("CREATE DATABASE v CHARACTER SET latin1")
    warnings = server.run(render(compiled, "mysql"), "v")
    assert not warnings, warnings
    message = "'{\"msg\":[\"hello\"]}', x'00'"
    server.run(
        f"INSERT INTO tx_metadata (id, `key`, json, bytes, tx_id) VALUES (1, 674, {message}, 1), (2, 675, {message}, 1)", "v"
    )
    assert server.run("SELECT id FROM messages", "v") == [["1"]]
    assert server.run("SELECT count(*) FROM minting", "v") == [["0"]]
    assert server.run("SELECT count(*) FROM large_payments", "v") == [["0"]]
    names = {row[0] for row in server.run("SELECT index_name FROM information_schema.statistics WHERE table_schema = 'v'")}
    assert {"idx_nectar_json_1", "idx_tx_out_value", "idx_tx_out_tx_id", "idx_tx_fee"} <= names
