"""Small chains with right values worked out by hand, run as a user would (each has a README that says why)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.conftest import run_plan

QUARANTINE = '[sync]\non_decode_error = "quarantine"'


def filled(case: Path, folder: Path, sync: str = "[sync]") -> sqlite3.Connection:
    """The case's own plan, with its chunk files where they are."""
    text = (case / "plan.toml").read_text().replace('path = "immutable"', f'path = "{case / "immutable"}"')
    return sqlite3.connect(run_plan(folder, text.replace("[sync]", sync)))


def one(database: sqlite3.Connection, question: str) -> Any:
    ((value,),) = database.execute(question)
    return value


@pytest.mark.parametrize("table", ["collateral_tx_in", "reference_tx_in", "extra_key_witness"])
def test_repeated_members_of_sets_count_once(table: str, cases: Path, tmp_path: Path) -> None:
    database = filled(cases / "1-repeated-set-members", tmp_path)
    assert one(database, f"SELECT count(*) FROM {table}") == 2


def test_collateral_that_stands_twice_is_lost_once(cases: Path, tmp_path: Path) -> None:
    database = filled(cases / "2-repeated-collateral-of-failed-tx", tmp_path)
    assert one(database, "SELECT fee FROM tx WHERE valid_contract = 0") == 5_000_000
    assert one(database, "SELECT count(*) FROM tx_in JOIN tx ON tx.id = tx_in_id WHERE valid_contract = 0") == 1
    assert one(database, "SELECT fees FROM epoch") == 5_200_000


def test_a_metadata_key_that_is_a_map_is_ordered_as_aeson_orders_it(cases: Path, tmp_path: Path) -> None:
    database = filled(cases / "4-metadata-key-that-is-a-map", tmp_path)
    assert one(database, "SELECT json FROM tx_metadata") == r'{"{\"a\":2,\"b\":1}":"mapkey"}'


def test_a_number_beyond_its_column_is_caught_by_quarantine(cases: Path, tmp_path: Path) -> None:
    database = filled(cases / "6-number-beyond-int64", tmp_path, QUARANTINE)
    ((slot, digest, code, path),) = database.execute("SELECT slot, length(hash), code, path FROM nectar_quarantine")
    assert (slot >= 82_916_704, digest, code, path) == (True, 32, "NEC-D001", "block.header.protocol_version.minor")
