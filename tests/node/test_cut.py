"""A connection that is cut after every byte of a talk with a fork in it."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN
from nectar.errors import TransientError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Fork, Step
from nectar.runner.signals import Stop
from nectar.sources.events import CaughtUp, Event, RollBackward, RollForward
from nectar.sources.node import chain_sync, handshake, mux
from nectar.sources.node.connection import parse_address
from nectar.sources.node.source import NodeSource, node_facts
from tests.node.forging import PREVIEW, Forge, real_blocks
from tests.node.jobs import node_job, node_plan, rows
from tests.node.peers import MAGIC, Peer, peers, tip_of
from tests.node.proxies import cutting, proxy
from tests.node.serving import serving
from tests.runner.jobs import same

HELD = 2


@pytest.fixture(scope="module")
def forks(chain: Path) -> tuple[list[Offered], list[Offered]]:
    """Two chains that part after their second block."""
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 0, 400)]
    forge = Forge(bodies, random.Random(5))
    one = forge.extend([], 4)
    return one, forge.extend(one[:HELD], 3)


def _segment(protocol: int, message: bytes) -> bytes:
    return mux.segments(protocol, message, responder=True, most=500)  # a block is two segments


def _talk(one: Sequence[Offered], other: Sequence[Offered]) -> list[tuple[bytes, list[Event]]]:
    """What a node sends, message by message, and what each is to whoever follows."""
    tip, after = tip_of(one), tip_of(other)
    talk: list[tuple[bytes, list[Event]]] = [
        (_segment(mux.HANDSHAKE, handshake.accept(16, MAGIC)), []),
        (_segment(mux.CHAIN_SYNC, chain_sync.intersect_found(ORIGIN, tip)), []),
        (_segment(mux.CHAIN_SYNC, chain_sync.backward(ORIGIN, tip)), []),
    ]
    for block in one:
        end: list[Event] = [CaughtUp()] if block == one[-1] else []
        talk.append((_segment(mux.CHAIN_SYNC, chain_sync.forward(block.raw, tip)), [RollForward(*block), *end]))
    talk.append(
        (
            _segment(mux.CHAIN_SYNC, chain_sync.backward(one[HELD - 1].point, after)),
            [RollBackward(one[HELD - 1].point, one[HELD - 1].block_no)],
        )
    )
    for block in other[HELD:]:
        end = [CaughtUp()] if block == other[-1] else []
        talk.append((_segment(mux.CHAIN_SYNC, chain_sync.forward(block.raw, after)), [RollForward(*block), *end]))
    return talk


def _until_cut(where: str) -> tuple[list[Event], str]:
    """What a source gives, and the code of the error that it ends with."""
    source, events = NodeSource(parse_address(where), node_facts(PREVIEW)), []
    try:
        source.meet([ORIGIN])
        for together in source.events(ORIGIN):
            events += together
    except TransientError as error:
        return events, error.code
    finally:
        source.close()
    return events, ""


def test_what_came_whole_before_a_cut_is_given_and_nothing_else(
    forks: tuple[list[Offered], list[Offered]], tmp_path: Path
) -> None:
    """After every single byte that the node sends."""
    talk = _talk(*forks)
    whole = b"".join(data for data, _ in talk)
    assert len(whole) > 5_000
    left = iter(range(len(whole) + 1))

    def act(peer: Peer) -> None:
        cut = next(left)
        peer.next()
        at = 0
        for number, (data, _) in enumerate(talk):
            peer.raw(data[: max(cut - at, 0)])
            at += len(data)
            if at > cut:
                break
            if number < 2:
                peer.next()

    with peers(tmp_path / "s", act) as (_, where):
        for cut in range(len(whole) + 1):
            expected, at = [], 0
            for data, events in talk:
                at += len(data)
                expected += events if at <= cut else []
            assert _until_cut(where) == (expected, "NEC-W002"), cut


def test_a_job_that_is_cut_within_a_fork_is_as_if_it_had_not_been(
    forks: tuple[list[Offered], list[Offered]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nectar.runner.retry.FIRST", 0.01)
    one, other = forks
    longer = [*other]
    forge = Forge([block.raw for block in one], random.Random(6))
    while longer[-1].point.slot <= one[-1].point.slot:
        longer = forge.extend(longer, 1)
    text = node_plan(f"end_slot = {longer[-1].point.slot}", processors="blocks = true")
    with serving(tmp_path / "straight", longer):
        node_job(tmp_path / "straight.db", tmp_path / "straight", text, once=False)
    straight = rows(tmp_path / "straight.db")
    size = 800 + sum(len(block.raw) + 80 for block in (*one, *longer[HELD:]))
    for cut in range(0, size, 7 if os.environ.get("NECTAR_LONG") else 61):
        script: list[Step] = [Fork(Path("0"), 0, len(one)), Back(HELD), Fork(Path("1"), HELD, len(longer))]
        for old in tmp_path.glob("x.db*"):
            old.unlink()
        with serving(tmp_path / f"{cut}.s", [], script, [one, longer]), cutting(tmp_path / f"{cut}", tmp_path / f"{cut}.s", cut):
            node_job(tmp_path / "x.db", tmp_path / f"{cut}", text, once=False)
        same(rows(tmp_path / "x.db"), straight)


def test_a_link_that_always_breaks_after_a_few_blocks_still_gets_there(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came whole is written before the next try."""
    monkeypatch.setattr("nectar.runner.retry.FIRST", 0.01)
    monkeypatch.setattr("nectar.runner.retry.LONGEST", 0.01)
    blocks, stop, came = real_blocks(chain / "preview/immutable", 0, 400), Stop(), []
    hands_on = proxy(tmp_path / "good", 5_000)

    def once_more(peer: Peer) -> None:
        came.append(peer)
        if len(came) > 3 * len(blocks):
            stop.number = 2
        hands_on(peer)

    text = node_plan(f"end_slot = {blocks[-1].point.slot}", processors="blocks = true")
    with serving(tmp_path / "good", blocks), peers(tmp_path / "s", once_more):
        summary = node_job(tmp_path / "x.db", tmp_path / "s", text, once=False, stop=stop)
    assert summary.stopped == ""
    assert summary.blocks == len(blocks)
    assert len(came) > 4
