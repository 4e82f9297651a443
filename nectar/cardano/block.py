"""A block and its transactions: everything that a processor may turn into rows, without its encoding.

Parts that the compiled plan does not want (see `decode.want.Want`) are left empty by the decoder, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nectar.cardano.certificate import Certificate
from nectar.cardano.governance import Proposal, Update, Vote
from nectar.cardano.point import Era
from nectar.cardano.script import Datum, Redeemer, Script

Input = Sequence[object]
"""`(transaction hash, output index)` of a spent, referenced or collateral output."""

Asset = tuple[bytes, bytes, int]
"""`(policy id, asset name, quantity)`; a minted quantity is signed."""


class TxOut(NamedTuple):
    index: int  # type: ignore[assignment]  # shadows tuple.index
    address: bytes
    value: int  # lovelace
    assets: Sequence[Asset]
    datum_hash: bytes | None  # of the datum, whether given by hash or inline
    inline_datum: Datum | None
    script: Script | None  # reference script


class Metadatum(NamedTuple):
    """One label of the auxiliary data: `raw` is the value's original CBOR."""

    label: int
    raw: bytes


class Tx(NamedTuple):
    """A transaction. For a failed one (`is_valid` False) the fields are those of its body; only its
    collateral took effect: see `spent` and `created` of `filterlang.access`."""

    index: int  # type: ignore[assignment]  # shadows tuple.index; in its block
    hash: bytes  # blake2b-256 of the body's original bytes
    size: int  # bytes, as db-sync counts
    is_valid: bool
    fee: int | None  # None in Byron, where it is implied
    inputs: Sequence[tuple[bytes, int]]  # as written; sorted order is what redeemers count in
    outputs: Sequence[TxOut]
    collateral_inputs: Sequence[tuple[bytes, int]]
    reference_inputs: Sequence[tuple[bytes, int]]
    collateral_return: TxOut | None  # its index = number of outputs
    total_collateral: int | None
    invalid_before: int | None
    invalid_hereafter: int | None
    mint: Sequence[Asset]
    certificates: Sequence[tuple[int, Certificate]]  # (index, what it does)
    withdrawals: Sequence[tuple[bytes, int]]  # (reward address, lovelace), as written
    update: Update | None
    required_signers: Sequence[bytes]
    votes: Sequence[Vote]
    proposals: Sequence[Proposal]
    donation: int | None
    metadata: Sequence[Metadatum]
    scripts: Sequence[Script]  # witnesses and auxiliary data (outputs' reference scripts stand in `outputs`)
    datums: Sequence[Datum]  # witnesses (inline ones stand in `outputs`)
    redeemers: Sequence[Redeemer]
    out_sum: int  # lovelace actually created: outputs, or the collateral return of a failed one
    cbor: bytes | None  # the whole transaction, when the plan wants it
    script_size: int = 0  # bytes of the Plutus scripts in its witness set, each once


class Block(NamedTuple):
    era: Era
    slot: int  # a boundary block's is its epoch's first
    block_no: int
    hash: bytes
    prev_hash: bytes  # empty for the first block of a chain that has no genesis hash before it
    size: int  # bytes of the block without the era wrapper
    tx_count: int  # of the block itself, whatever a filter keeps
    proto_major: int
    proto_minor: int
    issuer: bytes | None  # Shelley on: blake2b-224 of the issuer's cold key; Byron: see decode.byron
    vrf_key: bytes | None  # 32 raw bytes
    op_cert: bytes | None  # hot key of the operational certificate, 32 raw bytes
    op_cert_counter: int | None
    out_sum: int  # of all its transactions, lovelace
    fees: int  # of all its transactions, lovelace; Byron's are implied, counted as 0
    txs: Sequence[Tx]
