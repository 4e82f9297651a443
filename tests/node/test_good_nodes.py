"""Nodes that keep to the protocol: every block, probes at the tip, and a rollback."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN
from nectar.nodeserver.chain import Offered
from nectar.sources.events import CaughtUp, RollBackward, RollForward
from nectar.sources.node import chain_sync, mux, state_query
from tests.node.forging import forged, real_blocks
from tests.node.peers import Peer, all_events, answer_query, begins, hurry, in_turn, met, node_source, peers, syncs, tip_of


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    """The first of preview: small, and empty but for one."""
    return real_blocks(chain / "preview/immutable", 0, 1_000)[:30]


def test_a_good_node_gives_every_block_and_is_asked_at_the_tip(blocks: list[Offered], tmp_path: Path) -> None:
    probes: list[bytes] = []

    def probed(peer: Peer) -> None:
        """Waits at the tip until it was asked for its tip three times, then has one more block."""
        while len(probes) < 3:
            protocol, message = peer.next()
            if protocol == mux.STATE_QUERY:
                answer_query(peer, message, blocks[1].point)
                probes.extend([message] if message == state_query.query(state_query.POINT) else [])
        peer.sync(chain_sync.forward(blocks[2].raw, tip_of(blocks[:3])))
        peer.until_gone()

    tip = tip_of(blocks[:2])
    talk = syncs(
        chain_sync.backward(ORIGIN, tip),
        *(chain_sync.forward(block.raw, tip) for block in blocks[:2]),
        chain_sync.AWAIT_REPLY,
        stays=False,
    )
    with peers(tmp_path / "s", met(blocks[:2], in_turn(talk, probed))) as (_, where):
        reader = node_source(where)
        events = []
        for event in all_events(reader):
            events.append(event)
            if isinstance(event, RollForward) and event.point == blocks[2].point:
                break
        reader.close()
    assert [event.point for event in events if isinstance(event, RollForward)] == [block.point for block in blocks[:3]]
    assert any(isinstance(event, CaughtUp) for event in events)
    assert len(probes) == 3


def test_a_rollback_to_a_block_that_was_sent_is_an_event(blocks: list[Offered], tmp_path: Path) -> None:
    other = forged(blocks[1].raw, 1, 39, blocks[0].point)
    with peers(
        tmp_path / "s",
        met(
            blocks,
            begins(
                blocks, 2, chain_sync.backward(blocks[0].point, tip_of(blocks)), chain_sync.forward(other.raw, tip_of(blocks))
            ),
        ),
    ) as (_, where):
        reader = node_source(where)
        events = all_events(reader)
        seen = [next(events) for _ in range(4)]
        reader.close()
    assert seen == [
        *(RollForward(*block) for block in blocks[:2]),
        RollBackward(blocks[0].point, blocks[0].block_no),
        RollForward(*other),
    ]
