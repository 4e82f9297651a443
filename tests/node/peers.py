"""Servers that keep to the protocol as far as a test wants, and then break it: plain sockets in threads."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import GenesisError, NectarError, SourceError, StoppedError, TransientError
from nectar.nodeserver.chain import Chain, Offered
from nectar.runner import retry
from nectar.runner.report import Quiet
from nectar.sources.node import chain_sync, handshake, mux, session, source, state_query
from nectar.sources.node.chain_sync import FindIntersect, RequestNext, Tip
from nectar.sources.node.connection import parse_address
from nectar.sources.node.message import Cutter
from nectar.sources.node.source import NodeSource, node_facts
from tests.node.forging import PREVIEW

PROTOCOLS = frozenset((mux.HANDSHAKE, mux.CHAIN_SYNC, mux.STATE_QUERY))
MAGIC = 2
PATIENCE = 60.0
"""Seconds after which a server hangs up on a client that says nothing: a client that waits for ever fails its test."""


class Peer:
    """The server's end of one connection. EOFError when the client is gone."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self._demux = mux.Demux(PROTOCOLS, from_responder=False)
        self._cutters = {number: Cutter() for number in PROTOCOLS}
        self._asked: list[tuple[int, bytes]] = []

    def next(self) -> tuple[int, bytes]:
        """The client's next message and its protocol."""
        while not self._asked:
            data = self.stream.recv(1 << 16)
            if not data:
                raise EOFError
            self._demux.feed(data)
            for number, cutter in self._cutters.items():
                self._asked += [(number, message) for message in cutter.feed(self._demux.take(number))]
        return self._asked.pop(0)

    def raw(self, data: bytes) -> None:
        self.stream.sendall(data)

    def say(self, protocol: int, message: bytes) -> None:
        self.raw(mux.segments(protocol, message, responder=True))

    def sync(self, *messages: bytes) -> None:
        """Messages of chain-sync, together."""
        self.raw(b"".join(mux.segments(mux.CHAIN_SYNC, message, responder=True) for message in messages))

    def until_gone(self) -> None:
        with contextlib.suppress(EOFError):
            while True:
                self.next()

    def shake(self, version: int = 16) -> None:
        self.next()
        self.say(mux.HANDSHAKE, handshake.accept(version, MAGIC))

    def meet(self, tip: bytes, at: Point | None = None) -> None:
        """Answers a question for an intersection with the first point asked for, or `at`."""
        request = chain_sync.read_request(self.next()[1])
        assert isinstance(request, FindIntersect)
        self.sync(chain_sync.intersect_found(request.points[0] if at is None else at, tip))


Act: TypeAlias = Callable[[Peer], None]


def tip_of(blocks: Sequence[Offered]) -> bytes:
    last = blocks[-1]
    return chain_sync.tip_bytes(Tip(last.point, last.block_no))


def good(blocks: Sequence[Offered], *, stop_after: int | None = None) -> Act:
    """Does all it should; returns after so many answers about blocks, the first of which says where it begins."""

    def act(peer: Peer) -> None:
        peer.shake()
        offered = Chain()
        offered.extend(blocks)
        tip = tip_of(blocks)
        at, placed, answered, waits = 0, False, 0, False
        while True:
            protocol, message = peer.next()
            if protocol == mux.STATE_QUERY:
                answer_query(peer, message, blocks[-1].point)
                continue
            match chain_sync.read_request(message):
                case FindIntersect(points):
                    common = next((point for point in points if offered.after(point) is not None), None)
                    if common is None:
                        peer.sync(chain_sync.intersect_not_found(tip))
                        continue
                    at, placed = offered.after(common) or 0, False
                    peer.sync(chain_sync.intersect_found(common, tip))
                case RequestNext():
                    if stop_after is not None and answered >= stop_after:
                        return
                    if not placed:
                        placed = True
                        peer.sync(chain_sync.backward(offered.tip_at(at).point, tip))
                    elif at < len(blocks):
                        peer.sync(chain_sync.forward(blocks[at].raw, tip))
                        at += 1
                    elif not waits:
                        waits = True
                        peer.sync(chain_sync.AWAIT_REPLY)
                    answered += 1

    return act


def answer_query(peer: Peer, message: bytes, tip: Point) -> None:
    """The tip's state and its point, which are all that a source asks for at the tip."""
    if message in (state_query.acquire(state_query.TIP), state_query.acquire(state_query.IMMUTABLE)):
        peer.say(mux.STATE_QUERY, state_query.ACQUIRED)
    elif message == state_query.query(state_query.POINT):
        peer.say(mux.STATE_QUERY, state_query.result(state_query.acquire(tip)[2:]))


