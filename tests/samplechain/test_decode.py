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
        decoded = decode_block(entry.raw, EVERYTHING, whole["chunk_slots"])
        assert (decoded.hash.hex(), decoded.prev_hash.hex()) == (fact["hash"], fact["prev"])
        assert (decoded.era, decoded.slot, decoded.tx_count) == (Era[fact["era"]], fact["slot"], fact["tx_count"])
        if decoded.era is not Era.BYRON_EBB:
            assert decoded.block_no == fact["block_no"]
        assert decoded.out_sum == fact["out_sum"]
        for tx, expected in zip(decoded.txs, fact["txs"], strict=True):
            body = expected.get("wire", expected)
            assert (tx.hash.hex(), tx.is_valid, tx.out_sum) == (expected["hash"], expected["valid"], expected["out_sum"])
            if tx.is_valid:
                assert tx.fee == (None if decoded.era is Era.BYRON else body["fee"])
            else:
                assert tx.total_collateral in (None, expected["fee"])
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
