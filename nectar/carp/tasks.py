"""Every task that a Carp execution plan can name, and the processors that write the same facts. A table without logic.

Carp is dcSpark's indexer; docs/docs/indexer/Tasks and indexer/tasks/src of its repository have the tasks and their options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

Era: TypeAlias = Literal["genesis", "shelley genesis", "byron", "multiera"]
Fit: TypeAlias = Literal["same", "elsewhere", "nothing", "none"]
"""same: the same facts. elsewhere: the same facts in another form, which the note names. nothing: the task needs no facts.
none: no equivalent; the note says why, and which processors write the facts that it is computed from."""

Needs: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Processor -> the options that the task needs. No options: the defaults, and for metadata every label."""


class CarpTask(NamedTuple):
    era: Era
    fit: Fit
    needs: Needs
    note: str = ""
    options: tuple[str, ...] = ()


TYPES: Mapping[str, type] = {"readonly": bool, "include_payload": bool, "script_hash": str, "address": str}
"""The type of every option that any task has."""

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

TASKS: Mapping[str, CarpTask] = {
    "GenesisBlockTask": CarpTask("genesis", "same", BLOCKS, "", PAYLOAD),
    "GenesisTransactionTask": CarpTask("genesis", "same", TRANSACTIONS, "", PAYLOAD),
    "ShelleyGenesisBlockTask": CarpTask(
        "shelley genesis",
        "elsewhere",
        {"blocks": {}, "transactions": {}, "certificates": {}},
        "initial funds are rows of tx_out, initial stake rows of delegation, both where start is the origin",
    ),
    "ByronBlockTask": CarpTask("byron", "same", BLOCKS, "", BOTH),
    "ByronBlockMinterTask": CarpTask("byron", "elsewhere", BLOCKS, "who made a block stands in slot_leader", READONLY),
    "ByronTransactionTask": CarpTask("byron", "same", TRANSACTIONS, "", BOTH),
    "ByronAddressTask": CarpTask("byron", "same", ADDRESSES),
    "ByronOutputTask": CarpTask("byron", "same", TRANSACTIONS),
    "ByronInputTask": CarpTask("byron", "same", TRANSACTIONS),
    "MultieraBlockTask": CarpTask("multiera", "same", BLOCKS, "", BOTH),
    "MultieraTransactionTask": CarpTask("multiera", "same", TRANSACTIONS, "", BOTH),
    "MultieraMetadataTask": CarpTask("multiera", "same", {"metadata": {}}, "", READONLY),
    "MultieraAddressTask": CarpTask("multiera", "same", ADDRESSES),
    "MultieraOutputTask": CarpTask("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraUsedInputTask": CarpTask("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraUnusedInputTask": CarpTask(
        "multiera", "elsewhere", TRANSACTIONS, "collateral that was not taken stands in collateral_tx_in"
    ),
    "MultieraReferenceInputTask": CarpTask("multiera", "same", TRANSACTIONS, "", READONLY),
    "MultieraStakeCredentialTask": CarpTask(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "credentials have no table of their own: payment_cred and stake_address_id of address, and hash of extra_key_witness",
    ),
    "MultieraAddressCredentialRelationTask": CarpTask(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "an address's credentials are columns of address: payment_cred, stake_address_id",
        READONLY,
    ),
    "MultieraTxCredentialRelationTask": CarpTask(
        "multiera",
        "elsewhere",
        ADDRESSES,
        "no table of its own: a query over tx_out and tx_in with address, and over extra_key_witness; "
        "credentials in certificates, withdrawals and votes with those processors",
    ),
    "MultieraAssetMintTask": CarpTask("multiera", "same", {"multi_assets": {}}, "", READONLY),
    "MultieraAssetUtxos": CarpTask(
        "multiera", "elsewhere", ASSETS, "tokens that come stand in ma_tx_out; they go where tx_out.consumed_by_tx_id says"
    ),
    "MultieraCip25EntryTask": CarpTask(
        "multiera",
        "elsewhere",
        {"metadata": {"labels": [721]}, "multi_assets": {}},
        "entries are not taken apart: they stand whole in tx_metadata under key 721, tokens of the same tx_id in ma_tx_mint",
    ),
    "MultieraDatumTask": CarpTask(
        "multiera", "elsewhere", {"scripts": {}, "transactions": {}}, "datums stand in datum, hashes in tx_out", READONLY
    ),
    "MultieraAddressDelegationTask": CarpTask(
        "multiera",
        "elsewhere",
        {"certificates": {}},
        "delegation and stake_deregistration, one row a certificate; the pool before is not noted",
    ),
    "MultieraDrepDelegationTask": CarpTask(
        "multiera",
        "elsewhere",
        {"governance": {}, "certificates": {}},
        "delegation_vote and stake_deregistration, one row a certificate; the DRep before is not noted",
    ),
    "MultieraGovernanceVotingTask": CarpTask("multiera", "elsewhere", {"governance": {}}, "votes are rows of voting_procedure"),
    "MultiEraProjectedNftTask": CarpTask(
        "multiera",
        "none",
        {},
        f"the states of one contract are not worked out; {MADE_OF}",
        ("script_hash", "address", *BOTH),
    ),
    "MultieraMinSwapV1MeanPriceTask": CarpTask("multiera", "none", {}, PRICES),
    "MultieraMinSwapV1SwapTask": CarpTask("multiera", "none", {}, SWAPS),
    "MultieraSundaeSwapV1MeanPriceTask": CarpTask("multiera", "none", {}, PRICES),
    "MultieraSundaeSwapV1SwapTask": CarpTask("multiera", "none", {}, SWAPS),
    "MultieraWingRidersV1MeanPriceTask": CarpTask("multiera", "none", {}, PRICES),
    "MultieraWingRidersV1SwapTask": CarpTask("multiera", "none", {}, SWAPS),
    "ExampleTask": CarpTask("multiera", "nothing", {}, "it shows how to write a task, and fills no table"),
}
