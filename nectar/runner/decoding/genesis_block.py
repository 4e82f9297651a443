"""Genesis as a filter sees it: a block at slot -1 of pretend transactions, each with one output."""

from __future__ import annotations

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.genesis import GenesisOutput, GenesisOutputs
from nectar.cardano.point import Era
from nectar.cardano.position import GENESIS_SLOT


def genesis_block(genesis: tuple[GenesisOutputs, GenesisOutputs]) -> tuple[Block, list[Tx]]:
    outputs = [*genesis[0].outputs, *genesis[1].outputs]
    txs = [_tx(index, output) for index, output in enumerate(outputs)]
    block = Block(
        Era.BYRON,
        GENESIS_SLOT,
        -1,
        b"",
        b"",
        0,
        len(txs),
        0,
        0,
        None,
        None,
        None,
        None,
        sum(output.value for output in outputs),
        0,
        txs,
    )
    return block, txs


def _tx(index: int, output: GenesisOutput) -> Tx:
    """Like db-sync's row: no fee, no size, and index 0 for every transaction."""
    out = TxOut(0, output.address, output.value, (), None, None, None)
    return Tx(
        0,
        output.tx_hash,
        0,
        True,
        0,
        (),
        (out,),
        (),
        (),
        None,
        None,
        None,
        None,
        (),
        (),
        (),
        None,
        (),
        (),
        (),
        None,
        (),
        (),
        (),
        (),
        output.value,
        None,
    )
