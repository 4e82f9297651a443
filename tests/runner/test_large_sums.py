"""Sums that databases make of many rows: exact up to what their column holds, NULL beyond it, and never an error."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nectar.cardano.point import Era
from nectar.decode.checked import SIGNED
from tests.decode.handmade import SLOT, body, chain_folder, tx_hash
from tests.runner.jobs import between, job, plan_text
from tests.runner.large_sums import BLOCKS, FEES, HALF, TRANSACTIONS, large_sums


def test_what_follows_from_inputs(tmp_path: Path) -> None:
    assert job(tmp_path / "x.db", large_sums(tmp_path)).blocks == BLOCKS
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT fee, deposit FROM tx ORDER BY id").fetchall() == TRANSACTIONS
    assert [fees for (fees,) in db.execute("SELECT fees FROM block ORDER BY id")] == FEES
    assert db.execute("SELECT fees FROM epoch").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("fees", "whole"), [((HALF - 1, HALF), SIGNED), ((HALF, HALF), None), ((SIGNED, SIGNED, SIGNED), None), ((0, 0), 0)]
)
def test_an_epoch(fees: tuple[int, ...], whole: int | None, tmp_path: Path) -> None:
    blocks = [{"bodies": [body((0, [[tx_hash(at), 0]]), (1, [[bytes(29), SIGNED]]), (2, fee))]} for at, fee in enumerate(fees)]
    source = chain_folder(tmp_path / "immutable", Era.BABBAGE, *blocks)
    job(tmp_path / "x.db", plan_text(source, between(SLOT, SLOT + 100), network="mainnet", processors="blocks = true"))
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT fees, out_sum FROM epoch").fetchall() == [(whole, str(len(fees) * SIGNED))]
