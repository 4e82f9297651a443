"""Rows of one processor from real blocks or from nouns made by hand, as dicts by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nectar.cardano.block import Block, Tx
from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.genesis.files import network
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, RowBuffers
from tests.decode.chunks import cut

Rows = dict[str, list[dict[str, Any]]]
DATA = Path(__file__).resolve().parents[1] / "data"


def rows_of(name: str, blocks: Iterable[Block], net: str = "mainnet", **options: Any) -> Rows:
    """Every table of the processor with its rows, as the loader would get them."""
    processor = PROCESSORS[name]
    tables = processor.tables(options)
    out = RowBuffers(tables)
    context = Context(network(net), options)
    for block in blocks:
        processor.rows(block, out, context)
    found: Rows = {}
    for table in tables:
        rows = out.facts[table.name] if table.name in out.facts else out.dimensions[table.name].values()
        assert all(len(row) == len(table.columns) for row in rows)
        found[table.name] = [dict(zip(table.column_names, row, strict=True)) for row in rows]
    return found


def single(pattern: str) -> Block:
    """A single block that travels with the project, by a pattern of its file's name."""
    (path,) = (DATA / "blocks").glob(f"{pattern}.block")
    return decode_block(path.read_bytes(), EVERYTHING)


def singles() -> Iterator[Block]:
    for path in sorted((DATA / "blocks").glob("*.block")):
        raw = path.read_bytes()
        if raw[1] <= Era.CONWAY:
            yield decode_block(raw, EVERYTHING)


def busy() -> Iterator[Block]:
    """Two chunks of preview that are full of Plutus."""
    for path in sorted((DATA / "preview-late/immutable").glob("0889*.chunk")):
        yield from (decode_block(raw, EVERYTHING) for raw in cut(path))


EMPTY_TX = Tx(
    index=0,
    hash=bytes(32),
    size=0,
    is_valid=True,
    fee=0,
    inputs=(),
    outputs=(),
    collateral_inputs=(),
    reference_inputs=(),
    collateral_return=None,
    total_collateral=None,
    invalid_before=None,
    invalid_hereafter=None,
    mint=(),
    certificates=(),
    withdrawals=(),
    update=None,
    required_signers=(),
    votes=(),
    proposals=(),
    donation=None,
    metadata=(),
    scripts=(),
    datums=(),
    redeemers=(),
    out_sum=0,
    cbor=None,
)


def block_of(*txs: Tx, slot: int = 140_000_000, era: Era = Era.CONWAY) -> Block:
    """A block around transactions made by hand."""
    numbered = [tx._replace(index=at) for at, tx in enumerate(txs)]
    return Block(
        era,
        slot,
        1,
        bytes(32),
        bytes(32),
        0,
        len(txs),
        9,
        0,
        bytes(28),
        bytes(32),
        bytes(32),
        0,
        sum(tx.out_sum for tx in txs),
        sum(tx.fee or 0 for tx in txs),
        numbered,
    )
