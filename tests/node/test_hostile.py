"""Peers that stall, hang up, talk nonsense or are another network's: the designed error, or another try, and the log says which."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cbor2 import dumps

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import GenesisError, NectarError, SourceError, StoppedError, TransientError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Fork, Step, Wait
from nectar.runner import retry
from nectar.runner.report import Quiet
from nectar.runner.signals import Stop
from nectar.sources.node import chain_sync, handshake, mux
from nectar.sources.node import session as sessions
from nectar.sources.node import source as sources
from nectar.sources.node.chain_sync import Tip
from nectar.sources.node.connection import NodeAddress, parse_address
from nectar.sources.node.session import Greeting, open_session
from nectar.sources.node.source import NodeSource, node_facts
from tests.node.forging import PREVIEW, Forge, forged, real_blocks
from tests.node.hostile import Behaviour, Client, cutting, peer, refusal
from tests.node.jobs import node_job, node_plan, rows
from tests.node.serving import serving
from tests.node.waiting import last_slot, parted_by_a_commit
from tests.runner.jobs import same

TIP = Tip(Point(1_000, bytes(range(32))), 50)
BLOCKS_ONLY = "blocks = true"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits that a test can wait for."""
    for name in ("HANDSHAKE_SECONDS", "MESSAGE_SECONDS", "INTERSECT_SECONDS", "ACQUIRE_SECONDS", "QUERY_SECONDS"):
        monkeypatch.setattr(sessions, name, 0.3)
    monkeypatch.setattr(sources, "NEXT_SECONDS", 0.3)
    monkeypatch.setattr(sources, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(retry, "FIRST", 0.01)


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, 400)


