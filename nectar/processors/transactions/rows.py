"""Rows of the `transactions` processor. It runs for every block, so it builds plain tuples without look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from nectar.cardano.block import Asset, Block, Tx, TxOut
from nectar.cardano.point import Era
from nectar.cardano.position import block_id, item_id, tx_id
from nectar.cardano.script import Purpose
from nectar.decode.want import Want
from nectar.processors.address_cache import AddressCache
from nectar.processors.dimensions import STAKE_ADDRESS, stake_address
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.processors.transactions.tables import (
    ADDRESS,
    COLLATERAL_TX_IN,
    COLLATERAL_TX_OUT,
    COLLATERAL_TX_OUT_WITH_ADDRESS_ID,
    EXTRA_KEY_WITNESS,
    REFERENCE_TX_IN,
    TX,
    TX_CBOR,
    TX_IN,
    TX_OUT,
    TX_OUT_WITH_ADDRESS_ID,
)
from nectar.tables import Table

NAME = "transactions"
TABLES: tuple[Table, ...] = (
    TX,
    TX_IN,
    TX_OUT,
    COLLATERAL_TX_IN,
    REFERENCE_TX_IN,
    COLLATERAL_TX_OUT,
    EXTRA_KEY_WITNESS,
    TX_CBOR,
    ADDRESS,
    STAKE_ADDRESS,
)

_Options = Mapping[str, Any]


def want(options: _Options) -> Want:
    """Scripts too: `tx_out` has columns of inline datums and reference scripts, `tx` one of script sizes."""
    base = Want.SUMS | Want.TXS | Want.OUTPUTS | Want.SCRIPTS
    return base | Want.CBOR if options.get("tx_cbor") else base


def tables(options: _Options) -> tuple[Table, ...]:
    with_id = bool(options.get("address_table"))
    chosen = [
        TX,
        TX_IN,
        TX_OUT_WITH_ADDRESS_ID if with_id else TX_OUT,
        COLLATERAL_TX_IN,
        REFERENCE_TX_IN,
        COLLATERAL_TX_OUT_WITH_ADDRESS_ID if with_id else COLLATERAL_TX_OUT,
        EXTRA_KEY_WITNESS,
        STAKE_ADDRESS,
    ]
    if options.get("tx_cbor"):
        chosen.append(TX_CBOR)
    if with_id:
        chosen.append(ADDRESS)
    return tuple(chosen)


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of `tx` and of its inputs, outputs and signers, for each transaction of the block."""
    if not block.txs:
        return
    facts, addresses = out.facts, context.addresses
    in_block = block_id(block.slot, block.era is Era.BYRON_EBB)
    with_id, keeps_cbor = bool(context.options.get("address_table")), bool(context.options.get("tx_cbor"))
    for tx in block.txs:
        this = tx_id(block.slot, tx.index)
        first = item_id(this, 0, "tx_out")
        facts["tx"].append(
            (
                this,
                tx.hash,
                in_block,
                tx.index,
                tx.out_sum,
                tx.fee,
                None,
                tx.size,
                tx.invalid_before,
                tx.invalid_hereafter,
                1 if tx.is_valid else 0,
                tx.script_size,
                (tx.donation or 0) if tx.is_valid else 0,
            )
        )
        _spent(tx, this, first, facts["tx_in"])
        _created(tx, this, first, out, with_id, addresses)
        if keeps_cbor:
            facts["tx_cbor"].append((first, this, tx.cbor))
        if tx.is_valid:
            _besides(tx, this, facts)


def _besides(tx: Tx, this: int, facts: Mapping[str, list[Row]]) -> None:
    """Rows that db-sync writes only for transactions whose scripts succeeded."""
    if tx.collateral_inputs:
        _named(tx.collateral_inputs, this, "collateral_tx_in", facts["collateral_tx_in"])
    if tx.reference_inputs:
        _named(tx.reference_inputs, this, "reference_tx_in", facts["reference_tx_in"])
    if tx.required_signers:
        facts["extra_key_witness"].extend(
            (item_id(this, i, "extra_key_witness"), signer, this) for i, signer in enumerate(tx.required_signers)
        )


