"""A block that cannot be true moves nothing: each field of a header, with values that it cannot have, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from cbor2 import dumps, loads

from nectar.cardano.point import ORIGIN, Point
from nectar.decode.envelope import quick_header
from nectar.decode.head import Malformed
from nectar.decode.skip import end_of_item
from nectar.errors import NectarError
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.chain_sync import Tip, tip_bytes
from nectar.sources.plausible import MARGIN, Eras, Horizon, eras_of
from tests.node.forging import PREVIEW, real_blocks
from tests.node.jobs import node_job, node_plan
from tests.node.peers import Peer, peers
from tests.node.serving import serving
from tests.runner.jobs import content, everything, same

CODES = {"NEC-W004", "NEC-W006", "NEC-W013"}
HELD = 30
VALUES = {"0": 0, "one less": -1, "two more": 2, "2^31": 1 << 31, "2^47": 1 << 47, "2^63": 1 << 63, "2^64-1": (1 << 64) - 1}
PLACES = {"the first block": 0, "within the chain": 12, "at the tip": HELD}
PREPROD = network("preprod")


def forge(good: Offered, **changed: Any) -> Offered:
    """The block with other fields in its header: `number`, `slot`, `previous`, `era`."""
    at = 5
    end = end_of_item(good.raw, end_of_item(good.raw, end_of_item(good.raw, at)))
    number, slot, previous = (loads(good.raw[at:][skip:]) for skip in _places(good.raw, at))
    fields = {"number": number, "slot": slot, "previous": previous} | changed
    era = dumps(changed["era"]) if "era" in changed else good.raw[1:2]
    raw = (
        good.raw[:1]
        + era
        + good.raw[2:at]
        + dumps(fields["number"])
        + dumps(fields["slot"])
        + dumps(fields["previous"])
        + good.raw[end:]
    )
    try:
        header = quick_header(raw)
    except Malformed:  # a number that no header may have
        return Offered(raw, Point(good.point.slot, bytes(32)), good.block_no)
    return Offered(raw, Point(header.slot, header.hash), header.block_no)


def _places(raw: bytes, at: int) -> tuple[int, int, int]:
    second = end_of_item(raw, at)
    return 0, second - at, end_of_item(raw, second) - at


def _wrong(field: str, value: str, good: Offered, before: Offered | None) -> Offered | None:
    """None where the value would be right."""
    amount = VALUES[value]
    if field in ("previous", "era"):
        of_hash = bytes([amount % 251]) * 32
        changed: dict[str, Any] = (
            {"previous": of_hash} if field == "previous" else {"era": amount if amount > 2 else good.raw[1] + 4}
        )
        return forge(good, **changed)
    base = getattr(before, "block_no", -1) + 1 if field == "number" else getattr(before, "point", ORIGIN).slot
    amount = base + amount if value in ("one less", "two more") else amount
    if amount < 0 or (field == "number" and amount == base) or (field == "slot" and base < amount < base + 10):
        return None
    return forge(good, **{field: amount})


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, 2_000)[: HELD + 10]


def _ends(database: Any, where: Path | str, plan: str) -> NectarError:
    with pytest.raises(NectarError) as caught:
        node_job(database, where, plan, once=False)
    assert caught.value.code in CODES, caught.value
    return caught.value


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("field", ["number", "slot", "previous", "era"])
@pytest.mark.parametrize("place", PLACES)
def test_a_header_that_cannot_be_true_writes_nothing(
    place: str, field: str, value: str, blocks: list[Offered], tmp_path: Path
) -> None:
    at, plan = PLACES[place], node_plan(processors="blocks = true")
    before = blocks[at - 1] if at else None
    bad = _wrong(field, value, blocks[at], before)
    if bad is None:
        return
    held = at if place != "within the chain" else 4
    with serving(tmp_path / "filling", blocks[:held]):
        node_job(tmp_path / "x.db", tmp_path / "filling", plan)
    written = everything(tmp_path / "x.db")
    with serving(tmp_path / "s", [*blocks[:at], bad]):
        error = _ends(tmp_path / "x.db", tmp_path / "s", plan)
    assert (
        str((at and blocks[at - 1].point) or "origin") in error.what
        or "at most" in error.what
        or "magic" in error.what
        or "genesis" in error.what
        or "tip" in error.what
    )
    assert everything(tmp_path / "x.db") == written
    with serving(tmp_path / "again", blocks):
        node_job(tmp_path / "x.db", tmp_path / "again", plan)
        node_job(tmp_path / "straight.db", tmp_path / "again", plan)
    same(content(tmp_path / "x.db"), content(tmp_path / "straight.db"))


@pytest.fixture(scope="module")
def byron(chain: Path) -> list[Offered]:
    source = ImmutableSource(chain / "preprod/immutable", facts_of(PREPROD))
    return [Offered(block.raw, block.point, block.block_no) for block in islice(source.checked_blocks(None, 0, 21_000), 8)]


def _boundary(header: list[Any], amount: int, field: str) -> None:
    header[3][0 if field == "epoch" else 1] = amount if field == "epoch" else [amount]


def _main(header: list[Any], amount: int, field: str) -> None:
    if field == "difficulty":
        header[3][2] = [amount]
    else:
        header[3][0][0 if field == "epoch" else 1] = amount


@pytest.mark.parametrize("value", ["an epoch", "2^31", "2^47", "2^63", "2^64-1"])
@pytest.mark.parametrize("field", ["epoch", "slot in its epoch", "difficulty"])
@pytest.mark.parametrize("at", [0, 1, 5])
def test_a_byron_header_that_cannot_be_true_writes_nothing(
    at: int, field: str, value: str, byron: Sequence[Offered], tmp_path: Path
) -> None:
    change: Callable[[list[Any], int, str], None] = _main if at else _boundary
    if not at and field == "slot in its epoch":
        return
    block = loads(byron[at].raw)
    change(block[1][0], {"an epoch": 21_600, **VALUES}[value], field)
    raw = dumps(block)
    plan = node_plan(network="preprod", processors="blocks = true")
    with serving(tmp_path / "s", [*byron[:at], Offered(raw, byron[at].point, byron[at].block_no)], network=PREPROD):
        _ends(tmp_path / "x.db", tmp_path / "s", plan)
    with serving(tmp_path / "again", byron, network=PREPROD):
        node_job(tmp_path / "x.db", tmp_path / "again", plan)
        node_job(tmp_path / "straight.db", tmp_path / "again", plan)
    same(content(tmp_path / "x.db"), content(tmp_path / "straight.db"))


def test_an_era_does_not_go_back(blocks: list[Offered], tmp_path: Path) -> None:
    plan = node_plan(processors="blocks = true")
    newer = forge(blocks[3], era=6)
    older = forge(blocks[4], previous=newer.point.hash)
    with serving(tmp_path / "s", [*blocks[:3], newer, older]):
        assert "after a block of era Babbage" in _ends(tmp_path / "x.db", tmp_path / "s", plan).what


def test_an_era_has_no_slots_after_its_end() -> None:
    eras = Eras(eras_of(PREVIEW.history))
    assert eras.trouble(5, 259_199, 5) == ""
    assert "at a slot of era Babbage" in eras.trouble(5, 259_200, 5)
    assert eras.trouble(6, 259_200, 5) == ""
    assert eras.trouble(8, 200_000_000, 7) == ""
    assert "there is no such era" in eras.trouble(9, 200_000_000, 7)


def test_the_clock_and_its_margin_bound_slots() -> None:
    history, horizon = PREVIEW.history, Horizon(PREVIEW.history)
    now = history.slot_at(datetime.now(UTC))
    assert timedelta(minutes=5) < MARGIN <= timedelta(days=1)
    assert horizon.has(now + int(MARGIN.total_seconds()) - 60)
    assert not horizon.has(now + int(MARGIN.total_seconds()) + 60)
    assert "clock" in horizon.trouble(1 << 47)
    assert "64 bits" in horizon.trouble(1 << 20_000)


@pytest.mark.parametrize(
    "tip",
    [Tip(Point(1 << 47, bytes(32)), 5), Tip(Point(1_000, bytes(32)), 5_000), Tip(Point((1 << 64) - 1, bytes(32)), (1 << 64) - 1)],
)
def test_a_tip_that_cannot_be_true_is_refused(tip: Tip, tmp_path: Path) -> None:
    def act(peer: Peer) -> None:
        peer.shake()
        peer.meet(tip_bytes(tip))
        peer.until_gone()

    with peers(tmp_path / "s", act, Peer.shake) as (_, where):
        assert _ends(tmp_path / "x.db", where, node_plan(processors="blocks = true")).code in CODES
    assert not (tmp_path / "x.db").exists()