class Heard(Quiet):
    """What the log said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, event: str, text: str, **facts: Any) -> None:
        self.said.append((event, text))

    def of(self, event: str) -> list[str]:
        return [text for kind, text in self.said if kind == event]


# -- handshake -----------------------------------------------------------------------------------------------------


def waits(client: Client) -> None:
    client.waits()


def hangs_up(client: Client) -> None:
    client.hears(mux.HANDSHAKE)


def raw(data: bytes) -> Behaviour:
    def behave(client: Client) -> None:
        client.hears(mux.HANDSHAKE)
        client.raw(data)
        client.waits()

    return behave


def answers(message: bytes) -> Behaviour:
    return raw(mux.segments(mux.HANDSHAKE, message, responder=True))


HANDSHAKES: dict[str, tuple[Behaviour, type[NectarError], str, str]] = {
    "silent": (waits, TransientError, "NEC-W003", "handshake"),
    "hangs up": (hangs_up, TransientError, "NEC-W002", "closed"),
    "half an answer": (
        raw(mux.segments(0, handshake.accept(23, 2), responder=True)[:-3]),
        TransientError,
        "NEC-W003",
        "handshake",
    ),
    "speaks HTTP": (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), SourceError, "NEC-W004", "Node-to-Client"),
    "garbage": (raw(bytes(range(7, 200))), SourceError, "NEC-W004", "Node-to-Client"),
    "no CBOR": (answers(b"\xff\xff"), SourceError, "NEC-W004", "no message"),
    "another message": (answers(dumps([7, 1])), SourceError, "NEC-W004", "offered versions"),
    "its own direction": (raw(mux.segments(0, handshake.accept(23, 2))), SourceError, "NEC-W004", "client's"),
    "a version not offered": (answers(handshake.accept(99, 2)), SourceError, "NEC-W004", "version 99"),
    "another magic": (answers(handshake.accept(23, 1)), GenesisError, "NEC-W006", "magic 1"),
    "refuses the magic": (answers(refusal("version data mismatch")), GenesisError, "NEC-W006", "preview"),
    "older versions only": (answers(handshake.refuse_versions([1, 2])), SourceError, "NEC-W005", "V1 to V2"),
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_handshake_that_fails_says_why(name: str, tmp_path: Path) -> None:
    behave, kind, code, words = HANDSHAKES[name]
    with peer(tmp_path / "s", behave), pytest.raises(kind, match=words) as caught:
        open_session(Greeting(parse_address(tmp_path / "s"), "preview", 2))
    assert caught.value.code == code
    assert caught.value.where == str(tmp_path / "s")


def test_addresses_that_nobody_answers_at(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "dead"))
    listener.close()
    for where, words in (("nothing", "no such socket"), ("file", "nobody listens|no socket"), ("dead", "nobody listens")):
        with pytest.raises(TransientError, match=words) as caught:
            open_session(Greeting(parse_address(tmp_path / where), "preview", 2))
        assert caught.value.code == "NEC-W001"
    with pytest.raises(TransientError, match="nobody listens"):
        open_session(Greeting(parse_address("127.0.0.1:9"), "preview", 2))
    with pytest.raises(TransientError, match="name"):
        open_session(Greeting(parse_address("no-such-host.invalid:3001"), "preview", 2))


def test_what_is_a_path_and_what_is_a_host() -> None:
    assert parse_address("/ipc/node.socket") == NodeAddress(path="/ipc/node.socket")
    assert parse_address("node.socket") == NodeAddress(path="node.socket")
    assert parse_address("localhost:3001") == NodeAddress(host="localhost", port=3001)
    assert parse_address("[::1]:3001") == NodeAddress(host="::1", port=3001)
    assert parse_address("./a:3001") == NodeAddress(path="./a:3001")
    assert str(parse_address("[::1]:3001")) == "[::1]:3001"


# -- chain-sync ----------------------------------------------------------------------------------------------------


def syncing(*messages: bytes, ends: str = "waits") -> Behaviour:
    """Agrees, meets at the origin, then says these as they are."""

    def behave(client: Client) -> None:
        client.agrees()
        client.meets(TIP)
        for message in messages:
            client.raw(message)
        if ends == "waits":
            client.waits()
        elif ends == "half":
            client.stream.shutdown(socket.SHUT_WR)
            client.waits()

    return behave


def said(message: bytes) -> bytes:
    return mux.segments(mux.CHAIN_SYNC, message, responder=True)


def hostile(blocks: list[Offered]) -> dict[str, tuple[Behaviour, type[NectarError], str, str]]:
    tip = chain_sync.tip_bytes(TIP)
    first, second = (said(chain_sync.forward(block.raw, tip)) for block in blocks[:2])
    unlinked = said(chain_sync.forward(blocks[5].raw, tip))
    broken = said(chain_sync.forward(blocks[1].raw[:12] + b"\xff" * 30 + blocks[1].raw[42:], tip))
    foreign = forged(blocks[0].raw, 0, 0, Point(0, b"\xab" * 32))
    wait = said(chain_sync.AWAIT_REPLY)

    def not_offered(client: Client) -> None:
        client.agrees()
        client.hears(mux.CHAIN_SYNC)
        client.says(chain_sync.intersect_found(Point(3, bytes(32)), tip))
        client.waits()

    def mute(client: Client) -> None:
        client.agrees()
        client.waits()

    return {
        "never says where they meet": (mute, TransientError, "NEC-W003", "intersection"),
        "meets elsewhere": (not_offered, SourceError, "NEC-W004", "intersection"),
        "stalls": (syncing(first), TransientError, "NEC-W003", "next block"),
        "stalls in a message": (syncing(first, second[:-20]), TransientError, "NEC-W003", "rest of a message"),
        "stalls in a segment's head": (syncing(first, second[:5]), TransientError, "NEC-W003", "rest of a message"),
        "promises too much": (
            syncing(said(b"\x83\x02\xd8\x18\x5a\x7f\xff\xff\xff" + bytes(50))),
            SourceError,
            "NEC-W004",
            "a block of",
        ),
        "half-closed": (syncing(first, ends="half"), TransientError, "NEC-W002", "closed"),
        "hangs up": (syncing(first, ends="now"), TransientError, "NEC-W002", "closed|reset"),
        "says wait twice": (syncing(first, wait, wait), SourceError, "NEC-W004", "twice"),
        "stalls at the tip": (syncing(first, wait), TransientError, "NEC-W003", "state"),
        "a link that is none": (syncing(first, unlinked), SourceError, "NEC-W004", "follows"),
        "a header that is none": (syncing(first, broken), SourceError, "NEC-W004", "no header|follows"),
        "another genesis": (syncing(said(chain_sync.forward(foreign.raw, tip))), GenesisError, "NEC-W006", "genesis"),
        "garbage": (syncing(first, b"\x00" * 40), SourceError, "NEC-W004", "segment"),
        "no CBOR": (syncing(first, said(b"\xff\xff\xff")), SourceError, "NEC-W004", "no message"),
        "another message": (syncing(first, said(dumps([9, 9]))), SourceError, "NEC-W004", "chain-sync"),
        "an intersection instead": (
            syncing(first, said(chain_sync.intersect_found(ORIGIN, tip))),
            SourceError,
            "NEC-W004",
            "found",
        ),
        "back to where nobody was": (
            lambda client: (
                client.agrees(),
                client.hears(mux.CHAIN_SYNC),
                client.says(chain_sync.intersect_found(ORIGIN, tip)),
                client.hears(mux.CHAIN_SYNC),
                client.says(chain_sync.backward(Point(5, bytes(32)), tip)),
                client.waits(),
            )[-1],
            SourceError,
            "NEC-W004",
            "goes back",
        ),
    }


CASES = 18


@pytest.mark.parametrize("number", range(CASES))
def test_a_peer_that_misbehaves_ends_in_the_designed_error(number: int, blocks: list[Offered], tmp_path: Path) -> None:
    behave, kind, code, words = list(hostile(blocks).values())[number]
    source = NodeSource(parse_address(tmp_path / "s"), node_facts(PREVIEW))
    with peer(tmp_path / "s", behave), pytest.raises(kind, match=words) as caught:
        read_on(source)
    source.close()
    assert caught.value.code == code


def test_every_misbehaviour_is_tried(blocks: list[Offered]) -> None:
    assert len(hostile(blocks)) == CASES


def test_a_block_that_was_not_asked_for(blocks: list[Offered], tmp_path: Path) -> None:
    def eager(client: Client) -> None:
        client.agrees()
        client.meets(Tip(blocks[-1].point, 1))  # one block ahead: one is asked for
        for block in blocks:
            client.says(chain_sync.forward(block.raw, chain_sync.tip_bytes(Tip(blocks[0].point, 0 + 1))))
        client.waits()

    source = NodeSource(parse_address(tmp_path / "s"), node_facts(PREVIEW))
    with peer(tmp_path / "s", eager), pytest.raises((SourceError, TransientError)) as caught:
        read_on(source)
    source.close()
    assert caught.value.code in ("NEC-W004", "NEC-W003")


def read_on(source: NodeSource) -> None:
    source.meet([ORIGIN])
    for _ in source.events(ORIGIN):
        pass


# -- whole jobs ----------------------------------------------------------------------------------------------------


def proxy(good: Path, most: int = 1 << 30, then: str = "hangs up") -> Behaviour:
    """A good server, for so many bytes."""

    def behave(client: Client) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(good))

            def back() -> None:
                left = most
                with contextlib.suppress(OSError):
                    while left and (data := server.recv(min(left, 65_536))):
                        client.raw(data)
                        left -= len(data)
                    if not left and then == "hangs up":
                        client.stream.shutdown(socket.SHUT_RDWR)

            thread = threading.Thread(target=back)
            thread.start()
            with contextlib.suppress(OSError):
                while data := client.stream.recv(65_536):
                    server.sendall(data)
                server.shutdown(socket.SHUT_RDWR)
            thread.join()

    return behave


def test_a_job_outlasts_trouble_and_says_what_it_was(blocks: list[Offered], tmp_path: Path) -> None:
    """The first connection stalls within a block, the third (the second asks the ledger) hangs up, the next is good."""
    heard, good = Heard(), tmp_path / "good"
    plan = node_plan(f"end_slot = {blocks[-1].point.slot}", processors=BLOCKS_ONLY)
    with (
        serving(good, blocks),
        peer(tmp_path / "s", proxy(good, 4_000, "stalls"), proxy(good), proxy(good, 5_000), proxy(good)) as came,
    ):
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False, report=heard)
    with serving(tmp_path / "straight", blocks):
        node_job(tmp_path / "straight.db", tmp_path / "straight", plan, once=False)
    same(rows(tmp_path / "x.db"), rows(tmp_path / "straight.db"))
    stalled, lost = heard.of("retry")
    assert "did not answer" in stalled
    assert "was lost" in lost
    assert all("trying again in" in text for text in (stalled, lost))
    assert len(came) == 4


def test_a_job_gives_up_on_an_address_where_nothing_ever_was(tmp_path: Path) -> None:
    heard = Heard()
    with pytest.raises(StoppedError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "nothing", node_plan(), report=heard)
    assert caught.value.code == "NEC-W001"
    assert len(heard.of("retry")) == retry.TRIES - 1
    assert not (tmp_path / "x.db").exists()


def test_nonsense_ends_the_job_at_once_and_what_came_before_stays(blocks: list[Offered], tmp_path: Path) -> None:
    wrong = [*blocks[:10], blocks[12]]
    plan = node_plan(processors=BLOCKS_ONLY)
    with serving(tmp_path / "s", wrong), pytest.raises(SourceError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False)
    assert caught.value.code == "NEC-W004"
    assert (tmp_path / "x.db").exists()


def test_stop_ends_a_job_that_waits_at_the_tip(blocks: list[Offered], tmp_path: Path) -> None:
    stop = Stop()
    began: list[float] = []

    def ask() -> None:
        while last_slot(tmp_path / "x.db") < blocks[-1].point.slot:
            time.sleep(0.02)
        began.append(time.monotonic())
        stop.number = signal.SIGTERM

    with serving(tmp_path / "s", blocks):
        thread = threading.Thread(target=ask)
        thread.start()
        summary = node_job(tmp_path / "x.db", tmp_path / "s", node_plan(processors=BLOCKS_ONLY), once=False, stop=stop)
        thread.join()
    assert time.monotonic() - began[0] < 60
    assert "as asked" in summary.stopped
    assert threading.active_count() < 6


def test_a_rollback_to_before_the_plans_start_is_refused(chain: Path, tmp_path: Path) -> None:
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 201 * 4_320)]
    forge = Forge(bodies, random.Random(1))
    one = forge.extend([], 40)
    other = forge.extend(one[:10], 40)
    assert other[-1].point.slot > one[-1].point.slot
    plan = node_plan(f"start_slot = {one[20].point.slot}\nend_slot = {other[-1].point.slot}", processors=BLOCKS_ONLY)
    then: list[Step] = [Back(10), Fork(Path("1"), 10, 50)]
    script = parted_by_a_commit([Fork(Path("0"), 0, 40)], tmp_path / "x.db", one[-1].point.slot, then)
    with serving(tmp_path / "s", [], script, [one, other]), pytest.raises(NectarError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "s", plan, once=False)
    assert caught.value.code == "NEC-W009"
    assert str(one[9].point.slot) in str(caught.value)
    written = rows(tmp_path / "x.db")
    assert len(written["block"]) == 20
    with serving(tmp_path / "t", [*other, *forge.extend(other, 5)[-5:]]), pytest.raises(NectarError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "t", plan, once=False)
    assert caught.value.code == "NEC-W009"
    same(rows(tmp_path / "x.db"), written)


@pytest.mark.parametrize("honest", [True, False])
def test_a_fork_from_below_the_blocks_that_the_database_remembers(honest: bool, chain: Path, tmp_path: Path) -> None:
    """The connection begins at the database's newest block; the node goes back to one that stands within a batch, or to one
    that never was on the chain that it gave."""
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", 200 * 4_320, 201 * 4_320)]
    forge = Forge(bodies, random.Random(2))
    one = forge.extend([], 40)
    parted = one[30] if honest else forged(bodies[100], 30, one[30].point.slot, one[29].point)
    other = forge.extend([*one[:30], parted], 60)
    before, after = (node_plan(f"end_slot = {end.point.slot}", processors=BLOCKS_ONLY) for end in (one[-1], other[-1]))
    said = Heard()
    with serving(tmp_path / "before", one):
        node_job(tmp_path / "x.db", tmp_path / "before", before)
    script: list[Step] = [Wait(0.2), Back(31), Fork(Path("0"), 31, 90)]
    with serving(tmp_path / "s", [], script, [other]) as stage:
        stage.chain.extend([*one[:30], parted, *one[31:]])
        node_job(tmp_path / "x.db", tmp_path / "s", after, once=False, report=said)
    with serving(tmp_path / "straight", other):
        node_job(tmp_path / "straight.db", tmp_path / "straight", after)
    assert said.of("rollback"), said.said
    same(rows(tmp_path / "x.db"), rows(tmp_path / "straight.db"))


# -- cut anywhere --------------------------------------------------------------------------------------------------


def test_a_connection_cut_at_any_byte_costs_nothing(chain: Path, tmp_path: Path) -> None:
    """Handshake, intersection, rollback, three blocks: cut after every byte that the server sends, or that it is sent."""
    blocks = real_blocks(chain / "preview/immutable", 0, 60)[:3]
    plan = node_plan(f"end_slot = {blocks[-1].point.slot}", processors=BLOCKS_ONLY)
    size = 700 + sum(len(block.raw) for block in blocks)
    step = 1 if os.environ.get("NECTAR_LONG") else 13
    with serving(tmp_path / "s", blocks):
        node_job(tmp_path / "straight.db", tmp_path / "s", plan, once=False)
        straight = rows(tmp_path / "straight.db")
        cuts = [(down, None) for down in [*range(120), *range(120, size, step)]] + [(None, up) for up in range(1, 160, 3)]
        for number, (down, up) in enumerate(cuts):
            database, path = tmp_path / "x.db", tmp_path / f"{number}"
            for old in tmp_path.glob("x.db*"):
                old.unlink()
            with cutting(path, tmp_path / "s", down, up):
                node_job(database, path, plan, once=False)
            same(rows(database), straight)