def _spent(tx: Tx, this: int, first: int, tx_in: list[Row]) -> None:
    """Rows of `tx_in`: inputs, or a failed transaction's collateral, which no redeemer unlocks."""
    inputs = tx.inputs if tx.is_valid else tx.collateral_inputs
    if inputs:
        item_id(this, len(inputs) - 1, "tx_in")
    if tx.is_valid and tx.redeemers:
        unlocking = _redeemers_of_inputs(tx, this)
        for i, (spent, index) in enumerate(inputs):
            tx_in.append((first + i, this, None, index, unlocking.get((spent, index)), spent))
        return
    for i, (spent, index) in enumerate(inputs):
        tx_in.append((first + i, this, None, index, None, spent))


def _redeemers_of_inputs(tx: Tx, this: int) -> dict[tuple[bytes, int], int]:
    """Input -> redeemer.id. A spending redeemer's index counts in the sorted inputs (ledger: `Map TxIn`)."""
    ordered = sorted((spent, index) for spent, index in tx.inputs)
    return {
        ordered[redeemer.index]: item_id(this, at, "redeemer")
        for at, redeemer in enumerate(tx.redeemers)
        if redeemer.purpose is Purpose.SPEND and redeemer.index < len(ordered)
    }


def _named(inputs: Sequence[tuple[bytes, int]], this: int, table: str, target: list[Row]) -> None:
    target.extend((item_id(this, i, table), this, None, index, named) for i, (named, index) in enumerate(inputs))


def _created(tx: Tx, this: int, first: int, out: RowBuffers, with_id: bool, addresses: AddressCache) -> None:
    """Rows of `tx_out` for created outputs. A collateral return that was not needed goes to `collateral_tx_out`."""
    back = tx.collateral_return
    created: Sequence[TxOut] = tx.outputs if tx.is_valid else () if back is None else (back,)
    if created:
        item_id(this, created[-1].index, "tx_out")
    tx_out, stakes = out.facts["tx_out"], out.dimensions["stake_address"]
    for output in created:
        text, has_script, credential, stake = addresses.describe(output.address)
        if stake is not None and stake not in stakes:
            stake_address(out, stake, this, addresses)
        inline, script = output.inline_datum, output.script
        tx_out.append(
            (
                first + output.index,
                this,
                output.index,
                *(_address_id(output.address, this, out, addresses) if with_id else (text, has_script, credential)),
                stake,
                output.value,
                output.datum_hash,
                inline and inline.hash,
                script and script.hash,
                None,
            )
        )
    if back is not None and tx.is_valid:
        _collateral_return(back, this, out, with_id, addresses)


def _collateral_return(back: TxOut, this: int, out: RowBuffers, with_id: bool, addresses: AddressCache) -> None:
    text, has_script, credential, stake = addresses.describe(back.address)
    if stake is not None:
        stake_address(out, stake, this, addresses)
    where = _address_id(back.address, this, out, addresses) if with_id else (text, has_script, credential)
    inline, script = back.inline_datum, back.script
    out.facts["collateral_tx_out"].append(
        (
            item_id(this, back.index, "collateral_tx_out"),
            this,
            back.index,
            *where,
            stake,
            back.value,
            back.datum_hash,
            _assets_text(back.assets),
            inline and inline.hash,
            script and script.hash,
        )
    )


def _address_id(raw: bytes, this: int, out: RowBuffers, addresses: AddressCache) -> tuple[bytes]:
    """The address's key. Adds its row of `address` at its first occurrence."""
    key = blake2b(raw, digest_size=20).digest()
    known = out.dimensions["address"]
    if key not in known:
        text, has_script, credential, stake = addresses.describe(raw)
        known[key] = (key, text, raw, has_script, credential, stake, this)
    return (key,)


def _assets_text(assets: Sequence[Asset]) -> str:
    return ",".join(f"{policy.hex()}.{name.hex()} {quantity}" for policy, name, quantity in assets)
