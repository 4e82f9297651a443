"""The things that a transaction can do, by the names that `skip_tx_types` knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nectar.cardano.block import Tx
from nectar.decode.want import Want


@dataclass(frozen=True, slots=True)
class TxType:
    """A thing that a transaction can do: how it is told, what must be decoded to tell, its name in the filter language."""

    has: Callable[[Tx], bool]
    want: Want
    doc: str
    word: str


TX_TYPES: Mapping[str, TxType] = {
    "mint": TxType(lambda tx: any(q > 0 for _, _, q in tx.mint), Want.ASSETS, "creates some quantity of an asset", "has_mint"),
    "burn": TxType(lambda tx: any(q < 0 for _, _, q in tx.mint), Want.ASSETS, "destroys some quantity of an asset", "has_burn"),
    "script": TxType(lambda tx: bool(tx.redeemers), Want.SCRIPTS, "runs a Plutus script (has redeemers)", "has_script"),
    "certificate": TxType(lambda tx: bool(tx.certificates), Want.CERTIFICATES, "carries a certificate", "has_certs"),
    "withdrawal": TxType(lambda tx: bool(tx.withdrawals), Want.WITHDRAWALS, "withdraws rewards", "has_withdrawals"),
    "metadata": TxType(lambda tx: bool(tx.metadata), Want.METADATA, "carries metadata", "has_metadata"),
    "governance": TxType(
        lambda tx: bool(tx.votes or tx.proposals),
        Want.GOVERNANCE,
        "votes or proposes a governance action",
        "(has_votes or has_proposals)",
    ),
}  # fmt: skip
"""Of a failed transaction only `script` is true: nothing else of it took effect."""
