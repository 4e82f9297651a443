"""Processor `blocks`: blocks, the pools and delegates that made them, and sums by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nectar.cardano.bech32 import encode
from nectar.cardano.block import Block
from nectar.cardano.ids import byron_leader
from nectar.cardano.network import Network
from nectar.cardano.point import Era
from nectar.cardano.position import block_id, tx_id
from nectar.decode.checked import SIGNED
from nectar.decode.want import Want
from nectar.processors.dimensions import POOL_HASH, pool_hash
from nectar.processors.epoch_param import EPOCH_PARAM
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.tables import Column, Index, Kind, Place, Table, Type

NAME = "blocks"

BLOCK = Table(
    "block",
    "Every block, Byron's epoch boundary blocks included; genesis is one too when the plan starts at the origin.",
    Kind.FACT,
    (
        Column("id", Type.ID, "slot * 2, plus 1 unless it is a Byron epoch boundary block.", source="position on the chain"),
        Column("hash", Type.HASH32, "The header's hash.", source="blake2b-256 of the header's original bytes"),
        Column("epoch_no", Type.INT, "Epoch; NULL for genesis.", null=True, source="slot and the network's era history"),
        Column(
            "slot_no", Type.INT, "Slot; NULL for genesis and for boundary blocks, which have none.", null=True, source="header"
        ),
        Column(
            "epoch_slot_no", Type.INT, "Place in the epoch, from 0; NULL as slot_no.", null=True, source="slot and era history"
        ),
        Column("block_no", Type.INT, "Number; NULL as slot_no.", null=True, source="header"),
        Column(
            "previous_id",
            Type.ID,
            "The block before.",
            null=True,
            references="block.id",
            differs="NULL when the block before is not in the database.",
        ),
        Column("slot_leader_id", Type.HASH28, "Who made it.", references="slot_leader.id"),
        Column(
            "size", Type.INT, "Bytes of the body; in Byron of the whole block without its era.", source="header block_body_size"
        ),
        Column("time", Type.TIME, "When its slot began, UTC.", source="slot and era history"),
        Column("tx_count", Type.INT, "Transactions in it, whatever a filter keeps."),
        Column("proto_major", Type.INT, "Protocol version, major.", source="header protocol_version"),
        Column("proto_minor", Type.INT, "Protocol version, minor.", source="header protocol_version"),
        Column("vrf_key", Type.TEXT, "The maker's VRF key, `vrf_vk1...`.", null=True, source="header vrf_vkey, CIP-5"),
        Column(
            "op_cert", Type.HASH32, "Hot key of the maker's operational certificate.", null=True, source="header operational_cert"
        ),
        Column("op_cert_counter", Type.U64, "That certificate's number.", null=True, source="header operational_cert"),
        Column(
            "previous_hash",
            Type.BYTES,
            "Hash of the block before; empty for genesis.",
            source="header prev_hash",
            differs="Nectar's own.",
        ),
        Column(
            "out_sum", Type.LOVELACE, "Lovelace that its transactions created.", differs="Nectar's own: epoch is summed from it."
        ),
        Column(
            "fees",
            Type.LOVELACE,
            "Lovelace that its transactions paid; NULL above 2^63 - 1.",
            null=True,
            differs="Nectar's own. Fees that follow from inputs (Byron's) count once those are resolved.",
        ),
    ),
    Place.BLOCK,
    (
        Index("idx_block_hash", ("hash",)),
        Index("idx_block_slot_no", ("slot_no",)),
        Index("idx_block_block_no", ("block_no",)),
        Index("idx_block_epoch_no", ("epoch_no",)),
    ),
)

SLOT_LEADER = Table(
    "slot_leader",
    "Who made blocks: pools, genesis delegates, genesis itself.",
    Kind.DIMENSION,
    (
        Column(
            "id",
            Type.HASH28,
            "Hash of the maker's key.",
            source="blake2b-224 of the issuer's key",
            differs="A sequence number in db-sync.",
        ),
        Column("hash", Type.HASH28, "The same 28 bytes.", source="blake2b-224 of the issuer's key; Byron: see ids.byron_leader"),
        Column("pool_hash_id", Type.HASH28, "The pool.", null=True, references="pool_hash.id"),
        Column("description", Type.TEXT, "`Pool-`, `ShelleyGenesis-` or `ByronGenesis-` and 16 hex digits, or words."),
        Column("first_block_id", Type.ID, "First block by it.", references="block.id", differs="Nectar's own."),
    ),
    Place.BLOCK,
    first="first_block_id",
)

EPOCH = Table(
    "epoch",
    "Sums by epoch, over the blocks that are in the database.",
    Kind.DERIVED,
    (
        Column("id", Type.INT, "The epoch's number.", differs="A sequence number in db-sync."),
        Column(
            "out_sum", Type.U128, "Lovelace created by its transactions.", source="sum of block.out_sum, exact beyond 64 bits"
        ),
        Column(
            "fees",
            Type.LOVELACE,
            "Lovelace paid by its transactions; NULL above 2^63 - 1.",
            null=True,
            source="sum of block.fees",
        ),
        Column("tx_count", Type.INT, "Transactions.", source="sum of block.tx_count"),
        Column("blk_count", Type.INT, "Blocks, boundary blocks included."),
        Column("no", Type.INT, "The epoch's number."),
        Column("start_time", Type.TIME, "Time of its first block.", source="min(block.time)"),
        Column("end_time", Type.TIME, "Time of its last block.", source="max(block.time)"),
    ),
)

META = Table(
    "meta",
    "The network.",
    Kind.SINGLE,
    (
        Column("id", Type.INT, "Always 1."),
        Column("start_time", Type.TIME, "When slot 0 began, UTC.", source="Byron genesis startTime"),
        Column(
            "network_name",
            Type.LABEL,
            "mainnet, preprod, preview, or the genesis folder's name, of which the first 64 characters.",
        ),
        Column("version", Type.TEXT, "What made the database.", source="Nectar's version"),
    ),
)

SCHEMA_VERSION = Table(
    "schema_version",
    "Which of db-sync's schemas the columns follow.",
    Kind.SINGLE,
    (
        Column("id", Type.INT, "Always 1."),
        Column("stage_one", Type.INT, "db-sync's schema stage one."),
        Column("stage_two", Type.INT, "db-sync's schema stage two."),
        Column("stage_three", Type.INT, "db-sync's schema stage three."),
    ),
)

_ALWAYS: tuple[Table, ...] = (BLOCK, SLOT_LEADER, POOL_HASH, EPOCH, META, SCHEMA_VERSION)
TABLES: tuple[Table, ...] = (*_ALWAYS, EPOCH_PARAM)

DB_SYNC_STAGES = (14, 45, 18)
"""The schema's version in db-sync 13.6, whose tables Nectar follows."""

