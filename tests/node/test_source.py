"""The source by itself: follow known points, as chunk files do."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import SourceError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Fork, Step, Wait
from nectar.sources.events import CaughtUp, RollBackward, RollForward
from nectar.sources.node.chain_sync import AwaitMessage, BackwardMessage, ForwardMessage, Tip
from nectar.sources.node.connection import parse_address
from nectar.sources.node.source import WINDOW, NodeSource, _Reader, node_facts
from tests.node.forging import PREVIEW, Forge, real_blocks
from tests.node.serving import serving


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, 10_000)


def source(at: Path) -> NodeSource:
    return NodeSource(parse_address(at), node_facts(PREVIEW))


def test_it_goes_on_after_the_newest_known_point(blocks: list[Offered], tmp_path: Path) -> None:
    points = [block.point for block in blocks]
    with serving(tmp_path / "s", blocks):
        one = source(tmp_path / "s")
        events = list(islice(one.follow([points[3], points[-4], ORIGIN]), 4))
        one.close()
        two = source(tmp_path / "s")
        whole = list(islice(two.follow([]), len(blocks)))
        two.close()
    assert [event.point for event in events[:3] if isinstance(event, RollForward)] == points[-3:]
    assert isinstance(events[3], CaughtUp)
    assert [tuple(event) for event in whole] == [tuple(block) for block in blocks]


def test_it_leaves_a_fork_first(blocks: list[Offered], tmp_path: Path) -> None:
    elsewhere = Point(blocks[-1].point.slot, b"\xab" * 32)
    with serving(tmp_path / "s", blocks):
        one = source(tmp_path / "s")
        events = list(islice(one.follow([elsewhere, blocks[-3].point, ORIGIN]), 3))
        one.close()
    assert events[0] == RollBackward(blocks[-3].point)
    assert [event.point for event in events[1:] if isinstance(event, RollForward)] == [block.point for block in blocks[-2:]]


def test_points_of_another_chain_meet_nothing(blocks: list[Offered], tmp_path: Path) -> None:
    with serving(tmp_path / "s", blocks):
        one = source(tmp_path / "s")
        with pytest.raises(SourceError) as caught:
            next(one.follow([Point(5, b"\xab" * 32)]))
        one.close()
    assert caught.value.code == "NEC-W008"


def test_a_fork_at_the_tip_is_an_event(chain: Path, tmp_path: Path) -> None:
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 201 * 4_320)]
    forge = Forge(bodies, random.Random(1))
    one = forge.extend([], 10)
    other = forge.extend(one[:7], 5)
    script: list[Step] = [Fork(Path("0"), 0, 10), Wait(0.05), Back(7), Fork(Path("1"), 7, 12)]
    with serving(tmp_path / "s", [], script, [one, other]):
        reader = source(tmp_path / "s")
        events = []
        for event in reader.follow([]):
            events.append(event)
            if isinstance(event, RollForward) and event.point == other[-1].point:
                break
        reader.close()
    moves = [event for event in events if not isinstance(event, CaughtUp)]
    assert [event.point for event in moves] == [
        *(block.point for block in one),
        one[6].point,
        *(block.point for block in other[7:]),
    ]
    assert isinstance(moves[10], RollBackward)


def test_fewer_blocks_are_asked_for_near_the_tip(blocks: list[Offered]) -> None:
    """A hundred far from it, as many as there are near it, one at it."""
    tip = Tip(blocks[-1].point, blocks[-1].block_no)
    reader = _Reader(node_facts(PREVIEW), ORIGIN)
    assert reader.to_ask() == WINDOW
    assert reader.to_ask() == 0
    reader.read([BackwardMessage(ORIGIN, tip)])
    flying = WINDOW - 1
    for number, block in enumerate(blocks):
        reader.read([ForwardMessage(block.raw, tip)])
        flying += reader.to_ask() - 1
        left = len(blocks) - number - 1
        assert 1 <= flying <= WINDOW
        assert flying >= min(left, WINDOW) // 2
    reader.read([AwaitMessage()])
    assert reader.awaiting
    assert reader.to_ask() in (0, 1)
