"""Cutting blocks into batches: nothing lost, nothing twice, no batch that ends on a boundary block."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.config.profile.model import SqliteFile
from nectar.coverage import Coverage, merged, missing, without_after
from nectar.decode.envelope import envelope
from nectar.runner.decoding.batch import Batch, BatchLimits, OpenBatch, batches, is_boundary, limits_of
from nectar.sources.events import RollForward
from tests.conftest import ROOT
from tests.decode.chunks import cut
from tests.mysql.jobs import profile
from tests.mysql.server import Server
from tests.runner.jobs import compiled, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"


def events(path: Path) -> list[RollForward]:
    blocks = ((raw, envelope(raw)) for raw in cut(path))
    return [RollForward(raw, Point(found.slot, found.hash), found.block_no) for raw, found in blocks]


@pytest.mark.parametrize(
    "limits", [BatchLimits(1, 1), BatchLimits(7, 1 << 30), BatchLimits(1 << 30, 5_000), BatchLimits(1 << 30, 1 << 30)]
)
def test_batches_are_the_blocks_in_order(limits: BatchLimits) -> None:
    given, wanted = events(SAMPLE / "00001.chunk"), Coverage(4_320, 8_639)
    found = list(batches(iter(given), wanted, limits, 5))
    assert [raw for batch in found for raw in batch.raws] == [event.raw for event in given]
    assert [batch.number for batch in found] == list(range(5, 5 + len(found)))
    assert merged(batch.covered for batch in found) == [wanted]
    assert sum(batch.covered.last - batch.covered.first + 1 for batch in found) == 4_320
    for before, batch in itertools.pairwise(found):
        assert batch.previous == before.last
        assert before.covered.last == before.last.slot
    for batch in found[:-1]:
        assert len(batch.raws) == limits.blocks or sum(map(len, batch.raws)) >= limits.bytes
        assert len(batch.raws) <= limits.blocks
        assert sum(map(len, batch.raws[:-1])) < limits.bytes
    assert found[0].previous is None
    assert not any(batch.genesis for batch in found)


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_no_batch_ends_on_a_boundary_block(blocks: int, chain: Path) -> None:
    given = events(chain / "preprod/immutable/00000.chunk")
    assert is_boundary(given[0].raw)
    found = list(batches(given, Coverage(-1, 21_599), BatchLimits(blocks, 1 << 30)))
    assert len(found) > 1
    assert not any(is_boundary(batch.raws[-1]) for batch in found)
    assert [batch.genesis for batch in found] == [True] + [False] * (len(found) - 1)


def test_a_range_without_blocks_is_a_batch_without_blocks() -> None:
    (batch,) = batches([], Coverage(-1, 19), BatchLimits())
    assert batch == Batch(0, (), ORIGIN, Coverage(-1, 19), None, True)


def test_what_is_missing_and_what_is_filled() -> None:
    filled = [Coverage(50, 60), Coverage(-1, 9), Coverage(10, 19), Coverage(55, 70)]
    assert merged(filled) == [(-1, 19), (50, 70)]
    assert missing(Coverage(-1, 100), filled) == [(20, 49), (71, 100)]
    assert missing(Coverage(5, 55), filled) == [(20, 49)]
    assert missing(Coverage(52, 58), filled) == []
    assert missing(Coverage(80, 90), filled) == [(80, 90)]
    assert missing(Coverage(-1, 3), []) == [(-1, 3)]
    assert without_after(filled, 55) == [(-1, 19), (50, 55)]
    assert without_after(filled, 15) == [(-1, 15)]
    assert without_after(filled, -1) == [(-1, -1)]
    assert [str(one) for one in merged(filled)] == ["origin to 19", "50 to 70"]


def test_an_open_batch_forgets_what_was_rolled_back() -> None:
    """As if it had never been added: in what it holds, how large it is, and what it covers."""
    given = events(SAMPLE / "00001.chunk")[:9]
    before = Point(4_319, bytes(32))
    for held in range(10):
        one, other = OpenBatch(4_320, 2, before), OpenBatch(4_320, 2, before)
        for event in given:
            one.add(event)
        for event in given[:held]:
            other.add(event)
        assert one.drop_after(given[held - 1].point if held else before)
        assert one == other
        assert one.cut(9_000) == other.cut(9_000)
    assert not OpenBatch(4_320, 2, before).drop_after(given[0].point)


def test_how_large_a_batch_may_be() -> None:
    """A server takes more at once, but no more bytes than its transactions have rows for; a filter that rules blocks out has more of them."""
    file = SqliteFile(Path("x.db"))
    server = profile(Server("127.0.0.1", 3306, "", "", None), "x")
    plain = compiled(plan_text(SAMPLE))
    assert limits_of(plain, file, 1.0, 1) == (1_000, 500_000)
    assert limits_of(plain, file, 1.0, 4) == (4_000, 2_000_000)
    assert limits_of(plain, file, 0.5, 4) == (2_000, 1_000_000)
    assert limits_of(plain, file, 0.0001, 1) == (1, 50)
    assert limits_of(plain, replace(server, batch_rows=10_000), 1.0, 4) == (8_000, 600_000)
    assert limits_of(plain, replace(server, batch_rows=1_000_000), 1.0, 4) == (8_000, 4_000_000)
    where = f"[filters]\nwhere = 'any(outputs, payment_cred == 0x{bytes(28).hex()})'"
    ruled_out = compiled(plan_text(SAMPLE, processors='transactions = { resolve_inputs = "off" }', more=where))
    assert ruled_out.filters.needles
    assert limits_of(ruled_out, file, 1.0, 1) == (10_000, 5_000_000)
    assert limits_of(compiled(plan_text(SAMPLE, performance="batch_blocks = 7")), file, 1.0, 4) == (7, 2_000_000)
