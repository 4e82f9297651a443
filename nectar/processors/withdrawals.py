"""Processor `withdrawals`: rewards taken out of reward accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nectar.cardano.block import Block
from nectar.cardano.position import item_id, tx_id
from nectar.cardano.script import Purpose
from nectar.decode.want import Want
from nectar.processors.dimensions import STAKE_ADDRESS, stake_address
from nectar.processors.redeemer_ids import redeemer_ids, sorted_withdrawals
from nectar.processors.rows import Context, RowBuffers
from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

NAME = "withdrawals"

WITHDRAWAL = Table(
    "withdrawal",
    "Rewards taken out of reward accounts.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + place among the transaction's withdrawals.", source="position on the chain"),
        Column("addr_id", Type.HASH29, "The account.", references="stake_address.id", source="CDDL withdrawals"),
        Column("amount", Type.LOVELACE, "Lovelace taken out; 0 is allowed.", source="CDDL withdrawals"),
        Column("redeemer_id", Type.ID, "The redeemer of a script's account.", null=True, references="redeemer.id"),
        Column("tx_id", Type.ID, "The transaction.", references="tx.id"),
    ),
    Place.IN_TX,
    (Index("idx_withdrawal_addr_id", ("addr_id",)), Index("idx_withdrawal_tx_id", ("tx_id",))),
)

TABLES: tuple[Table, ...] = (WITHDRAWAL, STAKE_ADDRESS)


def want(options: Mapping[str, Any]) -> Want:
    """Withdrawals, and the redeemers that redeemer_id names."""
    return Want.TXS | Want.WITHDRAWALS | Want.SCRIPTS


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of withdrawals. A failed transaction withdraws nothing."""
    for tx in block.txs:
        if not tx.withdrawals or not tx.is_valid:
            continue
        this = tx_id(block.slot, tx.index)
        unlocking = redeemer_ids(tx, this, Purpose.REWARD)
        order = {account: place for place, account in enumerate(sorted_withdrawals(tx))} if unlocking else {}
        for place, (account, amount) in enumerate(tx.withdrawals):
            redeemer = unlocking.get(order[account]) if unlocking else None
            out.facts["withdrawal"].append(
                (item_id(this, place, "withdrawal"), stake_address(out, account, this, context.addresses), amount, redeemer, this)
            )
