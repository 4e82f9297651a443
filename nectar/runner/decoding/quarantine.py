"""Blocks that are refused: which they are, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.cardano.position import byron_tx_path, tx_path
from nectar.decode.broken import told
from nectar.decode.cbor import BROKEN
from nectar.decode.envelope import envelope
from nectar.errors import DecodeError, OverflowFatal
from nectar.processors.rows import Unreadable
from nectar.sinks.base import Quarantined


@contextmanager
def places(block: Block) -> Iterator[None]:
    """What cannot be made a row, or has no room for an id, names block and transaction."""
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
        raise _unreadable(block, told(error), "block") from error


def _unreadable(block: Block, why: str, path: str) -> DecodeError:
    return DecodeError(f"the block cannot be made rows: {why}", slot=block.slot, block_hash=block.hash, path=path)


def placed(error: DecodeError, raw: bytes, epoch_slots: int) -> DecodeError:
    """The same with slot and hash from the header alone where the block's own decoding did not come that far."""
    if error.slot is not None and error.block_hash is not None and error.raw:
        return error
    slot, digest = error.slot, error.block_hash
    try:
        found = envelope(raw, epoch_slots)
        slot, digest = found.slot, found.hash
    except DecodeError as again:
        slot, digest = again.slot, again.block_hash
    return type(error)(error.what, slot=slot, block_hash=digest, path=error.path, raw=raw, hint=error.hint, code=error.code)


def kept_whole(error: DecodeError) -> Quarantined:
    slot = error.slot if error.slot is not None else -1
    era = error.raw[1] if len(error.raw) > 1 else 0
    return Quarantined(slot, error.block_hash or b"", era, error.code, error.path, error.what, error.raw)
