"""Decodes a block: raw `[era, block]` in, `cardano.Block` out, or a `DecodeError` that says where it went wrong."""

from __future__ import annotations

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.decode.broken import Broken, reason_of
from nectar.decode.byron import boundary_block, byron_block
from nectar.decode.cbor import BROKEN
from nectar.decode.head import head
from nectar.decode.shelley import shelley_block
from nectar.decode.want import Want, wanted_parts
from nectar.errors import DecodeError

BYRON_EPOCH_SLOTS = 21_600
"""10 k of mainnet, preprod and every other public network that had Byron blocks."""


def decode_block(raw: bytes, want: Want, byron_epoch_slots: int = BYRON_EPOCH_SLOTS) -> Block:
    """Decode `[era, block]` as it stands on disk and on the wire, only as deep as `want` asks.

    Errors: DecodeError with slot, hash, CBOR path and the raw bytes: NEC-D002 for an unknown era, NEC-D001 for bytes that
    are not what the era's CDDL says.
    """
    try:
        era, start = _era(raw)
        if era is Era.BYRON_EBB:
            return boundary_block(raw, start, byron_epoch_slots)
        if era is Era.BYRON:
            return byron_block(raw, start, wanted_parts(want), byron_epoch_slots)
        return shelley_block(raw, era, start, wanted_parts(want))
    except Broken as error:
        raise DecodeError(
            f"the block cannot be decoded: {error.why}",
            slot=error.slot,
            block_hash=error.block_hash,
            path=error.path,
            raw=raw,
            hint="the block's bytes are kept; check the source, or report them if the node accepts the block",
        ) from error
    except BROKEN as error:
        what = f"the block cannot be decoded: {reason_of(error)}"
        raise DecodeError(what, path="block", raw=raw, hint="these bytes are not a block") from error


def _era(raw: bytes) -> tuple[Era, int]:
    major, count, after = head(raw, 0)
    if major != 4 or count != 2:
        raise ValueError("a block is an array of era and block")
    major, tag, start = head(raw, after)
    if major != 0:
        raise ValueError("a block's era is a number")
    if tag > Era.CONWAY:
        raise DecodeError(
            f"era {tag} is not known to this version (known: 0 to {int(Era.CONWAY)})",
            path="block[0]",
            raw=raw,
            hint="upgrade Nectar; nothing after this block was indexed",
            code="NEC-D002",
        )
    return Era(tag), start
