"""Every lovelace of preview's first twelve epochs, against db-sync's own ledger of pots."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.position import TX_BITS

EPOCH_SLOTS = 86_400
POTS = range(12)
POOL_DEPOSIT = 500_000_000


@pytest.fixture(scope="module")
def pots(chain: Path) -> dict[int, dict[str, Any]]:
    rows = json.loads((chain / "expected/ada_pots_preview.json").read_text())
    return {row["epoch_no"]: row for row in rows}


@pytest.mark.parametrize("epoch", POTS)
def test_the_fees_of_an_epoch(preview: sqlite3.Connection, pots: dict[int, dict[str, Any]], epoch: int) -> None:
    sql = "SELECT coalesce(sum(tx.fee), 0) FROM tx JOIN block ON block.id = tx.block_id WHERE block.epoch_no = ?"
    assert preview.execute(sql, (epoch,)).fetchone()[0] == pots[epoch + 1]["fees"]
    assert preview.execute("SELECT fees FROM epoch WHERE no = ?", (epoch,)).fetchone()[0] == pots[epoch + 1]["fees"]


@pytest.mark.parametrize("epoch", POTS)
def test_the_value_unspent_at_an_epochs_end(preview: sqlite3.Connection, pots: dict[int, dict[str, Any]], epoch: int) -> None:
    bound = ((epoch + 1) * EPOCH_SLOTS) << TX_BITS
    sql = """
        SELECT sum(value) FROM tx_out
        WHERE tx_id < :bound AND (consumed_by_tx_id IS NULL OR consumed_by_tx_id >= :bound)
    """
    assert preview.execute(sql, {"bound": bound}).fetchone()[0] == pots[epoch + 1]["utxo"]


def test_deposits_and_fees_account_for_every_lovelace_that_left_the_outputs(
    preview: sqlite3.Connection, pots: dict[int, dict[str, Any]]
) -> None:
    """What the deposits column says, summed, is what db-sync holds as deposits of keys and pools; a retired pool's goes
    back at the epoch's start, outside of any transaction."""
    retired_by = "SELECT count(*) FROM pool_retire WHERE retiring_epoch <= ? AND announced_tx_id < ?"
    for epoch in POTS:
        bound = ((epoch + 1) * EPOCH_SLOTS) << TX_BITS
        held = preview.execute("SELECT coalesce(sum(deposit), 0) FROM tx WHERE id < ?", (bound,)).fetchone()[0]
        retired = preview.execute(retired_by, (epoch + 1, bound)).fetchone()[0]
        assert held - retired * POOL_DEPOSIT == pots[epoch + 1]["deposits"]


def test_every_transactions_deposits_are_told_by_its_certificates(preview: sqlite3.Connection) -> None:
    """What the sums of a transaction leave for deposits is what its certificates say: of 57 pools' 8 are changes, which pay nothing."""
    told = """
        SELECT coalesce((SELECT sum(deposit) FROM stake_registration WHERE tx_id = tx.id), 0)
             + coalesce((SELECT sum(deposit) FROM pool_update WHERE registered_tx_id = tx.id), 0)
             - 2000000 * (SELECT count(*) FROM stake_deregistration WHERE tx_id = tx.id)
    """
    assert preview.execute(f"SELECT count(*) FROM tx WHERE valid_contract AND id >= 0 AND deposit <> ({told})").fetchone() == (0,)
    assert preview.execute("SELECT count(*), count(deposit) FROM stake_registration").fetchone() == (628, 628)
    assert preview.execute("SELECT count(*), sum(deposit IS NULL), sum(deposit) FROM pool_update").fetchone() == (
        57,
        8,
        49 * POOL_DEPOSIT,
    )


def test_the_great_sum_of_epoch_seven_is_exact(preview: sqlite3.Connection) -> None:
    """Above 2^64: no database number of 64 bits holds it."""
    said = preview.execute("SELECT out_sum FROM epoch WHERE no = 7").fetchone()[0]
    summed = sum(row[0] for row in preview.execute("SELECT out_sum FROM block WHERE epoch_no = 7"))
    assert int(said) == summed == 22_428_265_643_896_175_591