def met(blocks: Sequence[Offered], then: Act, *, times: int = 1) -> Act:
    """Shakes hands, agrees to start where the client would, waits for its first request, and then acts."""

    def act(peer: Peer) -> None:
        peer.shake()
        for _ in range(times):
            peer.meet(tip_of(blocks))
        assert isinstance(chain_sync.read_request(peer.next()[1]), RequestNext)
        then(peer)

    return act


def shaken(then: Act) -> Act:
    def act(peer: Peer) -> None:
        peer.shake()
        then(peer)

    return act


def says(*data: bytes, stays: bool = True) -> Act:
    """Sends bytes as they are, and stays silent, or hangs up."""

    def act(peer: Peer) -> None:
        for piece in data:
            peer.raw(piece)
        if stays:
            peer.until_gone()

    return act


def syncs(*messages: bytes, stays: bool = True) -> Act:
    return says(b"".join(mux.segments(mux.CHAIN_SYNC, message, responder=True) for message in messages), stays=stays)


def in_turn(*acts: Act) -> Act:
    def act(peer: Peer) -> None:
        for step in acts:
            step(peer)

    return act


def begins(blocks: Sequence[Offered], count: int, *more: bytes, stays: bool = True) -> Act:
    """Rolls back to the origin, forward to `count` blocks, then sends `more` messages."""
    tip = tip_of(blocks)
    return syncs(
        chain_sync.backward(ORIGIN, tip), *(chain_sync.forward(block.raw, tip) for block in blocks[:count]), *more, stays=stays
    )


@contextmanager
def peers(where: Path | None, *acts: Act) -> Iterator[tuple[list[int], str]]:
    """Listens at a unix socket, or on TCP. The n-th connection gets the n-th act, later ones the last.

    Gives a list with an entry for each connection that came, and the address."""
    listener = socket.socket(socket.AF_INET if where is None else socket.AF_UNIX)
    listener.bind(("127.0.0.1", 0) if where is None else str(where))
    listener.listen(16)
    came: list[int] = []
    streams: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(stream: socket.socket, act: Act) -> None:
        stream.settimeout(PATIENCE)
        with stream, contextlib.suppress(EOFError, OSError):
            act(Peer(stream))

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = listener.accept()
                streams.append(stream)
                act = acts[min(len(came), len(acts) - 1)]
                came.append(len(came))
                threads.append(threading.Thread(target=serve, args=(stream, act), daemon=True))
                threads[-1].start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    address = str(where) if where is not None else f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield came, address
    finally:
        for stream in (listener, *streams):
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (thread, *threads):
            each.join(60)


def hurry(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    """Shortens every time limit of a connection to one that a test can wait for."""
    for name in ("HANDSHAKE_SECONDS", "MESSAGE_SECONDS", "INTERSECT_SECONDS", "ACQUIRE_SECONDS", "QUERY_SECONDS"):
        monkeypatch.setattr(session, name, seconds)
    monkeypatch.setattr(source, "NEXT_SECONDS", seconds)
    monkeypatch.setattr(source, "IDLE_SECONDS", seconds)
    monkeypatch.setattr(retry, "FIRST", 0.01)


@contextmanager
def in_time(seconds: float = 60.0) -> Iterator[None]:
    """A generous end: what takes longer hangs."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def check(error: NectarError, code: str, text: str) -> None:
    """The designed error: its class, its code, and words of its message."""
    if code in ("NEC-W001", "NEC-W002", "NEC-W003"):
        assert isinstance(error, TransientError)
    else:
        assert isinstance(error, GenesisError if code == "NEC-W006" else SourceError)
    assert not isinstance(error, StoppedError)
    assert error.code == code
    assert text in error.what


def node_source(where: str) -> NodeSource:
    return NodeSource(parse_address(where), node_facts(PREVIEW))


def all_events(reader: NodeSource) -> Iterator[Any]:
    """Every event from the origin on."""
    assert reader.meet([ORIGIN]) == ORIGIN
    return chain.from_iterable(reader.events(ORIGIN))


def half_close(peer: Peer) -> None:
    peer.stream.shutdown(socket.SHUT_WR)
    peer.until_gone()


def read_one(peer: Peer) -> None:
    peer.next()


def segment(protocol: int, message: bytes) -> bytes:
    """A message in a segment of the node's."""
    return mux.segments(protocol, message, responder=True)


class Said(Quiet):
    """A report that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, dict[str, Any]]] = []

    def say(self, event: str, text: str, **facts: Any) -> None:
        self.said.append((event, text, facts))

    def of(self, event: str) -> list[str]:
        return [text for kind, text, _ in self.said if kind == event]

    def codes(self, event: str) -> list[str]:
        return [facts["code"] for kind, _, facts in self.said if kind == event]
