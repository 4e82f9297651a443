"""What a filter that follows outputs looks after: what was kept, what its questions are answered, and what is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cardano.position import GENESIS_SLOT, item_id, tx_id
from nectar.compiler.compiled import CompiledPlan
from nectar.decode.block import decode_block
from nectar.decode.want import Want
from nectar.filterlang.access import created_outputs
from nectar.genesis.files import genesis_of, network
from nectar.runner.decoding.filtering import TransactionFilter
from nectar.runner.decoding.genesis_block import genesis_block
from nectar.runner.decoding.tracked_outputs import KEPT, TrackedOutputs, TrackedState
from tests.node.forging import real_blocks
from tests.runner.jobs import compiled, plan_text

YES = 2


def plan(where: str, resolve_inputs: str, more: str = "") -> CompiledPlan:
    processors = f'blocks = true\ntransactions = {{ resolve_inputs = "{resolve_inputs}" }}'
    filters = (
        f'[filters]\nwhere = "{where}"\non_unknown = "drop"\n{more}'
        if "inputs" in where
        else f'[filters]\nwhere = "{where}"\n{more}'
    )
    return compiled(plan_text(Path("x"), processors=processors, more=filters))


KEPT_TOO = '[filters.rows]\ntx = "fee != 1 lovelace"'


@pytest.mark.parametrize(
    ("resolve_inputs", "more", "bits"), [("deferred", KEPT_TOO, KEPT | YES), ("deferred", "", YES), ("off", "", YES)]
)
def test_outputs_of_genesis(resolve_inputs: str, more: str, bits: int) -> None:
    """All are asked about, those of transactions that are kept are kept, and both are written where no row tells."""
    tx_filter = TransactionFilter(
        plan("any(inputs, value != 1 lovelace) or output_count > 0", resolve_inputs, more), TrackedState(whole=True)
    )
    block, txs = genesis_block(genesis_of(network("preview")))
    kept, written = tx_filter.genesis(block, txs)
    assert kept == {tx.hash for tx in txs}
    ids = [item_id(tx_id(GENESIS_SLOT, at), 0, "nectar_watched") for at in range(len(txs))]
    assert written == [(one, tx.hash, 0, bits) for one, tx in zip(ids, txs, strict=True)]
    assert written
    assert tx_filter._tracked is not None
    follows = resolve_inputs != "off"
    assert {bits for outs in tx_filter._tracked.outputs.values() for bits in outs.values()} == {(KEPT if follows else 0) | YES}


@pytest.mark.parametrize("resolve_inputs", ["deferred", "off"])
def test_a_batch_that_is_undone_leaves_nothing(resolve_inputs: str, chain: Path) -> None:
    """Chosen again, its blocks give the same, spends of what was kept before it too; so they do where nothing is followed."""
    blocks = [
        decode_block(one.raw, Want.TXS | Want.OUTPUTS)
        for one in real_blocks(chain / "preview/immutable", 200 * 4_320, 206 * 4_320)
    ]
    tx_filter = TransactionFilter(plan("output_count > 1", resolve_inputs), TrackedState(whole=True))
    half = len(blocks) // 2
    tx_filter.begin()
    for block in blocks[:half]:
        tx_filter.choose(block)
    tx_filter.begin()
    first = [tx_filter.choose(block) for block in blocks[half:]]
    assert any(one.whole for one in first)
    assert any(one.parts for one in first) == (resolve_inputs != "off")
    assert all(part.ids["tx_in"] for one in first for part in one.parts)
    counted = tx_filter.tally
    tx_filter.undo()
    assert tx_filter.tally.seen == 0
    assert [tx_filter.choose(block) for block in blocks[half:]] == first
    assert tx_filter.tally == counted
    assert tx_filter.tally.spends == sum(len(one.parts) for one in first)


def test_what_is_written_of_an_output(chain: Path) -> None:
    """Its answers; that it was kept only where no other row tells so."""
    where = plan("any(inputs, value != 1 lovelace)", "deferred").filters.questions
    txs = (
        tx
        for one in real_blocks(chain / "preview/immutable", 200 * 4_320)
        for tx in decode_block(one.raw, Want.TXS | Want.OUTPUTS).txs
    )
    outs = next(made for made in map(created_outputs, txs) if len(made) > 1)
    for writes_kept, bits in ((True, KEPT | YES), (False, YES)):
        tracked = TrackedOutputs(where, {}, TrackedState(whole=True), writes_kept=writes_kept)
        assert tracked.made(bytes(32), outs, {outs[0].index}) == [(outs[0].index, bits), *((out.index, YES) for out in outs[1:])]
    assert TrackedOutputs((), {}, TrackedState(whole=True), writes_kept=False).made(bytes(32), outs, {outs[0].index}) == []
