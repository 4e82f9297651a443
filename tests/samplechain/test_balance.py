"""The truth beside the chain against a replay from genesis, for several sizes and seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nectar.samplechain.make import make_sample_chain
from tests.samplechain.reading import Block, block, entries, items, txs, value
from tests.samplechain.replay import Ledger, Replayed

Fact = dict[str, Any]
NOTHING = dict.fromkeys(("mints", "metadata", "certs", "withdrawals", "redeemers", "proposals", "votes"), 0)


def wire_counts(parsed: Block) -> list[dict[str, int]]:
    """Of each transaction as its bytes have it."""
    if parsed.era < 2:
        return [dict(NOTHING) for _ in (items(items(parsed.parts[1])[0]) if parsed.era else [])]
    counted = []
    for tx in txs(parsed):
        body = tx.body
        counted.append(
            {
                "mints": sum(map(len, body.get(9, {}).values())),
                "metadata": labels(tx.auxiliary),
                "certs": len(body.get(4, [])),
                "withdrawals": len(body.get(5, {})),
                "redeemers": len(tx.witnesses.get(5, [])),
                "proposals": len(body.get(20, [])),
                "votes": sum(map(len, body.get(19, {}).values())),
            }
        )
    return counted


def labels(auxiliary: bytes) -> int:
    if not auxiliary:
        return 0
    if auxiliary[:3] == b"\xd9\x01\x03":
        pairs = items(auxiliary)
        by_label = {value(k): v for k, v in zip(pairs[::2], pairs[1::2], strict=True)}
        return len(items(by_label[0])) // 2 if 0 in by_label else 0
    if auxiliary[0] >> 5 == 4:
        return len(items(items(auxiliary)[0])) // 2
    return len(items(auxiliary)) // 2


def replay(folder: Path) -> None:
    """Every block's and every transaction's truth, every epoch boundary, the end, and each asset's supply."""
    whole = json.loads((folder / "expected.json").read_text())
    facts = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    ledger = Ledger(folder / "genesis")
    epochs: dict[int, list[int]] = {}
    reached = -1
    for entry, fact in zip(entries(folder / "immutable"), facts, strict=True):
        while reached < fact["epoch_no"]:
            reached += 1
            assert whole["epochs"][reached]["unspent_at_start"] == ledger.total
        parsed = block(entry.raw)
        done = ledger.later(parsed) if parsed.era > 1 else ledger.byron(parsed) if parsed.era else []
        compare(fact, done, wire_counts(parsed))
        sums = epochs.setdefault(reached, [0, 0, 0, 0])
        for i, n in enumerate((1, len(done), sum(d.fee for d in done), sum(d.out_sum for d in done))):
            sums[i] += n
    assert whole["unspent_at_end"] == ledger.total
    assert whole["unspent_outputs"] == len(ledger.unspent)
    for epoch in whole["epochs"]:
        named = [epoch[name] for name in ("blocks", "txs", "fees", "out_sum")]
        assert named == epochs.get(epoch["epoch_no"], [0, 0, 0, 0])
    assert whole["supply"] == supply(ledger, whole["supply"])


def supply(ledger: Ledger, known: dict[str, int]) -> dict[str, int]:
    """What unspent outputs hold of each asset; those burned wholly stay known with 0."""
    held = dict.fromkeys(known, 0)
    for unspent in ledger.unspent.values():
        for (policy, name), quantity in unspent.assets.items():
            held[f"{policy.hex()}.{name.hex()}"] += quantity
    return held


def compare(fact: Fact, done: list[Replayed], counts: list[dict[str, int]]) -> None:
    assert fact["tx_count"] == len(fact["txs"]) == len(done)
    for expected, seen, count in zip(fact["txs"], done, counts, strict=True):
        assert expected["hash"] == seen.hash.hex()
        for name in ("valid", "fee", "out_sum", "inputs", "outputs", "deposit", "donation"):
            assert expected[name] == getattr(seen, name), (name, expected["hash"])
        body = expected if seen.valid else expected["wire"]
        assert {name: body[name] for name in NOTHING} == count
        if not seen.valid:
            assert {name: expected[name] for name in NOTHING} == NOTHING
    for name in (*NOTHING, "inputs", "outputs", "out_sum"):
        assert fact[name] == sum(expected[name] for expected in fact["txs"])
    assert fact["fees"] == sum(seen.fee for seen in done)
    assert fact["invalid"] == sum(not seen.valid for seen in done)


def test_two_thousand_blocks_balance(made: Path) -> None:
    replay(made)


@pytest.mark.parametrize(("count", "seed"), [(1, 0), (2, 0), (7, 1), (8, 2), (40, 3), (151, 4), (600, 5), (900, 2**80)])
def test_other_sizes_and_seeds_balance(tmp_path: Path, count: int, seed: int) -> None:
    made = make_sample_chain(tmp_path / "chain", count, seed)
    assert made.blocks == count
    assert made.eras == min(count, 7)
    replay(tmp_path / "chain")


def test_fees_are_sensible(facts: list[Fact]) -> None:
    """Between the linear fee's constant and a few ada; vouchers are redeemed for nothing."""
    fees = [tx["fee"] for fact in facts for tx in fact["txs"] if tx["valid"]]
    paid = [fee for fee in fees if fee]
    assert len(fees) - len(paid) == 6, "one free redemption for each voucher"
    assert min(paid) >= 155_381
    assert max(paid) < 3_000_000
    assert all(tx["fee"] <= 5_000_000 for fact in facts for tx in fact["txs"] if not tx["valid"])
