"""The project's decoder against the truth of a sample chain: two programs that share no code for reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from tests.samplechain.reading import entries

Fact = dict[str, Any]


def test_the_decoder_sees_what_was_made(made: Path, facts: list[Fact], whole: Fact) -> None:
    for entry, fact in zip(entries(made / "immutable"), facts, strict=True):
        found = decode_block(entry.raw, EVERYTHING, whole["chunk_slots"])
        assert (found.hash.hex(), found.prev_hash.hex()) == (fact["hash"], fact["prev"])
        assert (found.era, found.slot, found.tx_count) == (Era[fact["era"]], fact["slot"], fact["tx_count"])
        if found.era is not Era.BYRON_EBB:
            assert found.block_no == fact["block_no"]
        assert found.out_sum == fact["out_sum"]
        for tx, told in zip(found.txs, fact["txs"], strict=True):
            body = told.get("wire", told)
            assert (tx.hash.hex(), tx.is_valid, tx.out_sum) == (told["hash"], told["valid"], told["out_sum"])
            if tx.is_valid:
                assert tx.fee == (None if found.era is Era.BYRON else body["fee"])
            else:
                assert tx.total_collateral in (None, told["fee"])
            counts = {
                "inputs": len(tx.inputs),
                "outputs": len(tx.outputs),
                "mints": len(tx.mint),
                "metadata": len(tx.metadata),
                "withdrawals": len(tx.withdrawals),
                "redeemers": len(tx.redeemers),
                "proposals": len(tx.proposals),
                "votes": len(tx.votes),
                "certs": len({index for index, _ in tx.certificates}),
            }
            assert counts == {name: body[name] for name in counts}
