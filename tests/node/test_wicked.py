"""Nodes that hang, lie and die: every one ends in its own error, in time, or is tried again until it is well."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain as joined
from pathlib import Path
from typing import Any

import pytest
from cbor2 import dumps

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import FatalError, GenesisError, NectarError, SourceError, StoppedError, TransientError
from nectar.nodeserver.chain import Offered
from nectar.sources.events import CaughtUp, RollBackward, RollForward
from nectar.sources.node import chain_sync, connection, handshake, mux, session, source, state_query
from nectar.sources.node.connection import NodeAddress, connect_to_node, parse_address
from nectar.sources.node.session import Greeting, open_session, versions_of
from nectar.sources.node.source import NodeSource, node_facts
from tests.node.forging import PREVIEW, forged, real_blocks
from tests.node.jobs import node_job, node_plan
from tests.node.wicked import Act, Peer, answer_query, begins, good, in_turn, met, says, shaken, syncs, tip_of, wicked

SOON = 0.3
BOUND = 60.0  # seconds after which a job hangs
LOST, SLOW, BROKEN = "NEC-W002", "NEC-W003", "NEC-W004"
ELSEWHERE = Point(259_180, bytes(32))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HANDSHAKE_SECONDS", "MESSAGE_SECONDS", "INTERSECT_SECONDS", "ACQUIRE_SECONDS", "QUERY_SECONDS"):
        monkeypatch.setattr(session, name, SOON)
    monkeypatch.setattr(source, "NEXT_SECONDS", SOON)
    monkeypatch.setattr(source, "IDLE_SECONDS", SOON)
    monkeypatch.setattr("nectar.runner.retry.FIRST", 0.01)


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    """The first of preview: small, and empty but for one."""
    return real_blocks(chain / "preview/immutable", 0, 1_000)[:30]


@contextmanager
def _in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < BOUND


def _check(error: NectarError, code: str, told: str) -> None:
    assert isinstance(error, TransientError if code in ("NEC-W001", LOST, SLOW) else FatalError)
    assert not isinstance(error, StoppedError)
    assert error.code == code
    assert told in error.what


# -- the handshake ---------------------------------------------------------------------------------------------------


def _refuses(message: bytes) -> Act:
    def act(peer: Peer) -> None:
        peer.next()
        peer.say(mux.HANDSHAKE, message)
        peer.until_gone()

    return act


def _answers(data: bytes, *, stays: bool = True) -> Act:
    def act(peer: Peer) -> None:
        peer.next()
        says(data, stays=stays)(peer)

    return act


def _half_closed(peer: Peer) -> None:
    peer.stream.shutdown(socket.SHUT_WR)
    peer.until_gone()


def _reads(peer: Peer) -> None:
    peer.next()


def _drips(peer: Peer) -> None:
    """A byte now and then of a message that never ends."""
    peer.raw(_segment(mux.CHAIN_SYNC, b"\x83\x02\xd8\x18\x59\xff\xff" + bytes(5_000))[:15])
    for _ in range(200):
        peer.raw(b"\x00")
        time.sleep(SOON / 10)


def _segment(protocol: int, message: bytes) -> bytes:
    return mux.segments(protocol, message, responder=True)


ACCEPT = _segment(mux.HANDSHAKE, handshake.accept(16, 2))
GREETINGS: tuple[tuple[str, Act, str, str], ...] = (
    ("silent", Peer.until_gone, SLOW, "an answer to the handshake within 0.3 s"),
    ("closes at once", lambda _peer: None, LOST, "lost: "),
    ("closes when it has read", _reads, LOST, "the other side closed it"),
    ("closes for writing", _half_closed, LOST, "the other side closed it"),
    (
        "garbage",
        says(b"\xff" * 64),
        BROKEN,
        "a segment of protocol 32767, which is none, marked as the node's and 65,535 bytes long",
    ),
    ("zeros", says(bytes(64)), BROKEN, "an empty segment of handshake"),
    ("HTTP", says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", stays=False), BROKEN, "485454502f312e31"),
    ("SSH", says(b"SSH-2.0-OpenSSH_9.6\r\n"), BROKEN, "5353482d322e302d"),
    ("garbage in a segment", _answers(_segment(mux.HANDSHAKE, b"\xff\xff\xff")), BROKEN, "no message"),
    (
        "no CBOR of a handshake",
        _answers(_segment(mux.HANDSHAKE, dumps({"a": 1}))),
        BROKEN,
        "an answer to the offered versions was expected",
    ),
    ("half an accept", _answers(ACCEPT[:11]), SLOW, "an answer to the handshake"),
    ("half an accept in a whole segment", _answers(_segment(mux.HANDSHAKE, ACCEPT[8:11])), SLOW, "an answer to the handshake"),
    ("half an accept and the end", _answers(ACCEPT[:11], stays=False), LOST, "the other side closed it"),
    ("half a segment's head", _answers(ACCEPT[:5]), SLOW, "an answer to the handshake"),
    ("a block instead", _answers(_segment(mux.CHAIN_SYNC, b"\x81\x01")), BROKEN, "protocol 5 (chain-sync)"),
    ("the client's direction", _answers(mux.segments(mux.HANDSHAKE, ACCEPT[8:])), BROKEN, "marked as a client's"),
    ("an echo", in_turn(lambda peer: says(mux.segments(*peer.next()))(peer)), BROKEN, "marked as a client's"),
    ("an empty segment", _answers(_segment(mux.HANDSHAKE, b"")), BROKEN, "an empty segment of handshake"),
    ("refuses versions", _refuses(handshake.refuse_versions([24, 25])), "NEC-W005", "it speaks V24 to V25, Nectar V9 to V23"),
    ("refuses all versions", _refuses(handshake.refuse_versions([])), "NEC-W005", "it speaks none"),
    (
        "refuses the magic",
        _refuses(handshake.refuse(23, "version data mismatch: 2 /= 1")),
        "NEC-W006",
        "refuses preview (network magic 2): version data mismatch: 2 /= 1",
    ),
    (
        "cannot decode",
        _refuses(dumps([2, [1, 0x8017, "unknown encoding"]])),
        "NEC-W007",
        "it cannot read what it was offered: unknown encoding",
    ),
    ("accepts another magic", _refuses(handshake.accept(16, 1)), "NEC-W006", "it is of the network with magic 1"),
    ("accepts a version of tomorrow", _refuses(handshake.accept(24, 2)), BROKEN, "it accepts version 24, which was not offered"),
    ("accepts a version of nodes", _refuses(dumps([1, 13, [2, False]])), BROKEN, "13 is not a version of Node-to-Client"),
    ("accepts without data", _refuses(dumps([1, 0x8010, None])), BROKEN, "version 16 says None of itself"),
    (
        "answers a question nobody asked",
        _refuses(handshake.versions_reply(2)),
        BROKEN,
        "an answer to the offered versions was expected",
    ),
    ("proposes itself", _refuses(handshake.propose(2)), BROKEN, "an answer to the offered versions was expected"),
    ("a length that never comes", _answers(_segment(mux.HANDSHAKE, b"\x5b" + b"\x7f" * 8)), SLOW, "an answer to the handshake"),
)


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize(("act", "code", "told"), [case[1:] for case in GREETINGS], ids=[case[0] for case in GREETINGS])
def test_a_handshake_that_fails_says_how(act: Act, code: str, told: str, tcp: bool, tmp_path: Path) -> None:
    with wicked(None if tcp else tmp_path / "s", act) as (_, where), _in_time(), pytest.raises(NectarError) as caught:
        open_session(Greeting(parse_address(where), "preview", 2))
    _check(caught.value, code, told)
    assert caught.value.where == where


def test_a_node_that_speaks_no_version_in_common_still_says_which(tmp_path: Path) -> None:
    for number, (message, spoken) in enumerate(
        (
            (handshake.refuse_versions([24, 25]), {24: -1, 25: -1}),
            (handshake.versions_reply(2, [16, 17]), {16: 2, 17: 2}),
            (handshake.accept(12, 2), {12: 2}),
            (b"\x00", {}),
        )
    ):
        with wicked(tmp_path / f"{number}", _refuses(message)) as (_, where):
            assert versions_of(Greeting(parse_address(where), "preview", 2)) == spoken


# -- addresses -------------------------------------------------------------------------------------------------------


def test_no_such_socket_is_said(tmp_path: Path) -> None:
    _check(_no_connection(tmp_path / "none"), "NEC-W001", "there is no such socket")


def test_a_socket_that_nobody_listens_at_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    _check(_no_connection(tmp_path / "left"), "NEC-W001", "nobody listens there")


def test_a_port_that_nobody_listens_at_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        _check(_no_connection(f"127.0.0.1:{taken.getsockname()[1]}"), "NEC-W001", "nobody listens there")


def test_a_file_that_is_no_socket_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no socket")
    _check(_no_connection(tmp_path / "file"), "NEC-W001", "this is no socket")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_socket_cannot_be_reached(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no socket")
    error = _no_connection(tmp_path / "file" if kind == "file" else tmp_path)
    _check(error, "NEC-W001", "the node cannot be reached")
    assert error.hint


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    _check(_no_connection(tmp_path / ("x" * 200)), "NEC-W001", "path too long")


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _check(_no_connection(tmp_path / "file" / "node.socket"), "NEC-W001", "not a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_socket_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        (tmp_path / "s").chmod(0)
        _check(_no_connection(tmp_path / "s"), "NEC-W001", "permission denied")


def test_a_socket_whose_queue_is_full_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        waiting = connect_to_node(NodeAddress(path=str(tmp_path / "s")), 0.2)
        error = _no_connection(tmp_path / "s", 0.2)
        waiting.close()
    _check(error, "NEC-W001", "the node cannot be reached")


REASONS = (
    (errno.EACCES, "permission denied", "may write to the socket"),
    (errno.ENOTSOCK, "this is no socket", "--socket-path"),
    (errno.EHOSTUNREACH, "no route to the host", "network"),
    (errno.ENETUNREACH, "the network is unreachable", "network"),
    (errno.EMFILE, "too many open files", "check the address"),
)


@pytest.mark.parametrize(("number", "told", "hint"), REASONS)
def test_what_the_system_says_is_put_into_words(number: int, told: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_where: NodeAddress, _seconds: float) -> socket.socket:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(connection, "_stream", fails)
    error = _no_connection("node.socket")
    _check(error, "NEC-W001", told)
    assert hint in error.hint


def test_a_host_that_has_no_address_is_said() -> None:
    _check(_no_connection("no-such-host.invalid:3001"), "NEC-W001", "its name is not known")


def _no_connection(where: Path | str, seconds: float = 2.0) -> NectarError:
    with _in_time(), pytest.raises(NectarError) as caught:
        connect_to_node(parse_address(where), seconds)
    assert caught.value.where == str(where)
    return caught.value


def test_a_job_that_cannot_reach_its_node_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "none", node_plan("end_slot = 60", processors="blocks = true"))
    assert caught.value.code == "NEC-W001"
    assert not (tmp_path / "x.db").exists()


# -- chain-sync ------------------------------------------------------------------------------------------------------


def _source(where: str) -> NodeSource:
    return NodeSource(parse_address(where), node_facts(PREVIEW))


def _all_events(found: NodeSource) -> Iterator[Any]:
    assert found.meet([ORIGIN]) == ORIGIN
    return joined.from_iterable(found.events(ORIGIN))


def _junk(block: Offered) -> bytes:
    """A block whose header is of other things."""
    return block.raw[:5] + b"\x61x" + block.raw[6:]


class Wire:
    """Messages about three blocks that follow each other, and some that do not."""

    def __init__(self, blocks: list[Offered]) -> None:
        self.blocks = blocks
        self.tip = tip_of(blocks)
        self.begun = chain_sync.backward(ORIGIN, self.tip)
        self.first, self.second, self.third = (self.forward(one.raw) for one in blocks[:3])
        self.part = _segment(mux.CHAIN_SYNC, self.second)
        self.unlinked = self.forward(forged(blocks[1].raw, 1, blocks[1].point.slot, ELSEWHERE).raw)
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
    ("closes for writing", lambda w: w.then(_half_closed), LOST, "the other side closed it"),
    ("closes within a block", lambda w: w.then(says(w.part[:40], stays=False)), LOST, "lost: "),
    ("stalls within a block", lambda w: w.then(says(w.part[:40])), SLOW, "the rest of a message within 0.3 s"),
    ("stalls within a segment's head", lambda w: w.then(says(w.part[:3])), SLOW, "the rest of a message within 0.3 s"),
    (
        "stalls between a block's segments",
        lambda w: w.then(says(_segment(mux.CHAIN_SYNC, w.second[:100]))),
        SLOW,
        "the rest of a message",
    ),
    ("drips", lambda w: w.then(_drips), SLOW, "the rest of a message within 0.3 s"),
    ("a length that never comes", lambda w: w.then(syncs(HUGE)), BROKEN, "a block of 2,147,483,647 bytes"),
    ("a length beyond numbers", lambda w: w.then(syncs(b"\x83\x02\xd8\x18\x5b" + b"\xff" * 8)), SLOW, "the rest of a message"),
    ("a list that never comes", lambda w: w.then(syncs(b"\x9b" + b"\x7f" * 8)), SLOW, "the rest of a message"),
    ("an unknown protocol", lambda w: w.then(says(_segment(77, b"\x81\x00"))), BROKEN, "protocol 77, which is none"),
    ("transactions", lambda w: w.then(says(_segment(6, b"\x81\x00"))), BROKEN, "protocol 6 (tx-submission)"),
    ("a handshake again", lambda w: w.then(says(ACCEPT)), BROKEN, "protocol 0 (handshake)"),
    (
        "the client's direction",
        lambda w: w.then(says(mux.segments(mux.CHAIN_SYNC, b"\x81\x01"))),
        BROKEN,
        "protocol 5 (chain-sync), marked as a client's",
    ),
    ("an empty segment", lambda w: w.then(says(_segment(mux.CHAIN_SYNC, b""))), BROKEN, "an empty segment of chain-sync"),
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
        lambda w: w.then(_acquires(says(_segment(mux.STATE_QUERY, b"\x81\x63")))),
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
        lambda w: w.then(_acquires(says(_segment(mux.STATE_QUERY, b"\x81\x01")))),
        BROKEN,
        "no answer to a state query",
    ),
)


@pytest.mark.parametrize(("make", "code", "told"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_answer_about_blocks_is_named(
    make: Callable[[Wire], Act], code: str, told: str, blocks: list[Offered], tmp_path: Path
) -> None:
    wire = Wire(blocks)
    with wicked(tmp_path / "s", met(blocks, make(wire))) as (_, where), _in_time():
        found = _source(where)
        with pytest.raises(NectarError) as caught:
            for _event in _all_events(found):
                pass
        found.close()
    told = told.format(w=wire)
    if code == "NEC-W006":
        assert isinstance(caught.value, GenesisError)
    _check(caught.value, code, told)


MEETINGS: tuple[tuple[str, Callable[[Wire], Act], str, str], ...] = (
    ("silent", lambda w: Peer.until_gone, SLOW, "an intersection of the two chains within 0.3 s"),
    ("gone", lambda w: lambda _peer: None, LOST, "the other side closed it"),
    ("half closed", lambda w: _half_closed, LOST, "the other side closed it"),
    ("half an answer", lambda w: syncs(chain_sync.intersect_found(ORIGIN, w.tip)[:9]), SLOW, "within 0.3 s"),
    ("a point that was not offered", lambda w: syncs(chain_sync.intersect_found(ELSEWHERE, w.tip)), BROKEN, "not offered, came"),
    ("a block", lambda w: syncs(w.first), BROKEN, "an intersection was asked for, and forward came"),
    ("word to wait", lambda w: syncs(chain_sync.AWAIT_REPLY), BROKEN, "an intersection was asked for, and await came"),
    ("a rollback", lambda w: syncs(w.begun), BROKEN, "an intersection was asked for, and backward came"),
    ("a tip that is none", lambda w: syncs(b"\x83\x05\x80\x00"), BROKEN, "no tip"),
    ("garbage", lambda w: syncs(b"\xff"), BROKEN, "no message"),
    (
        "a state nobody asked for",
        lambda w: says(_segment(mux.STATE_QUERY, state_query.ACQUIRED)),
        SLOW,
        "an intersection of the two chains",
    ),
)


@pytest.mark.parametrize(("make", "code", "told"), [case[1:] for case in MEETINGS], ids=[case[0] for case in MEETINGS])
def test_a_wrong_answer_about_where_chains_meet_is_named(
    make: Callable[[Wire], Act], code: str, told: str, blocks: list[Offered], tmp_path: Path
) -> None:
    with wicked(tmp_path / "s", shaken(in_turn(_reads, make(Wire(blocks))))) as (_, where), _in_time():
        found = _source(where)
        with pytest.raises(NectarError) as caught:
            found.meet([ORIGIN])
        found.close()
    _check(caught.value, code, told)


def test_a_node_that_knows_none_of_our_points_is_no_error_to_ask(blocks: list[Offered], tmp_path: Path) -> None:
    with wicked(tmp_path / "s", good(blocks)) as (_, where):
        found = _source(where)
        assert found.meet([ELSEWHERE]) is None
        assert found.tip == (blocks[-1].point, blocks[-1].block_no)
        with pytest.raises(SourceError) as caught:
            next(found.follow([ELSEWHERE]))
        found.close()
    _check(caught.value, "NEC-W008", "none of the 1 points")


PLACES: tuple[tuple[str, Callable[[Wire], Act]], ...] = (
    ("a lost connection", lambda w: met(w.blocks, w.then(_half_closed))),
    ("no answer", lambda w: met(w.blocks, Peer.until_gone)),
    ("a block that does not link", lambda w: met(w.blocks, syncs(w.begun, w.first, w.third))),
    ("an unknown protocol", lambda w: met(w.blocks, says(_segment(77, b"\x81\x00")))),
    ("garbage in chain-sync", lambda w: met(w.blocks, syncs(b"\xff"))),
    ("a point that was not offered", lambda w: shaken(in_turn(_reads, syncs(chain_sync.intersect_found(ELSEWHERE, w.tip))))),
    ("another answer to a query", lambda w: met(w.blocks, w.then(_acquires(says(_segment(mux.STATE_QUERY, b"\x81\x01")))))),
)


@pytest.mark.parametrize("make", [case[1] for case in PLACES], ids=[case[0] for case in PLACES])
def test_an_error_says_at_which_address(make: Callable[[Wire], Act], blocks: list[Offered], tmp_path: Path) -> None:
    with wicked(tmp_path / "s", make(Wire(blocks))) as (_, where):
        found = _source(where)
        with pytest.raises(NectarError) as caught:
            for _event in _all_events(found):
                pass
        found.close()
    assert caught.value.where == where


def test_a_violation_is_told_though_the_node_hangs_up(blocks: list[Offered], tmp_path: Path) -> None:
    """What it answered is worth more than that it is gone."""

    def act(peer: Peer) -> None:
        peer.sync(chain_sync.AWAIT_REPLY)
        while peer.next()[0] != mux.STATE_QUERY:
            pass
        peer.say(mux.STATE_QUERY, b"\x82\x02\x05")

    for _ in range(5):
        with wicked(tmp_path / "s", met(blocks, in_turn(begins(blocks, 1, stays=False), act))) as (_, where):
            found = _source(where)
            with pytest.raises(NectarError) as caught:
                for _event in _all_events(found):
                    pass
            found.close()
        (tmp_path / "s").unlink()
        _check(caught.value, BROKEN, "no answer to the question for a state")


# -- nodes that are well ---------------------------------------------------------------------------------------------


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
        *(chain_sync.forward(one.raw, tip) for one in blocks[:2]),
        chain_sync.AWAIT_REPLY,
        stays=False,
    )
    with wicked(tmp_path / "s", met(blocks[:2], in_turn(talk, probed))) as (_, where):
        found = _source(where)
        events = []
        for event in _all_events(found):
            events.append(event)
            if isinstance(event, RollForward) and event.point == blocks[2].point:
                break
        found.close()
    assert [event.point for event in events if isinstance(event, RollForward)] == [block.point for block in blocks[:3]]
    assert any(isinstance(event, CaughtUp) for event in events)
    assert len(probes) == 3


def test_a_rollback_to_a_block_that_was_sent_is_an_event(blocks: list[Offered], tmp_path: Path) -> None:
    other = forged(blocks[1].raw, 1, 39, blocks[0].point)
    with wicked(
        tmp_path / "s",
        met(
            blocks,
            begins(
                blocks, 2, chain_sync.backward(blocks[0].point, tip_of(blocks)), chain_sync.forward(other.raw, tip_of(blocks))
            ),
        ),
    ) as (_, where):
        found = _source(where)
        events = _all_events(found)
        seen = [next(events) for _ in range(4)]
        found.close()
    assert seen == [
        *(RollForward(*block) for block in blocks[:2]),
        RollBackward(blocks[0].point, blocks[0].block_no),
        RollForward(*other),
    ]
