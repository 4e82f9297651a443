"""Sample chains of all eras, indexed as a user would, against what their maker knows of them without any decoder."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.position import TX_BITS
from nectar.samplechain.make import make_sample_chain
from tests.commands import run_nectar

Fact = dict[str, Any]


@pytest.fixture(scope="module", params=[11, 2026])
def indexed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, sqlite3.Connection]]:
    folder = tmp_path_factory.mktemp("sample") / "chain"
    make_sample_chain(folder, 1_400, request.param)
    done = run_nectar("run", "plan.toml", "--db", "nectar.db", "--progress", "off", folder=folder)
    assert done.returncode == 0, done.stderr
    connection = sqlite3.connect(folder / "nectar.db")
    connection.row_factory = sqlite3.Row
    yield folder, connection
    connection.close()


def facts(folder: Path) -> list[Fact]:
    return [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]


def test_every_block(indexed: tuple[Path, sqlite3.Connection]) -> None:
    folder, db = indexed
    rows = {row["hash"].hex(): row for row in db.execute("SELECT * FROM block WHERE id >= 0")}
    expected = facts(folder)
    assert len(rows) == len(expected) == 1_400
    for fact in expected:
        row = rows[fact["hash"]]
        ours = (row["epoch_no"], row["block_no"], row["previous_hash"].hex(), row["tx_count"], row["fees"], row["out_sum"])
        assert ours == tuple(fact[name] for name in ("epoch_no", "block_no", "prev", "tx_count", "fees", "out_sum"))
        assert row["previous_id"] is not None


def test_every_transaction(indexed: tuple[Path, sqlite3.Connection]) -> None:
    """Fees that are only implied, deposits and counts too."""
    folder, db = indexed
    certificates = " UNION ".join(
        f"SELECT cert_index FROM {table} WHERE tx_id = tx.id"
        for table in (
            "stake_registration",
            "stake_deregistration",
            "delegation",
            "treasury",
            "reserve",
            "pot_transfer",
            "drep_registration",
            "delegation_vote",
            "committee_registration",
            "committee_de_registration",
        )
    )
    sql = f"""
        SELECT tx.hash, tx.valid_contract, tx.fee, tx.out_sum, tx.deposit, tx.treasury_donation,
          (SELECT count(*) FROM tx_in WHERE tx_in_id = tx.id), (SELECT count(*) FROM tx_out WHERE tx_id = tx.id),
          (SELECT count(*) FROM ma_tx_mint WHERE tx_id = tx.id), (SELECT count(*) FROM tx_metadata WHERE tx_id = tx.id),
          (SELECT count(*) FROM withdrawal WHERE tx_id = tx.id), (SELECT count(*) FROM redeemer WHERE tx_id = tx.id),
          (SELECT count(*) FROM gov_action_proposal WHERE tx_id = tx.id), (SELECT count(*) FROM voting_procedure WHERE tx_id = tx.id),
          (SELECT count(*) FROM ({certificates}
             UNION SELECT cert_index FROM pool_update WHERE registered_tx_id = tx.id
             UNION SELECT cert_index FROM pool_retire WHERE announced_tx_id = tx.id))
        FROM tx WHERE id >= 0
    """
    rows = {row[0].hex(): tuple(row)[1:] for row in db.execute(sql)}
    names = (
        "valid",
        "fee",
        "out_sum",
        "deposit",
        "donation",
        "inputs",
        "outputs",
        "mints",
        "metadata",
        "withdrawals",
        "redeemers",
        "proposals",
        "votes",
    )
    seen = 0
    for tx in (tx for fact in facts(folder) for tx in fact["txs"]):
        *ours, certs = rows[tx["hash"]]
        assert dict(zip(names, ours, strict=True)) == {name: tx[name] for name in names} | {"valid": int(tx["valid"])}
        assert certs <= tx["certs"]  # genesis delegations have no table in db-sync
        seen += 1
    assert seen == len(rows)


def test_what_is_unspent_when_each_epoch_begins_and_at_the_end(indexed: tuple[Path, sqlite3.Connection]) -> None:
    folder, db = indexed
    expected = json.loads((folder / "expected.json").read_text())
    (unspent,) = db.execute("SELECT sum(value) FROM tx_out WHERE consumed_by_tx_id IS NULL").fetchone()
    assert unspent == expected["unspent_at_end"]
    sql = "SELECT sum(value) FROM tx_out WHERE tx_id < :bound AND (consumed_by_tx_id IS NULL OR consumed_by_tx_id >= :bound)"
    for epoch in expected["epochs"]:
        (first,) = db.execute("SELECT min(id) >> 1 FROM block WHERE epoch_no = ?", (epoch["epoch_no"],)).fetchone()
        assert db.execute(sql, {"bound": first << TX_BITS}).fetchone()[0] == epoch["unspent_at_start"]
        row = db.execute("SELECT blk_count, tx_count, fees, out_sum FROM epoch WHERE no = ?", (epoch["epoch_no"],)).fetchone()
        assert (row["blk_count"], row["tx_count"], row["fees"]) == (epoch["blocks"], epoch["txs"], epoch["fees"])
        assert int(row["out_sum"]) == epoch["out_sum"]


def test_every_reference_points_at_a_row(indexed: tuple[Path, sqlite3.Connection]) -> None:
    """Each column that says what it references: of a chain indexed from its origin nothing points nowhere."""
    from nectar.compiler.compile import compile_plan
    from nectar.config.plan.load import load_plan

    folder, db = indexed
    compiled = compile_plan(load_plan(folder / "plan.toml"))
    names = {table.name for table in compiled.tables}
    checked = 0
    for table in compiled.tables:
        for column in table.columns:
            target, _, key = column.references.partition(".")
            if target in names and key == "id":
                sql = f"""
                    SELECT count(*) FROM "{table.name}" AS t WHERE t."{column.name}" IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM "{target}" AS r WHERE r.id = t."{column.name}")
                """
                assert db.execute(sql).fetchone()[0] == 0, f"{table.name}.{column.name}"
                checked += 1
    assert checked > 40
