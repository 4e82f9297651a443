"""Every protocol parameter under its number in the CDDL's `protocol_param_update`: db-sync's column for it, and the ledger's JSON name."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from nectar.cardano.governance import ProtocolParamUpdate
from nectar.processors.governance.parameters import described_parameters
from nectar.processors.param_proposal import PARAM_PROPOSAL, param_proposal_row

POOL_VOTING = ["motionNoConfidence", "committeeNormal", "committeeNoConfidence", "hardForkInitiation", "ppSecurityGroup"]
DREP_VOTING = [
    "motionNoConfidence",
    "committeeNormal",
    "committeeNoConfidence",
    "updateToConstitution",
    "hardForkInitiation",
    "ppNetworkGroup",
    "ppEconomicGroup",
    "ppTechnicalGroup",
    "ppGovGroup",
    "treasuryWithdrawal",
]
POOL_COLUMNS = [
    "pvt_motion_no_confidence",
    "pvt_committee_normal",
    "pvt_committee_no_confidence",
    "pvt_hard_fork_initiation",
    "pvtpp_security_group",
]
DREP_COLUMNS = [
    "dvt_motion_no_confidence",
    "dvt_committee_normal",
    "dvt_committee_no_confidence",
    "dvt_update_to_constitution",
    "dvt_hard_fork_initiation",
    "dvt_p_p_network_group",
    "dvt_p_p_economic_group",
    "dvt_p_p_technical_group",
    "dvt_p_p_gov_group",
    "dvt_treasury_withdrawal",
]
WHOLE = {
    0: ("min_fee_a", "txFeePerByte"),
    1: ("min_fee_b", "txFeeFixed"),
    2: ("max_block_size", "maxBlockBodySize"),
    3: ("max_tx_size", "maxTxSize"),
    4: ("max_bh_size", "maxBlockHeaderSize"),
    5: ("key_deposit", "stakeAddressDeposit"),
    6: ("pool_deposit", "stakePoolDeposit"),
    7: ("max_epoch", "poolRetireMaxEpoch"),
    8: ("optimal_pool_count", "stakePoolTargetNum"),
    16: ("min_pool_cost", "minPoolCost"),
    17: ("coins_per_utxo_size", "utxoCostPerByte"),
    22: ("max_val_size", "maxValueSize"),
    23: ("collateral_percent", "collateralPercentage"),
    24: ("max_collateral_inputs", "maxCollateralInputs"),
    27: ("committee_min_size", "committeeMinSize"),
    28: ("committee_max_term_length", "committeeMaxTermLength"),
    29: ("gov_action_lifetime", "govActionLifetime"),
    30: ("gov_action_deposit", "govActionDeposit"),
    31: ("drep_deposit", "dRepDeposit"),
    32: ("drep_activity", "dRepActivity"),
}
SHARES = {
    9: ("influence", "poolPledgeInfluence"),
    10: ("monetary_expand_rate", "monetaryExpansion"),
    11: ("treasury_growth_rate", "treasuryCut"),
    33: ("min_fee_ref_script_cost_per_byte", "minFeeRefScriptCostPerByte"),
}
BEFORE_CONWAY: Mapping[int, tuple[Any, dict[str, Any]]] = {
    12: ((3, 4), {"decentralisation": 0.75}),
    13: ((1, b"n" * 32), {"entropy": b"n" * 32}),
    14: ((9, 2), {"protocol_major": 9, "protocol_minor": 2}),
    15: (777, {"min_utxo_value": 777}),
}


def shares(count: int) -> list[tuple[int, int]]:
    return [(2 * above + 1, 64) for above in range(count)]


def columns(key: int, value: Any) -> dict[str, Any]:
    row = param_proposal_row(1, 2, 5, b"k" * 28, ProtocolParamUpdate({key: value}))
    named = dict(zip([column.name for column in PARAM_PROPOSAL.columns], row, strict=True))
    assert [named.pop(name) for name in ("id", "registered_tx_id", "epoch_no", "key")] == [1, 2, 5, b"k" * 28]
    return {name: cell for name, cell in named.items() if cell is not None}


def described(key: int, value: Any) -> dict[str, Any]:
    return described_parameters(ProtocolParamUpdate({key: value}))


@pytest.mark.parametrize("key", WHOLE)
def test_a_whole_number(key: int) -> None:
    column, name = WHOLE[key]
    assert columns(key, 1_000 + key) == {column: 1_000 + key}
    assert described(key, 1_000 + key) == {name: 1_000 + key}


@pytest.mark.parametrize("key", SHARES)
def test_a_share(key: int) -> None:
    column, name = SHARES[key]
    assert columns(key, (key, 64)) == {column: key / 64}
    assert described(key, (key, 64)) == {name: Fraction(key, 64)}
    assert columns(key, (key, 0)) == {}
    assert described(key, (key, 0)) == {name: None}


@pytest.mark.parametrize("key", BEFORE_CONWAY)
def test_what_conway_no_longer_has(key: int) -> None:
    value, expected = BEFORE_CONWAY[key]
    assert columns(key, value) == expected


def test_no_nonce_is_no_entropy() -> None:
    assert columns(13, (0,)) == {}


def test_prices_and_units() -> None:
    assert columns(19, ((577, 10_000), (721, 10_000_000))) == {"price_mem": 0.0577, "price_step": 0.0000721}
    assert described(19, ((577, 10_000), (721, 10_000_000))) == {
        "executionUnitPrices": {"priceMemory": Fraction(577, 10_000), "priceSteps": Fraction(721, 10_000_000)}
    }
    assert columns(20, (14, 10)) == {"max_tx_ex_mem": 14, "max_tx_ex_steps": 10}
    assert described(20, (14, 10)) == {"maxTxExecutionUnits": {"memory": 14, "steps": 10}}
    assert columns(21, (62, 40)) == {"max_block_ex_mem": 62, "max_block_ex_steps": 40}
    assert described(21, (62, 40)) == {"maxBlockExecutionUnits": {"memory": 62, "steps": 40}}


@pytest.mark.parametrize(
    ("key", "name", "parts", "named"),
    [(25, "poolVotingThresholds", POOL_VOTING, POOL_COLUMNS), (26, "dRepVotingThresholds", DREP_VOTING, DREP_COLUMNS)],
)
def test_voting_thresholds(key: int, name: str, parts: list[str], named: list[str]) -> None:
    value = shares(len(parts))
    assert columns(key, value) == {column: above / 64 for column, (above, _) in zip(named, value, strict=True)}
    assert described(key, value) == {name: {part: Fraction(above, 64) for part, (above, _) in zip(parts, value, strict=True)}}


def test_cost_models() -> None:
    models = {2: [7, 8], 0: [1, -2], 1: [3]}
    assert described(18, models) == {"costModels": {"PlutusV1": [1, -2], "PlutusV2": [3], "PlutusV3": [7, 8]}}
    assert list(columns(18, models)) == ["cost_model_id"]
    assert columns(18, models) != columns(18, {**models, 1: [4]})


def test_every_key_of_the_cddl_is_tried_here() -> None:
    assert {*WHOLE, *SHARES, *BEFORE_CONWAY, 18, 19, 20, 21, 25, 26} == set(range(34))
