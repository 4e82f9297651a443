"""Dimensions, which many rows name and which are stored once each: stake addresses, pools, DReps, committee members, anchors.

The id of a dimension row is its own bytes, so no look-up is needed. The row keeps the first transaction that showed it.
"""

from __future__ import annotations

from hashlib import blake2b

from nectar.cardano.certificate import Anchor, Credential, DRep
from nectar.cardano.ids import drep_key, drep_view, pool_id_view
from nectar.processors.address_cache import AddressCache
from nectar.processors.rows import RowBuffers
from nectar.tables import Column, Index, Kind, Place, Table, Type

_FIRST = Column("first_tx_id", Type.ID, "First transaction that showed it.", references="tx.id", differs="Nectar's own.")
_FIRST_OR_BLOCK = Column(
    "first_tx_id",
    Type.ID,
    "First transaction that showed it, or where the first stands in the first block it made.",
    differs="Nectar's own.",
)
_FIRST_OR_GENESIS = Column(
    "first_tx_id",
    Type.ID,
    "First transaction that showed it; of the committee in genesis a place before every block's, which is no transaction's.",
    differs="Nectar's own.",
)

STAKE_ADDRESS = Table(
    "stake_address",
    "Reward addresses, each once.",
    Kind.DIMENSION,
    (
        Column("id", Type.HASH29, "The reward address's 29 bytes.", source="CIP-19", differs="A sequence number in db-sync."),
        Column("hash_raw", Type.HASH29, "The same 29 bytes.", source="CIP-19"),
        Column("view", Type.TEXT, "`stake1...`, on test networks `stake_test1...`.", source="CIP-19"),
        Column("script_hash", Type.HASH28, "The script's hash when a script controls it.", null=True),
        _FIRST,
    ),
    Place.TX,
    (Index("idx_stake_address_view", ("view",)),),
    first="first_tx_id",
)

POOL_HASH = Table(
    "pool_hash",
    "Stake pools, each once.",
    Kind.DIMENSION,
    (
        Column("id", Type.HASH28, "The pool's key hash.", source="CDDL pool_keyhash", differs="A sequence number in db-sync."),
        Column("hash_raw", Type.HASH28, "The same 28 bytes.", source="CDDL pool_keyhash"),
        Column("view", Type.TEXT, "`pool1...`.", source="CIP-5"),
        _FIRST_OR_BLOCK,
    ),
    Place.TX,
    (Index("idx_pool_hash_view", ("view",)),),
    first="first_tx_id",
)

DREP_HASH = Table(
    "drep_hash",
    "Delegated representatives, and the two that always vote alike.",
    Kind.DIMENSION,
    (
        Column(
            "id",
            Type.BYTES,
            "CIP-129 header byte and hash; one byte (2, 3) for the two constant ones.",
            source="CDDL drep",
            differs="A sequence number in db-sync.",
        ),
        Column("raw", Type.HASH28, "The credential's hash.", null=True, source="CDDL drep"),
        Column(
            "view",
            Type.TEXT,
            "`drep1...` of the bare hash, drep_always_abstain or drep_always_no_confidence.",
            source="CIP-105, as db-sync",
        ),
        Column("has_script", Type.BOOL, "1 when a script controls it."),
        _FIRST,
    ),
    Place.TX,
    (Index("idx_drep_hash_raw", ("raw",)),),
    first="first_tx_id",
)

COMMITTEE_HASH = Table(
    "committee_hash",
    "Credentials of the constitutional committee, hot and cold.",
    Kind.DIMENSION,
    (
        Column("id", Type.BYTES, "A byte (0 key, 1 script) and the hash.", differs="A sequence number in db-sync."),
        Column("raw", Type.HASH28, "The credential's hash.", source="CDDL credential"),
        Column("has_script", Type.BOOL, "1 when a script controls it."),
        _FIRST_OR_GENESIS,
    ),
    Place.TX,
    first="first_tx_id",
)

VOTING_ANCHOR = Table(
    "voting_anchor",
    "Off-chain texts that votes, proposals and representatives point to.",
    Kind.DIMENSION,
    (
        Column(
            "id",
            Type.HASH32,
            "Key of url, hash and type together.",
            source="blake2b-256",
            differs="A sequence number in db-sync.",
        ),
        Column("block_id", Type.ID, "Block that first showed it.", references="block.id"),
        Column("data_hash", Type.HASH32, "blake2b-256 of the text.", source="CDDL anchor"),
        Column("url", Type.TEXT, "Where the text is.", source="CDDL anchor"),
        Column("type", Type.LABEL, "gov_action, drep, other, vote, committee_dereg or constitution."),
    ),
    Place.BLOCK,
    first="block_id",
)


def stake_address(out: RowBuffers, raw: bytes, tx_id: int, addresses: AddressCache) -> bytes:
    """Adds a reward address at its first occurrence and returns its id, its 29 bytes."""
    known = out.dimensions["stake_address"]
    row = known.get(raw)
    if row is None or tx_id < row[-1]:
        known[raw] = (raw, raw, addresses.stake_view(raw), raw[1:] if raw[0] & 0x10 else None, tx_id)
    return raw


def pool_hash(out: RowBuffers, pool: bytes, tx_id: int) -> bytes:
    known = out.dimensions["pool_hash"]
    row = known.get(pool)
    if row is None or tx_id < row[-1]:
        known[pool] = (pool, pool, pool_id_view(pool), tx_id)
    return pool


def drep_hash(out: RowBuffers, drep: DRep, tx_id: int) -> bytes:
    key = drep_key(drep.kind, drep.hash)
    known = out.dimensions["drep_hash"]
    if key not in known:
        known[key] = (key, drep.hash, drep_view(drep.kind, drep.hash), int(drep.kind == 1), tx_id)
    return key


def committee_hash(out: RowBuffers, credential: Credential, tx_id: int) -> bytes:
    key = bytes((credential.is_script,)) + credential.hash
    known = out.dimensions["committee_hash"]
    if key not in known:
        known[key] = (key, credential.hash, int(credential.is_script), tx_id)
    return key


def voting_anchor(out: RowBuffers, anchor: Anchor, kind: str, block_id: int) -> bytes:
    """Adds an anchor and returns its id. An anchor is identified by url, hash and type (db-sync: `UniqueVotingAnchor`)."""
    key = blake2b(anchor.hash + kind.encode() + b"\0" + anchor.url.encode(), digest_size=32).digest()
    known = out.dimensions["voting_anchor"]
    if key not in known:
        known[key] = (key, block_id, anchor.hash, anchor.url, kind)
    return key
