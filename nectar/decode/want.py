"""What a compiled plan needs of a block; the decoder leaves the rest alone."""

from __future__ import annotations

from enum import IntFlag


class Want(IntFlag):
    """Parts of a transaction to decode; `Want(0)` reads headers only (hash, slot, issuer; no sums, no transactions)."""

    SUMS = 1              # block.out_sum, block.fees: bodies are read, transactions not built
    TXS = 2               # hash, size, fee, validity, inputs, collateral, out_sum
    OUTPUTS = 4           # addresses, values, datum hashes
    ASSETS = 8            # mint, and the outputs' assets
    CERTIFICATES = 16     # certificates and Shelley-style updates
    WITHDRAWALS = 32
    GOVERNANCE = 64       # votes, proposals, donations, updates
    METADATA = 128
    SCRIPTS = 256         # scripts, datums (inline ones too), redeemers, required signers
    CBOR = 512            # the whole transaction's bytes


EVERYTHING = Want(1023)
