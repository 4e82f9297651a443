"""`param_proposal`: proposed changes of protocol parameters, before Conway by genesis keys, from then on by anyone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from nectar.cardano.governance import ProtocolParamUpdate
from nectar.processors.rows import Row
from nectar.tables import ITEM_PLACE, Column, Kind, Place, Table, Type

_VALUES: tuple[tuple[str, Type, int, str], ...] = (
    ("min_fee_a", Type.U64, 0, "Lovelace a byte of a transaction."),
    ("min_fee_b", Type.U64, 1, "Lovelace of any transaction."),
    ("max_block_size", Type.U64, 2, "Bytes of a block's body."),
    ("max_tx_size", Type.U64, 3, "Bytes of a transaction."),
    ("max_bh_size", Type.U64, 4, "Bytes of a block's header."),
    ("key_deposit", Type.U64, 5, "Deposit of a stake registration."),
    ("pool_deposit", Type.U64, 6, "Deposit of a pool."),
    ("max_epoch", Type.U64, 7, "Epochs within which a pool may retire."),
    ("optimal_pool_count", Type.U64, 8, "How many pools the rewards aim at (k)."),
    ("influence", Type.RATIO, 9, "How much a pledge matters (a0)."),
    ("monetary_expand_rate", Type.RATIO, 10, "Share of the reserves paid out in an epoch (rho)."),
    ("treasury_growth_rate", Type.RATIO, 11, "Share of rewards for the treasury (tau)."),
    ("decentralisation", Type.RATIO, 12, "Share of blocks made by genesis delegates (d)."),
    ("min_pool_cost", Type.U64, 16, "Least cost a pool may ask."),
    ("coins_per_utxo_size", Type.U64, 17, "Lovelace a byte (Alonzo: a word) of an output."),
    ("price_mem", Type.RATIO, -1, "Lovelace a unit of memory."),
    ("price_step", Type.RATIO, -1, "Lovelace a step."),
    ("max_tx_ex_mem", Type.U64, -1, "Memory of a transaction's scripts."),
    ("max_tx_ex_steps", Type.U64, -1, "Steps of a transaction's scripts."),
    ("max_block_ex_mem", Type.U64, -1, "Memory of a block's scripts."),
    ("max_block_ex_steps", Type.U64, -1, "Steps of a block's scripts."),
    ("max_val_size", Type.U64, 22, "Bytes of an output's value."),
    ("collateral_percent", Type.U64, 23, "Collateral in percent of the fee."),
    ("max_collateral_inputs", Type.U64, 24, "Collateral inputs of a transaction."),
)
_POOL_THRESHOLDS = (
    "pvt_motion_no_confidence",
    "pvt_committee_normal",
    "pvt_committee_no_confidence",
    "pvt_hard_fork_initiation",
    "pvtpp_security_group",
)
_DREP_THRESHOLDS = (
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
)
_CONWAY: tuple[tuple[str, Type, int, str], ...] = (
    ("committee_min_size", Type.U64, 27, "Least members of the committee."),
    ("committee_max_term_length", Type.U64, 28, "Epochs a member may serve."),
    ("gov_action_lifetime", Type.U64, 29, "Epochs a proposal lives."),
    ("gov_action_deposit", Type.U64, 30, "Deposit of a proposal."),
    ("drep_deposit", Type.U64, 31, "Deposit of a DRep."),
    ("drep_activity", Type.U64, 32, "Epochs after which a silent DRep is inactive."),
    ("min_fee_ref_script_cost_per_byte", Type.RATIO, 33, "Lovelace a byte of reference scripts."),
)


def _column(name: str, kind: Type, key: int, doc: str) -> Column:
    source = f"CDDL protocol_param_update {key}" if key >= 0 else "CDDL protocol_param_update 19 to 21"
    return Column(name, kind, doc, null=True, source=source)


def parameter_columns(entropy: str) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """The values that a parameter update or a set of parameters has, as `parameter_values` gives them: those before and those
    after the columns that tell the two tables apart; db-sync calls the extra `entropy` differently in each."""
    before = (
        *(_column(*value) for value in _VALUES),
        Column(entropy, Type.HASH32, "Extra entropy.", null=True, source="CDDL protocol_param_update 13"),
        Column("protocol_major", Type.U64, "Protocol version, major.", null=True, source="CDDL protocol_param_update 14"),
        Column("protocol_minor", Type.U64, "Protocol version, minor.", null=True, source="CDDL protocol_param_update 14"),
        Column("min_utxo_value", Type.U64, "Least value of an output.", null=True, source="CDDL protocol_param_update 15"),
        Column(
            "cost_model_id",
            Type.HASH32,
            "Cost models.",
            null=True,
            references="cost_model.id",
            source="CDDL protocol_param_update 18",
        ),
    )
    after = (
        *(
            Column(name, Type.RATIO, "Pools' voting threshold.", null=True, source="CDDL protocol_param_update 25")
            for name in _POOL_THRESHOLDS
        ),
        *(
            Column(name, Type.RATIO, "DReps' voting threshold.", null=True, source="CDDL protocol_param_update 26")
            for name in _DREP_THRESHOLDS
        ),
        *(_column(*value) for value in _CONWAY),
    )
    return before, after


_BEFORE, _AFTER = parameter_columns("entropy")

PARAM_PROPOSAL = Table(
    "param_proposal",
    "Protocol parameters that were proposed; NULL where a proposal leaves one as it is.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + place among the transaction's proposals.", source="position on the chain"),
        Column("epoch_no", Type.U64, "Epoch it was meant for.", null=True, source="CDDL update; NULL for governance actions"),
        Column("key", Type.HASH28, "Genesis key that proposes.", null=True, source="CDDL update; NULL for governance actions"),
        *_BEFORE,
        Column("registered_tx_id", Type.ID, "The transaction.", references="tx.id"),
        *_AFTER,
    ),
    Place.IN_TX,
)

COST_MODEL = Table(
    "cost_model",
    "Cost models that were proposed, each once.",
    Kind.DIMENSION,
    (
        Column("id", Type.HASH32, "Key of the models.", source="blake2b-256 of costs", differs="A sequence number in db-sync."),
        Column("costs", Type.JSON, "Costs by language, as lists in the order of the parameters.", source="CDDL costmdls"),
        Column("hash", Type.HASH32, "The same key.", differs="db-sync hashes the ledger's own encoding."),
        Column("first_tx_id", Type.ID, "First transaction that showed it.", references="tx.id", differs="Nectar's own."),
    ),
    Place.TX,
    first="first_tx_id",
)

_LANGUAGES = {0: "PlutusV1", 1: "PlutusV2", 2: "PlutusV3"}


def ratio(parts: Sequence[int] | None) -> float | None:
    """A rational as the nearest float. A zero denominator, which no ledger accepts, gives NULL."""
    return None if parts is None or not parts[1] else parts[0] / parts[1]


def cost_model_row(costs: Mapping[int, Any], tx_id: int) -> Row:
    """A row of `cost_model`; its first value is the id that param_proposal names."""
    named = {_LANGUAGES.get(language, str(language)): list(values) for language, values in sorted(costs.items())}
    text = json.dumps(named, separators=(",", ":"))
    key = blake2b(text.encode(), digest_size=32).digest()
    return key, text, key, tx_id


def param_proposal_row(row_id: int, tx_id: int, epoch: int | None, key: bytes | None, update: ProtocolParamUpdate) -> Row:
    """A row of `param_proposal` in the order of its columns."""
    before, after = parameter_values(update, tx_id)
    return (row_id, epoch, key, *before, tx_id, *after)


def parameter_values(update: ProtocolParamUpdate, tx_id: int) -> tuple[Row, Row]:
    """Values in the order of `parameter_columns`; NULL where the update has none. `tx_id`: the transaction of its cost models."""
    get = update.values.get
    prices, tx_units, block_units = get(19) or (None, None), get(20) or (None, None), get(21) or (None, None)
    paired = {
        "price_mem": ratio(prices[0]),
        "price_step": ratio(prices[1]),
        "max_tx_ex_mem": tx_units[0],
        "max_tx_ex_steps": tx_units[1],
        "max_block_ex_mem": block_units[0],
        "max_block_ex_steps": block_units[1],
    }
    plain = [paired[name] if name in paired else _value(get, kind, number) for name, kind, number, _ in _VALUES]
    nonce, version, costs = get(13), get(14) or (None, None), get(18)
    before = (
        *plain,
        nonce[1] if nonce is not None and len(nonce) > 1 else None,
        version[0],
        version[1],
        get(15),
        cost_model_row(costs, tx_id)[0] if costs is not None else None,
    )
    after = (
        *_thresholds(get(25), len(_POOL_THRESHOLDS)),
        *_thresholds(get(26), len(_DREP_THRESHOLDS)),
        *(_value(get, kind, number) for _, kind, number, _ in _CONWAY),
    )
    return before, after


def _value(get: Callable[[int], Any], kind: Type, number: int) -> Any:
    return ratio(get(number)) if kind is Type.RATIO else get(number)


def _thresholds(parts: Sequence[Sequence[int]] | None, count: int) -> list[float | None]:
    return [None] * count if parts is None else [ratio(part) for part in parts[:count]]
