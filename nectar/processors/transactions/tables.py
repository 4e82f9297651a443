"""The tables of the `transactions` processor, with db-sync's columns."""

from __future__ import annotations

from nectar.tables import ITEM_PLACE, TX_PLACE, Column, Index, Kind, Place, Table, Type

_TX_ID = Column("tx_id", Type.ID, "The transaction.", references="tx.id")


def _id(doc: str) -> Column:
    return Column("id", Type.ID, doc, source="position on the chain")


TX = Table(
    "tx",
    "Every transaction, failed ones included.",
    Kind.FACT,
    (
        _id(f"{TX_PLACE} + index of the transaction in its block."),
        Column("hash", Type.HASH32, "The transaction's id.", source="blake2b-256 of the body's original bytes"),
        Column("block_id", Type.ID, "The block it stands in.", references="block.id"),
        Column("block_index", Type.INT, "Place among the block's transactions, from 0; 0 for all of genesis."),
        Column(
            "out_sum",
            Type.LOVELACE,
            "Lovelace it created: its outputs' sum; of a failed one the collateral return's value, or 0.",
            source="CDDL transaction_body 1, 16",
        ),
        Column(
            "fee",
            Type.LOVELACE,
            "Lovelace it paid; of a failed one the collateral it lost.",
            null=True,
            source="CDDL transaction_body 2, 17; Byron: inputs minus outputs",
            differs="NULL until inputs are resolved for Byron transactions and for failed ones without a total collateral; and above 2^63 - 1.",
        ),
        Column(
            "deposit",
            Type.LOVELACE,
            "Lovelace put down as deposits, negative for refunds.",
            null=True,
            source="inputs + withdrawals - out_sum - fee - treasury_donation",
            differs="NULL until all outputs that it spent are in the database, and beyond 63 bits.",
        ),
        Column(
            "size",
            Type.INT,
            "Bytes, as the ledger counts them for the fee.",
            source="ledger sizeTxF; Byron: without its witnesses",
        ),
        Column("invalid_before", Type.U64, "First slot in which it is valid.", null=True, source="CDDL transaction_body 8"),
        Column(
            "invalid_hereafter",
            Type.U64,
            "First slot in which it is not valid any more.",
            null=True,
            source="CDDL transaction_body 3",
        ),
        Column(
            "valid_contract",
            Type.BOOL,
            "0 when a script failed and the collateral was taken.",
            source="CDDL block invalid_transactions",
        ),
        Column(
            "script_size",
            Type.INT,
            "Sum of the sizes of the Plutus scripts it brings along, bytes.",
            source="witness set, each script once",
        ),
        Column(
            "treasury_donation",
            Type.LOVELACE,
            "Lovelace given to the treasury; 0 when it failed.",
            source="CDDL transaction_body 22",
            differs="0 when it failed: nothing was given.",
        ),
    ),
    Place.TX,
    (Index("idx_tx_hash", ("hash",)), Index("idx_tx_block_id", ("block_id",))),
)

_SPENT = (
    Column(
        "tx_out_id",
        Type.ID,
        "The transaction whose output it names.",
        null=True,
        references="tx.id",
        differs="NULL until resolved, and for an output before the plan's start.",
    ),
    Column("tx_out_index", Type.INT, "Which of that transaction's outputs.", references="tx_out.index"),
)
_SPENT_HASH = Column(
    "tx_out_hash",
    Type.HASH32,
    "Id of the transaction whose output it names.",
    source="CDDL transaction_input",
    differs="Nectar's own: db-sync keeps only the resolved id.",
)

TX_IN = Table(
    "tx_in",
    "Outputs that a transaction spent: its inputs, or the collateral of a failed one.",
    Kind.FACT,
    (
        _id(f"{ITEM_PLACE} + index of the input as written."),
        Column("tx_in_id", Type.ID, "The transaction that spends.", references="tx.id"),
        *_SPENT,
        Column(
            "redeemer_id",
            Type.ID,
            "The redeemer that unlocked it.",
            null=True,
            references="redeemer.id",
            source="CDDL redeemers, tag 0",
        ),
        _SPENT_HASH,
    ),
    Place.IN_TX,
    (Index("idx_tx_in_tx_out_hash", ("tx_out_hash", "tx_out_index")), Index("idx_tx_in_tx_in_id", ("tx_in_id",))),
)


def _named_inputs(name: str, doc: str) -> Table:
    return Table(
        name,
        doc,
        Kind.FACT,
        (
            _id(f"{ITEM_PLACE} + index of the input as written."),
            Column("tx_in_id", Type.ID, "The transaction that names it.", references="tx.id"),
            *_SPENT,
            _SPENT_HASH,
        ),
        Place.IN_TX,
        (Index(f"idx_{name}_tx_in_id", ("tx_in_id",)),),
    )


COLLATERAL_TX_IN = _named_inputs(
    "collateral_tx_in", "Outputs offered as collateral and not taken; what a failed transaction lost stands in tx_in."
)
REFERENCE_TX_IN = _named_inputs("reference_tx_in", "Outputs that a transaction looks at without spending them.")