BOUNDARY_LEADER = bytes(28)


def want(options: Mapping[str, Any]) -> Want:
    """The sums of a body only; no transactions are built."""
    return Want.SUMS


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES if options.get("epoch_param") else _ALWAYS


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    boundary = block.era is Era.BYRON_EBB
    slot, history = block.slot, context.network.history
    this = block_id(slot, boundary)
    leader, pool, description = _leader(block.era, block.issuer, context.network)
    leaders = out.dimensions["slot_leader"]
    if leader not in leaders:
        leaders[leader] = (leader, leader, pool, description, this)
        if pool is not None:
            pool_hash(out, pool, tx_id(slot, 0))
    before = (
        block.prev_hash or context.network.byron_genesis_hash
    )  # the first block of a chain without Byron blocks names no previous one
    previous = out.previous[1] if out.previous is not None and out.previous[0] == before else None
    out.previous = (block.hash, this)
    out.facts["block"].append(
        (
            this,
            block.hash,
            history.epoch_of(slot),
            None if boundary else slot,
            None if boundary else history.epoch_slot_of(slot),
            None if boundary else block.block_no,
            previous,
            leader,
            block.size,
            history.time_text(slot),
            block.tx_count,
            block.proto_major,
            block.proto_minor,
            block.vrf_key and _vrf_view(block.vrf_key),
            block.op_cert,
            block.op_cert_counter,
            before,
            block.out_sum,
            block.fees,
        )
    )


@lru_cache(maxsize=1 << 13)
def _vrf_view(key: bytes) -> str:
    return encode("vrf_vk", key)


def _leader(era: Era, issuer: bytes | None, network: Network) -> tuple[bytes, bytes | None, str]:
    """slot_leader's hash, pool and description (db-sync: `mkSlotLeader` of each era)."""
    if issuer is None:
        return BOUNDARY_LEADER, None, "Epoch boundary slot leader"
    if era is Era.BYRON:
        digest, description = byron_leader(issuer)
        return digest, None, description
    delegate = network.delegates.get(issuer)
    if delegate is not None:
        return issuer, None, delegate
    return issuer, issuer, f"Pool-{issuer[:8].hex()}"


def epoch_sql(dialect: str) -> str:
    """Rows of `epoch` for epochs :first to :last, whose blocks have ids :low to :high.

    SQLite sums in two halves of nine and more decimal digits, since its own sum() ends in an error beyond 63 bits.
    """
    if dialect == "sqlite":
        (high, low), (fees_high, fees_low) = _halves("out_sum"), _halves("fees")
        out_sum = f"CASE WHEN {high} = 0 THEN CAST({low} AS TEXT) ELSE printf('%d%09d', {high}, {low}) END"
        most_high, most_low = divmod(SIGNED, _HALF)
        fits = f"count(fees) = count(*) AND ({fees_high}, {fees_low}) <= ({most_high}, {most_low})"
        fees = f"{fees_high} * {_HALF} + {fees_low}"
    else:
        out_sum, fees = "sum(out_sum)", "sum(fees)"
        fits = f"count(fees) = count(*) AND sum(fees) <= {SIGNED}"
    return (
        f"SELECT epoch_no, {out_sum}, CASE WHEN {fits} THEN {fees} END, sum(tx_count), count(*), epoch_no, min(time), max(time) "
        "FROM block WHERE epoch_no BETWEEN :first AND :last AND id BETWEEN :low AND :high GROUP BY epoch_no"
    )


_HALF = 1_000_000_000


def _halves(column: str) -> tuple[str, str]:
    """SQL of a sum's digits before its last nine, and of the last nine."""
    low = f"sum({column} % {_HALF})"
    return f"(sum({column} / {_HALF}) + {low} / {_HALF})", f"({low} % {_HALF})"


def single_rows(network: Network, version: str) -> dict[str, list[Row]]:
    """`meta` and `schema_version`."""
    return {
        "meta": [(1, network.start_time_text, network.name, f"nectar {version}")],
        "schema_version": [(1, *DB_SYNC_STAGES)],
    }
