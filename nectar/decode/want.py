"""The parts of a block that a compiled plan needs; the decoder skips the rest."""

from __future__ import annotations

from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple


class Want(IntFlag):
    """Parts of a transaction to decode; `Want(0)` reads headers only (hash, slot, issuer; no sums, no transactions)."""

    SUMS = 1  # block.out_sum, block.fees: bodies are read, transactions not built
    TXS = 2  # hash, size, fee, validity, inputs, collateral, out_sum
    OUTPUTS = 4  # addresses, values, datum hashes
    ASSETS = 8  # mint, and the outputs' assets
    CERTIFICATES = 16  # certificates and Shelley-style updates
    WITHDRAWALS = 32
    GOVERNANCE = 64  # votes, proposals, donations, updates
    METADATA = 128
    SCRIPTS = 256  # scripts, datums (inline ones too), redeemers, required signers
    CBOR = 512  # the whole transaction's bytes


EVERYTHING = Want(1023)


class Wanted(NamedTuple):
    """`Want` as plain bools. They are tested for each transaction, and testing an enumeration's flag costs more than decoding a
    field."""

    sums: bool
    transactions: bool
    outputs: bool
    assets: bool
    certificates: bool
    withdrawals: bool
    governance: bool
    metadata: bool
    scripts: bool
    cbor: bool


@lru_cache(maxsize=64)
def wanted_parts(want: Want) -> Wanted:
    """The flags of `want`; `transactions` is true when any part of a transaction is wanted."""
    flags = [bool(want & flag) for flag in Want]
    flags[1] = bool(want & ~Want.SUMS)
    flags[0] = bool(want)
    return Wanted(*flags)
