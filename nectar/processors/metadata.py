"""Processor `metadata`: the metadata of transactions, by label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nectar.cardano.block import Block
from nectar.cardano.position import item_id, tx_id
from nectar.decode.metadata_json import metadata_json
from nectar.decode.want import Want
from nectar.processors.rows import Context, RowBuffers, Unreadable
from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

NAME = "metadata"

TX_METADATA = Table(
    "tx_metadata",
    "Transaction metadata, a row a label.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + place among the transaction's labels.", source="position on the chain"),
        Column("key", Type.U64, "The label.", source="CDDL transaction_metadatum_label"),
        Column(
            "json",
            Type.JSON,
            "The value as JSON; `bytes` are the truth where JSON is not enough.",
            null=True,
            source="cardano-api, JSON without a schema",
            differs="NULL when the text holds U+0000, as in db-sync, or would have more than 2^20 characters or a number of more than 4,300 digits; a text that is not UTF-8 shows replacement characters.",
        ),
        Column(
            "bytes",
            Type.BYTES,
            "CBOR of the map {label: value}.",
            source="the value's original bytes",
            differs="db-sync encodes the value again: it differs where the original was not in shortest form.",
        ),
        Column("tx_id", Type.ID, "The transaction.", references="tx.id"),
    ),
    Place.IN_TX,
    (Index("idx_tx_metadata_key", ("key",)), Index("idx_tx_metadata_tx_id", ("tx_id",))),
)

TABLES: tuple[Table, ...] = (TX_METADATA,)


def want(options: Mapping[str, Any]) -> Want:
    return Want.TXS | Want.METADATA


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of metadata. Option `labels`: only these labels; empty: all. A failed transaction has no metadata."""
    labels = context.options.get("labels")
    for tx in block.txs:
        if not tx.metadata or not tx.is_valid:
            continue
        this = tx_id(block.slot, tx.index)
        for place, (label, raw) in enumerate(tx.metadata):
            if labels and label not in labels:
                continue
            try:
                text = metadata_json(raw)
            except ValueError as error:
                raise Unreadable(tx.index, "auxiliary_data.metadata", error) from error
            shown = None if text is None or left_out(text) else text
            out.facts["tx_metadata"].append((item_id(this, place, "tx_metadata"), label, shown, _label(label) + raw, this))


def left_out(text: str) -> bool:
    """Whether db-sync leaves this JSON out because its own text of it holds `\\u000` (`containsUnicodeNul`).

    That text holds it for every character below U+0010, except tab, line feed and carriage return, which it escapes in short
    forms. The JSON here has short forms of backspace and form feed too. After a backslash the characters count as well.
    """
    if "\\" not in text:
        return False
    escapes = text.replace("\\\\", "")
    return "\\u000" in text or "\\b" in escapes or "\\f" in escapes


def _label(label: int) -> bytes:
    """The CBOR head of a map of one entry, and the label in shortest form."""
    if label < 24:
        return bytes((0xA1, label))
    width = 1 if label < 1 << 8 else 2 if label < 1 << 16 else 4 if label < 1 << 32 else 8
    return bytes((0xA1, 0x17 + width.bit_length())) + label.to_bytes(width, "big")