_WHERE = (
    Column("address", Type.TEXT, "Bech32 (Shelley) or base58 (Byron), of any length.", source="CIP-19"),
    Column("address_has_script", Type.BOOL, "1 when a script controls the payment part."),
    Column("payment_cred", Type.HASH28, "Payment credential.", null=True, source="CIP-19; NULL for Byron's"),
)
_STAKE = Column("stake_address_id", Type.HASH29, "Reward address of the stake part.", null=True, references="stake_address.id")
_VALUE = Column("value", Type.LOVELACE, "Lovelace.", source="CDDL value")
_DATA = Column("data_hash", Type.HASH32, "Hash of its datum, given by hash or inline.", null=True, source="CDDL datum_option")
_ATTACHED = (
    Column(
        "inline_datum_id", Type.HASH32, "The datum it carries.", null=True, references="datum.id", source="CDDL datum_option 1"
    ),
    Column(
        "reference_script_id", Type.HASH28, "The script it carries.", null=True, references="script.id", source="CDDL script_ref"
    ),
)
_CONSUMED = Column(
    "consumed_by_tx_id",
    Type.ID,
    "The transaction that spent it.",
    null=True,
    references="tx.id",
    source="closing pass over tx_in",
    differs="NULL for an unspent output, and until inputs are resolved.",
)
_INDEX = Column(
    "index", Type.INT, "Place among the transaction's outputs, from 0; a collateral return's is the number of outputs."
)
_ADDRESS_ID = Column("address_id", Type.HASH20, "The address.", references="address.id")
_OUT_INDEXES = (Index("idx_tx_out_payment_cred", ("payment_cred",)), Index("idx_tx_out_stake_address_id", ("stake_address_id",)))


def _tx_out(where: tuple[Column, ...], indexes: tuple[Index, ...]) -> Table:
    return Table(
        "tx_out",
        "Outputs that came into being, spent or not.",
        Kind.FACT,
        (_id(f"{ITEM_PLACE} + index."), _TX_ID, _INDEX, *where, _STAKE, _VALUE, _DATA, *_ATTACHED, _CONSUMED),
        Place.IN_TX,
        indexes,
    )


TX_OUT = _tx_out(_WHERE, (Index("idx_tx_out_address", ("address",)), *_OUT_INDEXES))
TX_OUT_WITH_ADDRESS_ID = _tx_out((_ADDRESS_ID,), (Index("idx_tx_out_address_id", ("address_id",)), _OUT_INDEXES[1]))


def _collateral_tx_out(where: tuple[Column, ...]) -> Table:
    return Table(
        "collateral_tx_out",
        "Collateral returns that were not needed; a failed transaction's stands in tx_out.",
        Kind.FACT,
        (
            _id(f"{ITEM_PLACE} + index."),
            _TX_ID,
            _INDEX,
            *where,
            _STAKE,
            _VALUE,
            _DATA,
            Column(
                "multi_assets_descr",
                Type.TEXT,
                "Its assets, as text.",
                source="CDDL multiasset",
                differs="`policy.name quantity` in hex, separated by commas, where db-sync shows Haskell's own form.",
            ),
            *_ATTACHED,
        ),
        Place.IN_TX,
    )


COLLATERAL_TX_OUT = _collateral_tx_out(_WHERE)
COLLATERAL_TX_OUT_WITH_ADDRESS_ID = _collateral_tx_out((_ADDRESS_ID,))

ADDRESS = Table(
    "address",
    "Addresses, each once (option `address_table`).",
    Kind.DIMENSION,
    (
        Column("id", Type.HASH20, "The address's key.", source="blake2b-160 of the raw address"),
        Column("address", Type.TEXT, "Bech32 (Shelley) or base58 (Byron), of any length.", source="CIP-19"),
        Column("raw", Type.BYTES, "The address's bytes."),
        Column("has_script", Type.BOOL, "1 when a script controls the payment part."),
        Column("payment_cred", Type.HASH28, "Payment credential.", null=True, source="CIP-19; NULL for Byron's"),
        _STAKE,
        Column("first_tx_id", Type.ID, "First transaction with it.", references="tx.id", differs="Nectar's own."),
    ),
    Place.TX,
    (Index("idx_address_payment_cred", ("payment_cred",)), Index("idx_address_stake_address_id", ("stake_address_id",))),
    first="first_tx_id",
)

TX_CBOR = Table(
    "tx_cbor",
    "Whole transactions (option `tx_cbor`).",
    Kind.FACT,
    (
        _id(f"{ITEM_PLACE}."),
        _TX_ID,
        Column(
            "bytes", Type.BYTES, "CBOR of the transaction as it would travel alone.", source="CDDL transaction, of original parts"
        ),
    ),
    Place.IN_TX,
)

EXTRA_KEY_WITNESS = Table(
    "extra_key_witness",
    "Keys that must sign besides those of the inputs.",
    Kind.FACT,
    (
        _id(f"{ITEM_PLACE} + index as written."),
        Column("hash", Type.HASH28, "Key hash.", source="CDDL required_signers"),
        _TX_ID,
    ),
    Place.IN_TX,
    (Index("idx_extra_key_witness_tx_id", ("tx_id",)),),
)
