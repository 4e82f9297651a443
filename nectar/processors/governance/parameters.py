"""Protocol parameters by the names that the ledger's JSON gives them (Conway's `PParams`)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from nectar.cardano.governance import ProtocolParamUpdate

_NAMES = {
    0: "txFeePerByte",
    1: "txFeeFixed",
    2: "maxBlockBodySize",
    3: "maxTxSize",
    4: "maxBlockHeaderSize",
    5: "stakeAddressDeposit",
    6: "stakePoolDeposit",
    7: "poolRetireMaxEpoch",
    8: "stakePoolTargetNum",
    9: "poolPledgeInfluence",
    10: "monetaryExpansion",
    11: "treasuryCut",
    16: "minPoolCost",
    17: "utxoCostPerByte",
    18: "costModels",
    19: "executionUnitPrices",
    20: "maxTxExecutionUnits",
    21: "maxBlockExecutionUnits",
    22: "maxValueSize",
    23: "collateralPercentage",
    24: "maxCollateralInputs",
    25: "poolVotingThresholds",
    26: "dRepVotingThresholds",
    27: "committeeMinSize",
    28: "committeeMaxTermLength",
    29: "govActionLifetime",
    30: "govActionDeposit",
    31: "dRepDeposit",
    32: "dRepActivity",
    33: "minFeeRefScriptCostPerByte",
}
_RATIOS = frozenset((9, 10, 11, 33))
_PARTS = {
    19: ("priceMemory", "priceSteps"),
    20: ("memory", "steps"),
    21: ("memory", "steps"),
    25: ("motionNoConfidence", "committeeNormal", "committeeNoConfidence", "hardForkInitiation", "ppSecurityGroup"),
    26: (
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
    ),
}
_LANGUAGES = {0: "PlutusV1", 1: "PlutusV2", 2: "PlutusV3"}


def described_parameters(update: ProtocolParamUpdate) -> dict[str, Any]:
    """Name -> whole number, `Fraction`, list of numbers (a cost model) or dict of these. A key without a name keeps its number."""
    return {_NAMES.get(key, str(key)): _described(key, value) for key, value in update.values.items()}


def _described(key: int, value: Any) -> Any:
    if key in _RATIOS:
        return _fraction(value)
    if key == 18:
        return {_LANGUAGES.get(language, str(language)): list(costs) for language, costs in value.items()}
    if key in (20, 21):
        return dict(zip(_PARTS[key], value, strict=False))
    if key in _PARTS:
        return dict(zip(_PARTS[key], map(_fraction, value), strict=False))
    return value


def _fraction(parts: Any) -> Fraction | None:
    """None for a zero denominator, which no ledger accepts."""
    above, below = parts
    return Fraction(above, below) if below else None
