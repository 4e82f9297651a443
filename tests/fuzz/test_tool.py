"""The inputs are what they are meant to be, and what is not designed is found."""

from __future__ import annotations

from pathlib import Path
from random import Random

import cbor2
import pytest

from nectar.decode.block import decode_block
from nectar.decode.skip import end_of_item
from nectar.decode.want import EVERYTHING
from tests.fuzz import blocks, run
from tests.fuzz.cbor_tree import changed, nodes, tree


def test_changed_items_are_cbor_again(chain: Path) -> None:
    """The product's own reader of spans takes them."""
    rng, differ = Random(1), 0
    for raw, root in blocks.real(chain / "blocks"):
        bent = changed(raw, root, rng)
        assert tree(bent).end == end_of_item(bent, 0) == len(bent)
        differ += bent != raw
    assert differ > 100


def test_the_tree_has_every_item_with_its_span(chain: Path) -> None:
    for raw, root in blocks.real(chain / "blocks")[:40]:
        items = nodes(root)
        assert all(end_of_item(raw, node.start) == node.end for node in items)
        assert len({(node.start, node.end) for node in items}) == len(items) > 10


def test_a_changed_body_gets_its_hash_in_the_header(chain: Path) -> None:
    raw, root = next((raw, root) for raw, root in blocks.real(chain / "blocks") if raw[1] == 6 and len(raw) > 2_000)
    fee = next(
        node
        for node in nodes(root)
        if node.major == 0 and raw[node.start : node.end] == cbor2.dumps(decode_block(raw, EVERYTHING).txs[0].fee)
    )
    bent = raw[: fee.start] + cbor2.dumps(1_234_567) + raw[fee.end :]
    assert decode_block(blocks.with_right_hash(bent, tree(bent)), EVERYTHING).txs[0].fee == 1_234_567


def test_an_input_follows_from_its_number(chain: Path) -> None:
    folder = chain / "blocks"
    assert blocks.block(folder, Random("1/blocks/5")) == blocks.block(folder, Random("1/blocks/5"))
    assert blocks.block(folder, Random("1/blocks/5")) != blocks.block(folder, Random("1/blocks/6"))


def test_what_is_not_designed_is_told_with_its_number() -> None:
    def attempt(rng: Random) -> str:
        if rng.random() < 0.2:
            raise OverflowError("too large")
        return "fine"

    tally = run.run("blocks", attempt, 1, range(50))
    assert 0 < len(tally.findings) < 50
    assert tally.ends["fine"] == 50 - len(tally.findings)
    again = run.run("blocks", attempt, 1, range(tally.findings[0].number, tally.findings[0].number + 1))
    assert again.findings == [tally.findings[0]]
    assert "OverflowError" in again.findings[0].error


def test_shares_are_whole() -> None:
    assert sum(run.SHARES.values()) == pytest.approx(1)
    assert dict(run.shares(200_000, None))["blocks"] == 60_000
    assert list(run.shares(7, "plans")) == [("plans", 7)]
