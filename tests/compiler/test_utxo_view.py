"""`utxo_view`: there where a plan has all outputs and what spent them, in every dialect, and it shows what is unspent."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.ddl.statements import StatementKind, statements
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.conftest import ROOT
from tests.runner.jobs import between, job, plan_text


def views(text: str, dialect: str) -> dict[str, str]:
    return {one.name: one.sql for one in statements(compiled_from(text), dialect) if one.kind is StatementKind.VIEW}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_is_in_every_dialect(dialect: str) -> None:
    assert "consumed_by_tx_id" in views(EVERY_TABLE, dialect)["utxo_view"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_is_not_where_something_is_missing(dialect: str) -> None:
    bare = "[processors]\ntransactions = true\n"
    assert "utxo_view" in views(bare, dialect)
    assert "utxo_view" not in views('[processors]\ntransactions = { resolve_inputs = "off" }\n', dialect)
    assert "utxo_view" not in views(bare + "[filters]\nwhere = 'fee > 1 ada'\n", dialect)
    assert "utxo_view" not in views(bare + "[filters.rows]\ntx_out = 'value > 1 ada'\n", dialect)
    assert "utxo_view" not in views("[processors]\nblocks = true\n", dialect)


def test_a_plans_own_view_of_that_name_goes_first() -> None:
    own = "[processors]\ntransactions = true\n[[views]]\nname = 'utxo_view'\nfrom = 'tx_out'\nwhere = 'value > 1 ada'\n"
    assert "1000000" in views(own, "sqlite")["utxo_view"]


def test_it_shows_the_outputs_that_nothing_spent(tmp_path: Path) -> None:
    """As db-sync's own definition does, by outputs and inputs alone."""
    job(tmp_path / "x.db", plan_text(ROOT / "tests/data/preview-late/immutable", between(38_417_768, 8_895 * 4_320 - 1)))
    db = sqlite3.connect(tmp_path / "x.db")
    theirs = """
        SELECT tx_out.* FROM tx_out LEFT JOIN tx_in ON tx_out.tx_id = tx_in.tx_out_id AND tx_out."index" = tx_in.tx_out_index
        WHERE tx_in.tx_in_id IS NULL AND tx_out.id >= 0 ORDER BY tx_out.id
    """
    shown = db.execute("SELECT * FROM utxo_view ORDER BY id").fetchall()
    assert shown == db.execute(theirs).fetchall()
    assert 0 < len(shown) < db.execute("SELECT count(*) FROM tx_out").fetchone()[0]
    db.close()
