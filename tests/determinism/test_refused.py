"""A filter of rows cannot ask what other rows decide: they may stand in another batch, or be there already."""

from __future__ import annotations

import pytest

from nectar.errors import PlanError
from tests.determinism.plans import compiled

PLAN = """[plan]
name = "test"
network = "preview"
[processors]
blocks = true
transactions = { address_table = true }
multi_assets = true
scripts = true
certificates = true
withdrawals = true
governance = true
"""
ASKED = (
    ("block", "previous_id is null"),
    ("tx", "deposit > 0 lovelace"),
    ("tx_in", "tx_out_id is null"),
    ("tx_out", "consumed_by_tx_id is null"),
    ("collateral_tx_in", "tx_out_id > 5"),
    ("reference_tx_in", "tx_out_id > 5"),
    ("pool_update", "active_epoch_no > epoch 3"),
    ("voting_procedure", "gov_action_proposal_id is null"),
    ("gov_action_proposal", "prev_gov_action_proposal is null"),
    ("gov_action_proposal", "expiration > epoch 9"),
    ("pool_update", "deposit is null"),
    ("ma_tx_out", "ident.first_tx_id > 5"),
    ("block", "slot_leader_id.first_block_id > 5"),
    ("tx_out", 'reference_script_id.type == "timelock"'),
    ("tx_out", "reference_script_id.tx_id > 5"),
    ("tx_out", "address_id.first_tx_id > 5"),
    ("delegation", "pool_hash_id.first_tx_id > 5"),
    ("voting_procedure", "voting_anchor_id.block_id > 5"),
    ("redeemer", "redeemer_data_id.tx_id > 5"),
    ("param_proposal", "cost_model_id.first_tx_id > 5"),
)


@pytest.mark.parametrize(("table", "test"), ASKED)
def test_a_filter_of_rows(table: str, test: str) -> None:
    with pytest.raises(PlanError) as caught:
        compiled(f"{PLAN}[filters.rows]\n{table} = '{test}'\n")
    (complaint,) = caught.value.complaints
    assert complaint.code == "NEC-F010"
    assert "follows from other rows" in complaint.what
    assert complaint.suggestion == "a view can ask about it"


@pytest.mark.parametrize(("table", "test"), ASKED)
def test_a_view_may(table: str, test: str) -> None:
    (view,) = compiled(f'{PLAN}[[views]]\nname = "v"\nfrom = "{table}"\nwhere = \'{test}\'\n').views
    assert view.table == table
