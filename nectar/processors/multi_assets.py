"""Processor `multi_assets`: native assets, what was minted and burnt, and where they went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.ids import asset_fingerprint
from nectar.cardano.position import ITEMS, item_id, tx_id
from nectar.decode.want import Want
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

NAME = "multi_assets"

MULTI_ASSET = Table(
    "multi_asset",
    "Native assets, each once.",
    Kind.DIMENSION,
    (
        Column("id", Type.HASH20, "The fingerprint's 20 bytes.", source="CIP-14", differs="A sequence number in db-sync."),
        Column("policy", Type.HASH28, "Minting policy's hash.", source="CDDL policy_id"),
        Column("name", Type.NAME, "Asset name, bytes.", source="CDDL asset_name"),
        Column("fingerprint", Type.LABEL, "`asset1...`.", source="CIP-14"),
        Column("first_tx_id", Type.ID, "First transaction that showed it.", references="tx.id", differs="Nectar's own."),
    ),
    Place.TX,
    (Index("idx_multi_asset_policy", ("policy",)), Index("idx_multi_asset_fingerprint", ("fingerprint",))),
    first="first_tx_id",
)

_IDENT = Column("ident", Type.HASH20, "The asset.", references="multi_asset.id")

MA_TX_MINT = Table(
    "ma_tx_mint",
    "Assets made and destroyed; zero quantities, which did neither, are left out.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + place among the transaction's mints.", source="position on the chain"),
        _IDENT,
        Column("quantity", Type.INT, "Negative when burnt.", source="CDDL mint"),
        Column("tx_id", Type.ID, "The transaction.", references="tx.id"),
    ),
    Place.IN_TX,
    (Index("idx_ma_tx_mint_ident", ("ident",)),),
)

MA_TX_OUT = Table(
    "ma_tx_out",
    "Assets in outputs that came into being.",
    Kind.FACT,
    (
        Column(
            "id", Type.ID, f"{ITEM_PLACE} + place among all assets of the transaction's outputs.", source="position on the chain"
        ),
        _IDENT,
        Column("quantity", Type.U64, "How many, up to 2^64-1.", source="CDDL multiasset<positive_coin>"),
        Column("tx_out_id", Type.ID, "The output.", references="tx_out.id"),
    ),
    Place.IN_TX,
    (Index("idx_ma_tx_out_ident", ("ident",)), Index("idx_ma_tx_out_tx_out_id", ("tx_out_id",))),
)

TABLES: tuple[Table, ...] = (MULTI_ASSET, MA_TX_MINT, MA_TX_OUT)


def want(options: Mapping[str, Any]) -> Want:
    return Want.TXS | Want.OUTPUTS | Want.ASSETS


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of assets. A failed transaction mints nothing and creates only its collateral return.

    Quantities of zero, which blocks before Conway may have, are dropped, as the ledger drops them when it reads them.
    """
    for tx in block.txs:
        back = tx.collateral_return
        created: Sequence[TxOut] = tx.outputs if tx.is_valid else () if back is None else (back,)
        if any(output.assets for output in created) or (tx.mint and tx.is_valid):
            _assets(block.slot, tx, created, out)


def _assets(slot: int, tx: Tx, created: Sequence[TxOut], out: RowBuffers) -> None:
    this = tx_id(slot, tx.index)
    first = item_id(this, 0, "ma_tx_out")
    known = out.dimensions["multi_asset"]
    at = first
    moved: list[Row] = out.facts["ma_tx_out"]
    for output in created:
        for policy, name, quantity in output.assets:
            if not quantity:
                continue
            ident, text = asset_fingerprint(policy, name)
            if ident not in known:
                known[ident] = (ident, policy, name, text, this)
            moved.append((at, ident, quantity, first + output.index))
            at += 1
    if at - first > ITEMS:
        item_id(this, at - first - 1, "ma_tx_out")
    if tx.is_valid:
        for place, (policy, name, quantity) in enumerate(asset for asset in tx.mint if asset[2]):
            ident, text = asset_fingerprint(policy, name)
            if ident not in known:
                known[ident] = (ident, policy, name, text, this)
            out.facts["ma_tx_mint"].append((item_id(this, place, "ma_tx_mint"), ident, quantity, this))
