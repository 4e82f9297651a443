"""Genesis as a filter sees it: a block at slot -1 of pretend transactions, each with one output."""

from __future__ import annotations

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.genesis import GenesisOutput, GenesisOutputs
from nectar.cardano.point import Era
from nectar.cardano.position import GENESIS_SLOT


def genesis_block(genesis: tuple[GenesisOutputs, GenesisOutputs]) -> tuple[Block, list[Tx]]:
    outputs = [*genesis[0].outputs, *genesis[1].outputs]
    txs = [_tx(index, one) for index, one in enumerate(outputs)]
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
        sum(one.value for one in outputs),
        0,
        txs,
    )
    return block, txs


def _tx(index: int, one: GenesisOutput) -> Tx:
    """As db-sync's row of it: no fee, no size, and index 0 for all."""
    out = TxOut(0, one.address, one.value, (), None, None, None)
    return Tx(
        0,
        one.tx_hash,
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
        one.value,
        None,
    )
