"""Blocks that are refused: their errors name slot, hash and transaction; their bytes are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.cardano.position import byron_tx_path, tx_path
from nectar.decode.broken import reason_of
from nectar.decode.cbor import BROKEN
from nectar.decode.envelope import envelope
from nectar.errors import DecodeError, OverflowFatal
from nectar.processors.rows import Unreadable
from nectar.sinks.base import Quarantined


@contextmanager
def locating_errors(block: Block) -> Iterator[None]:
    """Makes an error in the block's rows name the block and the transaction. Errors: DecodeError, OverflowFatal."""
    try:
        yield
    except OverflowFatal as error:
        tx = next((tx for tx in block.txs if tx_path(tx.index) == error.path), None)
        what = error.what if tx is None else f"transaction {tx.hash.hex()}: {error.what}"
        path = byron_tx_path(tx.index) if tx is not None and block.era == Era.BYRON else error.path
        raise OverflowFatal(what, slot=block.slot, block_hash=block.hash, path=path, code=error.code) from None
    except Unreadable as error:
        raise _unreadable(block, error.why, error.path) from error
    except BROKEN as error:
        raise _unreadable(block, reason_of(error), "block") from error


def _unreadable(block: Block, why: str, path: str) -> DecodeError:
    return DecodeError(f"the block cannot be made rows: {why}", slot=block.slot, block_hash=block.hash, path=path)


def with_header(error: DecodeError, raw: bytes, epoch_slots: int) -> DecodeError:
    """The error with the header's slot and hash, where decoding the block failed before it knew them."""
    if error.slot is not None and error.block_hash is not None and error.raw:
        return error
    slot, block_hash = error.slot, error.block_hash
    try:
        header = envelope(raw, epoch_slots)
        slot, block_hash = header.slot, header.hash
    except DecodeError as header_error:
        slot, block_hash = header_error.slot, header_error.block_hash
    return type(error)(error.what, slot=slot, block_hash=block_hash, path=error.path, raw=raw, hint=error.hint, code=error.code)


def quarantined_block(error: DecodeError) -> Quarantined:
    slot = error.slot if error.slot is not None else -1
    era = error.raw[1] if len(error.raw) > 1 else 0
    return Quarantined(slot, error.block_hash or b"", era, error.code, error.path, error.what, error.raw)
