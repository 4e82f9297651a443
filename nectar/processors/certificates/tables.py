"""The tables of the `certificates` processor, with db-sync's columns."""

from __future__ import annotations

from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

_ID = Column("id", Type.ID, f"{ITEM_PLACE} + the certificate's index.", source="position on the chain")
_COUNTED = Column(
    "id", Type.ID, f"{ITEM_PLACE} + place among the transaction's rows of this table.", source="position on the chain"
)
_TX = Column("tx_id", Type.ID, "The transaction.", references="tx.id")
_CERT = Column("cert_index", Type.INT, "Place among the transaction's certificates.", source="CDDL transaction_body 4")
_ADDR = Column("addr_id", Type.HASH29, "The stake address.", references="stake_address.id", source="CDDL stake_credential")
_REDEEMER = Column("redeemer_id", Type.ID, "The redeemer of a script's certificate.", null=True, references="redeemer.id")
_EPOCH = Column("epoch_no", Type.INT, "Epoch of the block.", source="slot and era history")
_POOL = Column("pool_hash_id", Type.HASH28, "The pool.", references="pool_hash.id")
_DEPOSIT = Column(
    "deposit",
    Type.LOVELACE,
    "Deposit.",
    null=True,
    source="CDDL reg_cert (Conway), else closing pass: the parameter in force",
    differs="Of certificates that do not say it: NULL unless the history is complete from the origin, and once another deposit than "
    "genesis' can have been adopted.",
)


def _fact(name: str, doc: str, columns: tuple[Column, ...], *indexed: str) -> Table:
    return Table(name, doc, Kind.FACT, columns, Place.IN_TX, tuple(Index(f"idx_{name}_{c}", (c,)) for c in indexed))


STAKE_REGISTRATION = _fact(
    "stake_registration", "Stake addresses coming into use.", (_ID, _ADDR, _CERT, _EPOCH, _TX, _DEPOSIT), "addr_id", "tx_id"
)
STAKE_DEREGISTRATION = _fact(
    "stake_deregistration", "Stake addresses going out of use.", (_ID, _ADDR, _CERT, _EPOCH, _TX, _REDEEMER), "addr_id", "tx_id"
)
DELEGATION = _fact(
    "delegation",
    "Stake addresses choosing pools.",
    (
        _ID,
        _ADDR,
        _CERT,
        _POOL,
        Column(
            "active_epoch_no",
            Type.INT,
            "First epoch in which it counts: the block's epoch and two.",
            source="slot and era history",
        ),
        _TX,
        Column("slot_no", Type.INT, "The block's slot.", source="header"),
        _REDEEMER,
    ),
    "addr_id",
    "pool_hash_id",
    "tx_id",
)

POOL_UPDATE = _fact(
    "pool_update",
    "Pools registering, and registering again with other terms.",
    (
        _ID,
        Column("hash_id", Type.HASH28, "The pool.", references="pool_hash.id", source="CDDL pool_params"),
        _CERT,
        Column("vrf_key_hash", Type.HASH32, "Hash of its VRF key.", source="CDDL vrf_keyhash"),
        Column("pledge", Type.U64, "Lovelace its owners pledge.", source="CDDL pool_params"),
        Column(
            "reward_addr_id", Type.HASH29, "Where its rewards go.", references="stake_address.id", source="CDDL reward_account"
        ),
        Column(
            "active_epoch_no",
            Type.INT,
            "First epoch in which it counts: two after a first registration's, else three.",
            null=True,
            source="closing pass",
            differs="NULL unless the history is complete from the origin.",
        ),
        Column("meta_id", Type.HASH32, "Where it tells of itself.", null=True, references="pool_metadata_ref.id"),
        Column("margin", Type.RATIO, "Share of the rewards it keeps.", source="CDDL unit_interval"),
        Column("fixed_cost", Type.U64, "Lovelace an epoch it keeps.", source="CDDL pool_params"),
        Column("registered_tx_id", Type.ID, "The transaction.", references="tx.id"),
        Column(
            "deposit",
            Type.LOVELACE,
            "Deposit of a pool that was not registered; NULL for a change.",
            null=True,
            source="closing pass: the parameter in force",
            differs="NULL unless the history is complete from the origin, and once another deposit than genesis' can have been adopted.",
        ),
    ),
    "hash_id",
    "registered_tx_id",
)
_UPDATE = Column("pool_update_id", Type.ID, "The registration.", references="pool_update.id")
POOL_OWNER = _fact("pool_owner", "Owners of pools.", (_COUNTED, _ADDR, _UPDATE), "pool_update_id")
POOL_RELAY = _fact(
    "pool_relay",
    "Where pools can be reached.",
    (
        _COUNTED,
        Column("update_id", Type.ID, "The registration.", references="pool_update.id"),
        Column("ipv4", Type.TEXT, "IPv4 address.", null=True, source="CDDL single_host_addr"),
        Column("ipv6", Type.TEXT, "IPv6 address.", null=True, source="CDDL single_host_addr; each 32-bit word little-endian"),
        Column("dns_name", Type.TEXT, "Host name.", null=True, source="CDDL single_host_name"),
        Column("dns_srv_name", Type.TEXT, "Service name.", null=True, source="CDDL multi_host_name"),
        Column("port", Type.INT, "Port.", null=True, source="CDDL port"),
    ),
    "update_id",
)
POOL_RETIRE = _fact(
    "pool_retire",
    "Pools announcing their end.",
    (
        _ID,
        Column("hash_id", Type.HASH28, "The pool.", references="pool_hash.id", source="CDDL pool_retirement"),
        _CERT,
        Column("announced_tx_id", Type.ID, "The transaction.", references="tx.id"),
        Column("retiring_epoch", Type.INT, "Epoch at whose start it ends.", source="CDDL pool_retirement"),
    ),
    "hash_id",
)
POOL_METADATA_REF = Table(
    "pool_metadata_ref",
    "Where pools tell of themselves, each place once a pool.",
    Kind.DIMENSION,
    (
        Column(
            "id",
            Type.HASH32,
            "Key of pool, url and hash together.",
            source="blake2b-256",
            differs="A sequence number in db-sync.",
        ),
        Column("pool_id", Type.HASH28, "The pool.", references="pool_hash.id"),
        Column("url", Type.TEXT, "Where the text is.", source="CDDL pool_metadata"),
        Column("hash", Type.BYTES, "blake2b-256 of the text.", source="CDDL pool_metadata"),
        Column("registered_tx_id", Type.ID, "First transaction that showed it.", references="tx.id"),
    ),
    Place.TX,
    first="registered_tx_id",
)

_AMOUNT = Column("amount", Type.LOVELACE, "Lovelace; negative when taken back.", source="CDDL move_instantaneous_reward")
TREASURY = _fact("treasury", "Payments from the treasury to accounts.", (_COUNTED, _ADDR, _CERT, _AMOUNT, _TX), "addr_id")
RESERVE = _fact("reserve", "Payments from the reserves to accounts.", (_COUNTED, _ADDR, _CERT, _AMOUNT, _TX), "addr_id")
POT_TRANSFER = _fact(
    "pot_transfer",
    "Moves between treasury and reserves.",
    (
        _ID,
        _CERT,
        Column("treasury", Type.LOVELACE, "What the treasury gains.", source="CDDL move_instantaneous_reward"),
        Column("reserves", Type.LOVELACE, "What the reserves gain.", source="CDDL move_instantaneous_reward"),
        _TX,
    ),
)
