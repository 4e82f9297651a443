"""A transaction's own bytes, its size, and what a block's array may not hold besides: against cbor2's view of the same real blocks."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import cbor2
import pytest

from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING, Want
from nectar.errors import DecodeError
from tests.conftest import ROOT

BLOCKS = sorted(path for path in (ROOT / "tests/data/blocks").glob("*.block") if ".Dijkstra." not in path.name)
EPOCH_SLOTS = 21_600


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.stem)
def test_a_transaction_travels_alone_as_its_block_holds_it(path: Path) -> None:
    raw = path.read_bytes()
    block = decode_block(raw, EVERYTHING)
    _, parts = cbor2.loads(raw)
    for index, tx in enumerate(block.txs):
        assert tx.cbor is not None
        alone = cbor2.loads(tx.cbor)
        assert cbor2.dumps(alone) == cbor2.dumps(_alone(parts, index, block.era))
        if block.era is Era.BYRON:
            assert blake2b(tx.cbor, digest_size=32).digest() == tx.hash
            assert tx.size == len(tx.cbor)
        else:
            assert tx.size == len(tx.cbor) - (block.era >= Era.ALONZO)  # the ledger does not count the flag
    assert all(tx.cbor is None for tx in decode_block(raw, EVERYTHING & ~Want.CBOR).txs)


def _alone(parts: list[object], index: int, era: Era) -> object:
    if era is Era.BYRON:
        return parts[1][0][index][0]  # type: ignore[index]
    bodies, witnesses, auxiliary, *invalid = parts[1:5]
    alone = [bodies[index], witnesses[index], auxiliary.get(index)]  # type: ignore[index,attr-defined]
    if era >= Era.ALONZO:
        alone.insert(2, index not in invalid[0])  # type: ignore[operator]
    return alone


@pytest.mark.parametrize("epoch", [0, 1, 7, 207])
def test_a_boundary_block_stands_at_its_epochs_first_slot(epoch: int) -> None:
    path = next(path for path in BLOCKS if ".ByronEBB." in path.name)
    era, (header, *rest) = cbor2.loads(path.read_bytes())
    header[3] = [epoch, header[3][1]]
    block = decode_block(cbor2.dumps([era, [header, *rest]]), EVERYTHING, EPOCH_SLOTS)
    assert block.slot == epoch * EPOCH_SLOTS


@pytest.mark.parametrize(
    "path",
    [next(path for path in BLOCKS if f".{era}." in path.name) for era in ("Shelley", "Allegra", "Alonzo", "Conway")],
    ids=lambda path: path.stem,
)
def test_a_block_has_no_part_too_many(path: Path) -> None:
    """Neither counted in the array's head nor before a break."""
    raw = path.read_bytes()
    _, parts = cbor2.loads(raw)
    head = raw.index(bytes((0x80 | len(parts),)))
    assert decode_block(raw[:head] + b"\x9f" + raw[head + 1 :] + b"\xff", EVERYTHING) is not None
    for longer in (
        raw[:head] + bytes((0x80 | len(parts) + 1,)) + raw[head + 1 :] + b"\xf6",
        raw[:head] + b"\x9f" + raw[head + 1 :] + b"\xf6\xff",
        raw[:head] + b"\x9f" + raw[head + 1 :],
    ):
        with pytest.raises(DecodeError):
            decode_block(longer, EVERYTHING)
