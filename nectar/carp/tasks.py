"""Every task that a Carp execution plan can name, and what of Nectar's writes the same facts. Facts in plain sight, no logic.

Carp is dcSpark's indexer; docs/docs/indexer/Tasks and indexer/tasks/src of its repository have the tasks and their options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

Era: TypeAlias = Literal["genesis", "shelley genesis", "byron", "multiera"]
Fit: TypeAlias = Literal["same", "elsewhere", "nothing", "none"]
"""same: the same facts. elsewhere: the same facts in another form, which the note tells. nothing: the task needs none.
none: no equivalent; the note says why, and which processors write what it is made of."""

Needs: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Processor -> the options it needs; none means its defaults, and for metadata every label."""


class Task(NamedTuple):
    era: Era
    fit: Fit
    needs: Needs
    note: str = ""
    options: tuple[str, ...] = ()


TYPES: Mapping[str, type] = {"readonly": bool, "include_payload": bool, "script_hash": str, "address": str}
"""Of every option that any task has."""

READONLY = ("readonly",)
PAYLOAD = ("include_payload",)
BOTH = ("include_payload", "readonly")

BLOCKS: Needs = {"blocks": {}}
TRANSACTIONS: Needs = {"transactions": {}}
ADDRESSES: Needs = {"transactions": {"address_table": True}}
ASSETS: Needs = {"transactions": {}, "multi_assets": {}}

MADE_OF = "outputs (transactions), datums (scripts) and tokens (multi_assets) are what they are made of"
SWAPS = f"swaps of a DEX are not worked out; {MADE_OF}"
PRICES = f"prices of a DEX are not worked out; {MADE_OF}"

TASKS: Mapping[str, Task] = {
    "GenesisBlockTask": Task("genesis", "same", BLOCKS, "", PAYLOAD),
    "GenesisTransactionTask": Task("genesis", "same", TRANSACTIONS, "", PAYLOAD),
    "ShelleyGenesisBlockTask": Task(
        "shelley genesis",
        "elsewhere",
        {"blocks": {}, "transactions": {}, "certificates": {}},
        "initial funds are rows of tx_out, initial stake rows of delegation, both where start is the origin",
    ),
    "ByronBlockTask": Task("byron", "same", BLOCKS, "", BOTH),
    "ByronBlockMinterTask": Task("byron", "elsewhere", BLOCKS, "who made a block stands in slot_leader", READONLY),
    "ByronTransactionTask": Task("byron", "same", TRANSACTIONS, "", BOTH),
    "ByronAddressTask": Task("byron", "same", ADDRESSES),
    "ByronOutputTask": Task("byron", "same", TRANSACTIONS),
    "ByronInputTask": Task("byron", "same", TRANSACTIONS),
    "MultieraBlockTask": Task("multiera", "same", BLOCKS, "", BOTH),
    "MultieraTransactionTask": Task("multiera", "same", TRANSACTIONS, "", BOTH),
    "MultieraMetadataTask": Task("multiera", "same", {"metadata": {}}, "", READONLY),
    "MultieraAddressTask": Task("multiera", "same", ADDRESSES),
    "MultieraOutputTask": Task("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraUsedInputTask": Task("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraUnusedInputTask": Task(
        "multiera", "elsewhere", TRANSACTIONS, "collateral that was not taken stands in collateral_tx_in"
    ),
    "MultieraReferenceInputTask": Task("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraStakeCredentialTask": Task(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "credentials have no table of their own: payment_cred and stake_address_id of address, and hash of extra_key_witness",
    ),
    "MultieraAddressCredentialRelationTask": Task(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "an address's credentials are columns of address: payment_cred, stake_address_id",
        READONLY,
    ),
    "MultieraTxCredentialRelationTask": Task(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "no table of its own: a query over tx_out and tx_in with address, and over extra_key_witness; "
        "credentials in certificates, withdrawals and votes with those processors",
    ),
    "MultieraAssetMintTask": Task("multiera", "same", {"multi_assets": {}}, "", READONLY),
    "MultieraAssetUtxos": Task(
        "multiera", "elsewhere", ASSETS, "tokens that come stand in ma_tx_out; they go where tx_out.consumed_by_tx_id says"
    ),
    "MultieraCip25EntryTask": Task(
        "multiera",
        "elsewhere",
        {"metadata": {"labels": [721]}, "multi_assets": {}},
        "entries are not taken apart: they stand whole in tx_metadata under key 721, tokens of the same tx_id in ma_tx_mint",
    ),
    "MultieraDatumTask": Task(
        "multiera", "elsewhere", {"scripts": {}, "transactions": {}}, "datums stand in datum, hashes in tx_out", READONLY
    ),
    "MultieraAddressDelegationTask": Task(
        "multiera",
        "elsewhere",
        {"certificates": {}},
        "delegation and stake_deregistration, one row a certificate; the pool before is not noted",
    ),
    "MultieraDrepDelegationTask": Task(
        "multiera",
        "elsewhere",
        {"governance": {}, "certificates": {}},
        "delegation_vote and stake_deregistration, one row a certificate; the DRep before is not noted",
    ),
    "MultieraGovernanceVotingTask": Task("multiera", "elsewhere", {"governance": {}}, "votes are rows of voting_procedure"),
    "MultiEraProjectedNftTask": Task(
        "multiera",
        "none",
        {},
        f"the states of one contract are not worked out; {MADE_OF}",
        ("script_hash", "address", *BOTH),
    ),
    "MultieraMinSwapV1MeanPriceTask": Task("multiera", "none", {}, PRICES),
    "MultieraMinSwapV1SwapTask": Task("multiera", "none", {}, SWAPS),
    "MultieraSundaeSwapV1MeanPriceTask": Task("multiera", "none", {}, PRICES),
    "MultieraSundaeSwapV1SwapTask": Task("multiera", "none", {}, SWAPS),
    "MultieraWingRidersV1MeanPriceTask": Task("multiera", "none", {}, PRICES),
    "MultieraWingRidersV1SwapTask": Task("multiera", "none", {}, SWAPS),
    "ExampleTask": Task("multiera", "nothing", {}, "it shows how to write a task, and fills no table"),
}
