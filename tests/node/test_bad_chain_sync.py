"""Nodes that hang, lie and hang up in chain-sync: each ends in its own error, in time, which names the address."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cbor2 import dumps

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import NectarError, SourceError, TransientError
from nectar.nodeserver.chain import Offered
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import Tip
from tests.node.forging import forged, real_blocks
from tests.node.peers import (
    Act,
    Peer,
    all_events,
    begins,
    check,
    good,
    half_close,
    hurry,
    in_time,
    in_turn,
    met,
    node_source,
    peers,
    read_one,
    says,
    segment,
    shaken,
    syncs,
    tip_of,
)

SOON = 0.3
LOST, SLOW, BROKEN = "NEC-W002", "NEC-W003", "NEC-W004"
ELSEWHERE = Point(259_180, bytes(32))
ACCEPT = segment(mux.HANDSHAKE, handshake.accept(16, 2))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, SOON)


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    """The first of preview: small, and empty but for one."""
    return real_blocks(chain / "preview/immutable", 0, 1_000)[:30]


def _drips(peer: Peer) -> None:
    """A byte now and then of a message that never ends."""
    peer.raw(segment(mux.CHAIN_SYNC, b"\x83\x02\xd8\x18\x59\xff\xff" + bytes(5_000))[:15])
    for _ in range(200):
        peer.raw(b"\x00")
        time.sleep(SOON / 10)


def _junk(block: Offered) -> bytes:
    """A block whose header is of other things."""
    return block.raw[:5] + b"\x61x" + block.raw[6:]


class Wire:
    """Messages about three blocks that follow each other, and some that do not."""

    def __init__(self, blocks: list[Offered]) -> None:
        self.blocks = blocks
        self.tip = tip_of(blocks)
        self.begun = chain_sync.backward(ORIGIN, self.tip)
        self.first, self.second, self.third = (self.forward(block.raw) for block in blocks[:3])
        self.part = segment(mux.CHAIN_SYNC, self.second)
        self.unlinked = self.forward(forged(blocks[1].raw, 1, blocks[1].point.slot, ELSEWHERE).raw)
        self.broken = blocks[1].raw[:12] + b"\xff" * 30 + blocks[1].raw[42:]
        self.foreign = self.forward(forged(blocks[0].raw, 0, 0, Point(0, b"\xab" * 32)).raw)
        self.late = self.forward(forged(blocks[1].raw, 1, blocks[0].point.slot, blocks[0].point).raw)

    def forward(self, raw: bytes) -> bytes:
        return chain_sync.forward(raw, self.tip)

    def then(self, act: Act) -> Act:
        """After the first block."""
        return in_turn(begins(self.blocks, 1, stays=False), act)


def _stands_still(message: bytes, asked: int = 0) -> Act:
    """Answers every request for a block with the same rollback; so many were answered before they were read."""

    def act(peer: Peer) -> None:
        for _ in range(asked):
            peer.next()
        while True:
            peer.sync(message)
            peer.next()

    return act


def _acquires(then: Act) -> Act:
    """At the tip: a state is acquired, its query answered otherwise."""

    def act(peer: Peer) -> None:
        peer.sync(chain_sync.AWAIT_REPLY)
        while peer.next()[0] != mux.STATE_QUERY:
            pass
        peer.say(mux.STATE_QUERY, state_query.ACQUIRED)
        then(peer)
        peer.until_gone()

    return act


HUGE = b"\x83\x02\xd8\x18\x5a\x7f\xff\xff\xff"
WRONG: tuple[tuple[str, Callable[[Wire], Act], str, str], ...] = (
    ("says nothing", lambda w: Peer.until_gone, SLOW, "the next block, or word that there is none, within 0.3 s"),
    (
        "says nothing after a block",
        lambda w: w.then(Peer.until_gone),
        SLOW,
        "the next block, or word that there is none, within 0.3 s",
    ),
    ("closes", lambda w: lambda _peer: None, LOST, "lost: "),
    ("closes for writing", lambda w: w.then(half_close), LOST, "the other side closed it"),
    ("closes within a block", lambda w: w.then(says(w.part[:40], stays=False)), LOST, "lost: "),
    ("stalls within a block", lambda w: w.then(says(w.part[:40])), SLOW, "the rest of a message within 0.3 s"),
    ("stalls within a segment's head", lambda w: w.then(says(w.part[:3])), SLOW, "the rest of a message within 0.3 s"),
    (
        "stalls between a block's segments",
        lambda w: w.then(says(segment(mux.CHAIN_SYNC, w.second[:100]))),
        SLOW,
        "the rest of a message",
    ),
    ("drips", lambda w: w.then(_drips), SLOW, "the rest of a message within 0.3 s"),
    ("a length that never comes", lambda w: w.then(syncs(HUGE)), BROKEN, "a block of 2,147,483,647 bytes"),
    ("a length beyond numbers", lambda w: w.then(syncs(b"\x83\x02\xd8\x18\x5b" + b"\xff" * 8)), SLOW, "the rest of a message"),
    ("a list that never comes", lambda w: w.then(syncs(b"\x9b" + b"\x7f" * 8)), SLOW, "the rest of a message"),
    ("an unknown protocol", lambda w: w.then(says(segment(77, b"\x81\x00"))), BROKEN, "protocol 77, which is none"),
    ("transactions", lambda w: w.then(says(segment(6, b"\x81\x00"))), BROKEN, "protocol 6 (tx-submission)"),
    ("a handshake again", lambda w: w.then(says(ACCEPT)), BROKEN, "protocol 0 (handshake)"),
    (
        "the client's direction",
        lambda w: w.then(says(mux.segments(mux.CHAIN_SYNC, b"\x81\x01"))),
        BROKEN,
        "protocol 5 (chain-sync), marked as a client's",
    ),
    ("an empty segment", lambda w: w.then(says(segment(mux.CHAIN_SYNC, b""))), BROKEN, "an empty segment of chain-sync"),
    ("HTTP", lambda w: w.then(says(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")), BROKEN, "485454502f312e31"),
    ("no CBOR", lambda w: w.then(syncs(b"\xff")), BROKEN, "no message"),
    ("a message of its own", lambda w: w.then(syncs(b"\x81\x09")), BROKEN, "no message of chain-sync that a node sends"),
    ("a client's message", lambda w: w.then(syncs(b"\x81\x00")), BROKEN, "no message of chain-sync that a node sends"),
    ("a tip that is none", lambda w: w.then(syncs(chain_sync.forward(w.blocks[1].raw, dumps([1])))), BROKEN, "no tip"),
    ("a point that is none", lambda w: w.then(syncs(b"\x83\x03" + dumps([1, b"short"]) + w.tip)), BROKEN, "no point"),
    (
        "an intersection instead of a block",
        lambda w: w.then(syncs(chain_sync.intersect_found(ORIGIN, w.tip))),
        BROKEN,
        "`found` came instead of a block",
    ),
    (
        "no intersection instead of a block",
        lambda w: w.then(syncs(chain_sync.intersect_not_found(w.tip))),
        BROKEN,
        "`notfound` came instead of a block",
    ),
    (
        "waits twice",
        lambda w: syncs(w.begun, w.first, chain_sync.AWAIT_REPLY, chain_sync.AWAIT_REPLY),
        BROKEN,
        "it said twice to wait for one block",
    ),
    ("more than was asked for", lambda w: syncs(*[w.begun] * 101), BROKEN, "`backward` came without being asked for"),
    ("waits unasked", lambda w: syncs(*[w.begun] * 100, chain_sync.AWAIT_REPLY), BROKEN, "`await` came without being asked for"),
    (
        "goes back to elsewhere first",
        lambda w: syncs(chain_sync.backward(ELSEWHERE, w.tip)),
        BROKEN,
        "its first answer goes back to 259180.",
    ),
    (
        "goes back to what it never sent",
        lambda w: syncs(w.begun, w.first, w.second, chain_sync.backward(ELSEWHERE, w.tip)),
        BROKEN,
        "a block that it never sent",
    ),
    (
        "goes back to another block at a slot",
        lambda w: syncs(w.begun, w.first, w.second, chain_sync.backward(Point(w.blocks[0].point.slot, bytes(32)), w.tip)),
        BROKEN,
        "a block that it never sent",
    ),
    (
        "goes back to what it took back",
        lambda w: syncs(
            w.begun,
            w.first,
            w.second,
            chain_sync.backward(w.blocks[0].point, w.tip),
            chain_sync.backward(w.blocks[1].point, w.tip),
        ),
        BROKEN,
        "a block that it never sent",
    ),
    (
        "leaves out a block",
        lambda w: syncs(w.begun, w.first, w.third),
        BROKEN,
        "the block at slot 40 follows cd619529ca62b4c37f7f728cd6d3472682115f001e1d1278bf1b7dce528db44e, not {w.blocks[0].point}",
    ),
    ("the same block twice", lambda w: syncs(w.begun, w.first, w.first), BROKEN, "the block at slot 0 follows genesis"),
    ("a block of another chain", lambda w: syncs(w.begun, w.first, w.unlinked), BROKEN, "follows " + "00" * 32),
    ("a block at the same slot", lambda w: syncs(w.begun, w.first, w.late), BROKEN, "the block at slot 0 comes after"),
    ("does not begin with the first", lambda w: syncs(w.begun, w.second), "NEC-W006", "its first block names genesis"),
    ("an empty block", lambda w: syncs(w.begun, w.first, w.forward(b"")), BROKEN, "has no header"),
    (
        "junk for a block",
        lambda w: syncs(w.begun, w.first, w.forward(b"\xff" * 900)),
        BROKEN,
        "the block after {w.blocks[0].point} has no header",
    ),
    ("junk in a header", lambda w: syncs(w.begun, w.first, w.forward(_junk(w.blocks[1]))), BROKEN, "has no header"),
    ("half a header", lambda w: syncs(w.begun, w.first, w.forward(w.blocks[1].raw[:90])), BROKEN, "has no header"),
    ("no answer at the tip", lambda w: w.then(syncs(chain_sync.AWAIT_REPLY)), SLOW, "a state to be asked about within 0.3 s"),
    ("gone at the tip", lambda w: w.then(syncs(chain_sync.AWAIT_REPLY, stays=False)), LOST, "lost: "),
    ("no result at the tip", lambda w: w.then(_acquires(lambda _peer: None)), SLOW, "a state query's answer within 0.3 s"),
    (
        "junk for a result",
        lambda w: w.then(_acquires(says(segment(mux.STATE_QUERY, b"\x81\x63")))),
        SLOW,
        "the node did not answer",
    ),
    ("at the origin for ever", lambda w: _stands_still(chain_sync.backward(ORIGIN, w.tip)), BROKEN, "where it stood already"),
    (
        "at a block for ever",
        lambda w: w.then(_stands_still(chain_sync.backward(w.blocks[0].point, w.tip), 2)),
        BROKEN,
        "stood already",
    ),
    (
        "another answer",
        lambda w: w.then(_acquires(says(segment(mux.STATE_QUERY, b"\x81\x01")))),
        BROKEN,
        "no answer to a state query",
    ),
    ("closes after a block", lambda w: w.then(lambda _peer: None), LOST, "lost: "),
    ("stalls at a block's end", lambda w: w.then(says(w.part[:-20])), SLOW, "the rest of a message"),
    ("stalls in the middle of a segment's head", lambda w: w.then(says(w.part[:5])), SLOW, "the rest of a message"),
    ("promises too much", lambda w: w.then(syncs(HUGE + bytes(50))), BROKEN, "a block of"),
    ("zeros", lambda w: w.then(says(bytes(40))), BROKEN, "segment"),
    ("breaks that end nothing", lambda w: w.then(syncs(b"\xff\xff\xff")), BROKEN, "no message"),
    ("an unknown message of two parts", lambda w: w.then(syncs(dumps([9, 9]))), BROKEN, "chain-sync"),
    ("a header of breaks", lambda w: w.then(syncs(w.forward(w.broken))), BROKEN, "no header"),
    ("another genesis", lambda w: syncs(w.begun, w.foreign), "NEC-W006", "genesis"),
    ("leaves out four blocks", lambda w: w.then(syncs(w.forward(w.blocks[5].raw))), BROKEN, "follows"),
    ("goes back to nowhere first", lambda w: syncs(chain_sync.backward(Point(5, bytes(32)), w.tip)), BROKEN, "goes back"),
)


@pytest.mark.parametrize(("make", "code", "text"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_answer_about_blocks_is_named(
    make: Callable[[Wire], Act], code: str, text: str, blocks: list[Offered], tmp_path: Path
) -> None:
    wire = Wire(blocks)
    with peers(tmp_path / "s", met(blocks, make(wire))) as (_, where), in_time():
        reader = node_source(where)
        with pytest.raises(NectarError) as caught:
            for _event in all_events(reader):
                pass
        reader.close()
    text = text.format(w=wire)
    check(caught.value, code, text)


MEETINGS: tuple[tuple[str, Callable[[Wire], Act], str, str], ...] = (
    ("silent", lambda w: Peer.until_gone, SLOW, "an intersection of the two chains within 0.3 s"),
    ("gone", lambda w: lambda _peer: None, LOST, "the other side closed it"),
    ("half closed", lambda w: half_close, LOST, "the other side closed it"),
    ("half an answer", lambda w: syncs(chain_sync.intersect_found(ORIGIN, w.tip)[:9]), SLOW, "within 0.3 s"),
    ("a point that was not offered", lambda w: syncs(chain_sync.intersect_found(ELSEWHERE, w.tip)), BROKEN, "not offered, came"),
    ("a block", lambda w: syncs(w.first), BROKEN, "an intersection was asked for, and forward came"),
    ("word to wait", lambda w: syncs(chain_sync.AWAIT_REPLY), BROKEN, "an intersection was asked for, and await came"),
    ("a rollback", lambda w: syncs(w.begun), BROKEN, "an intersection was asked for, and backward came"),
    ("a tip that is none", lambda w: syncs(b"\x83\x05\x80\x00"), BROKEN, "no tip"),
    ("garbage", lambda w: syncs(b"\xff"), BROKEN, "no message"),
    (
        "a state nobody asked for",
        lambda w: says(segment(mux.STATE_QUERY, state_query.ACQUIRED)),
        SLOW,
        "an intersection of the two chains",
    ),
)


@pytest.mark.parametrize(("make", "code", "text"), [case[1:] for case in MEETINGS], ids=[case[0] for case in MEETINGS])
def test_a_wrong_answer_about_where_chains_meet_is_named(
    make: Callable[[Wire], Act], code: str, text: str, blocks: list[Offered], tmp_path: Path
) -> None:
    with peers(tmp_path / "s", shaken(in_turn(read_one, make(Wire(blocks))))) as (_, where), in_time():
        reader = node_source(where)
        with pytest.raises(NectarError) as caught:
            reader.meet([ORIGIN])
        reader.close()
    check(caught.value, code, text)


def test_a_node_that_knows_none_of_our_points_is_no_error_to_ask(blocks: list[Offered], tmp_path: Path) -> None:
    with peers(tmp_path / "s", good(blocks)) as (_, where):
        reader = node_source(where)
        assert reader.meet([ELSEWHERE]) is None
        assert reader.tip == (blocks[-1].point, blocks[-1].block_no)
        with pytest.raises(SourceError) as caught:
            next(reader.follow([ELSEWHERE]))
        reader.close()
    check(caught.value, "NEC-W008", "none of the 1 points")


PLACES: tuple[tuple[str, Callable[[Wire], Act]], ...] = (
    ("a lost connection", lambda w: met(w.blocks, w.then(half_close))),
    ("no answer", lambda w: met(w.blocks, Peer.until_gone)),
    ("a block that does not link", lambda w: met(w.blocks, syncs(w.begun, w.first, w.third))),
    ("an unknown protocol", lambda w: met(w.blocks, says(segment(77, b"\x81\x00")))),
    ("garbage in chain-sync", lambda w: met(w.blocks, syncs(b"\xff"))),
    ("a point that was not offered", lambda w: shaken(in_turn(read_one, syncs(chain_sync.intersect_found(ELSEWHERE, w.tip))))),
    ("another answer to a query", lambda w: met(w.blocks, w.then(_acquires(says(segment(mux.STATE_QUERY, b"\x81\x01")))))),
)


@pytest.mark.parametrize("make", [case[1] for case in PLACES], ids=[case[0] for case in PLACES])
def test_an_error_says_at_which_address(make: Callable[[Wire], Act], blocks: list[Offered], tmp_path: Path) -> None:
    with peers(tmp_path / "s", make(Wire(blocks))) as (_, where):
        reader = node_source(where)
        with pytest.raises(NectarError) as caught:
            for _event in all_events(reader):
                pass
        reader.close()
    assert caught.value.where == where


def test_a_violation_is_told_though_the_node_hangs_up(blocks: list[Offered], tmp_path: Path) -> None:
    """What it answered is worth more than that it is gone."""

    def act(peer: Peer) -> None:
        peer.sync(chain_sync.AWAIT_REPLY)
        while peer.next()[0] != mux.STATE_QUERY:
            pass
        peer.say(mux.STATE_QUERY, b"\x82\x02\x05")

    for _ in range(5):
        with peers(tmp_path / "s", met(blocks, in_turn(begins(blocks, 1, stays=False), act))) as (_, where):
            reader = node_source(where)
            with pytest.raises(NectarError) as caught:
                for _event in all_events(reader):
                    pass
            reader.close()
        (tmp_path / "s").unlink()
        check(caught.value, BROKEN, "no answer to the question for a state")


def test_a_block_that_was_not_asked_for(blocks: list[Offered], tmp_path: Path) -> None:
    tip = chain_sync.tip_bytes(Tip(blocks[0].point, 1))

    def eager(peer: Peer) -> None:
        peer.shake()
        peer.meet(chain_sync.tip_bytes(Tip(blocks[-1].point, 1)))  # one block ahead: one is asked for
        peer.next()
        peer.sync(chain_sync.backward(ORIGIN, tip))
        for block in blocks:
            peer.sync(chain_sync.forward(block.raw, tip))
        peer.until_gone()

    reader = node_source(str(tmp_path / "s"))
    with peers(tmp_path / "s", eager), pytest.raises((SourceError, TransientError)) as caught:
        for _event in all_events(reader):
            pass
    reader.close()
    assert caught.value.code in (BROKEN, SLOW)
