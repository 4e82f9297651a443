"""A connection after its handshake: each protocol's messages can be sent and read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

from nectar.cardano.point import Point
from nectar.errors import NectarError
from nectar.sources.node import chain_sync, faults, handshake, mux, state_query
from nectar.sources.node.chain_sync import FoundMessage, NotFoundMessage
from nectar.sources.node.connection import Deadline, NodeAddress, NodeConnection, connect_to_node
from nectar.sources.node.message import Cutter

HANDSHAKE_SECONDS = 10.0
MESSAGE_SECONDS = 60.0
"""Within so many seconds a message that has begun must end."""
INTERSECT_SECONDS = 60.0
ACQUIRE_SECONDS, QUERY_SECONDS = 15.0, 120.0
"""A node may need long for an answer while it computes an epoch boundary. A server without a ledger never answers."""


class Greeting(NamedTuple):
    """The node to connect to, and the network that it must be of."""

    address: NodeAddress
    network: str
    magic: int
    halted: Callable[[], bool] = bool
    """True once nobody waits for an answer."""


class NodeSession:
    """Chain-sync and state queries on one connection. Errors: TransientError NEC-W002, NEC-W003; SourceError NEC-W004."""

    def __init__(self, connection: NodeConnection, version: int) -> None:
        self.connection, self.version = connection, version
        self.chain = chain_sync.ChainSyncReader()
        self.tip: chain_sync.Tip | None = None
        self._idle = True  # chain-sync owes no answer, so DONE may be sent
        self._answers = Cutter()
        self._queries: list[bytes] = []
        self._demux = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY)))
        self._begun: Deadline | None = None
        self._messages: list[chain_sync.Message] = []

    @property
    def where(self) -> str:
        return self.connection.where

    def send(self, protocol: int, message: bytes) -> None:
        if protocol == mux.CHAIN_SYNC:
            self._idle = message[:2] != chain_sync.REQUEST_NEXT
        self.connection.send(mux.segments(protocol, message))

    def receive(self, seconds: float | None) -> bool:
        """Reads once; False when nothing came in time. A message that does not end is an error, however long `seconds` is."""
        begun = self._begun
        limit = begun.left if begun is not None and (seconds is None or begun.left < seconds) else seconds
        data = self.connection.receive(limit)
        if data is not None:
            with faults.errors_at(self.where):
                self._demux.feed(data)
                self._sort()
        if self._begun is not None and self._begun.left <= 0:
            raise faults.too_slow(self.where, "the rest of a message", MESSAGE_SECONDS)
        return data is not None

    def _sort(self) -> None:
        before = len(self._messages) + len(self._queries)
        self._messages += self.chain.feed(self._demux.take(mux.CHAIN_SYNC))
        self._queries += self._answers.feed(self._demux.take(mux.STATE_QUERY))
        if not (self._demux.within or self.chain.within or self._answers.within):
            self._begun = None
        elif self._begun is None or len(self._messages) + len(self._queries) > before:
            self._begun = Deadline(MESSAGE_SECONDS)

    def messages(self) -> list[chain_sync.Message]:
        """The messages of chain-sync that came since the last call."""
        messages, self._messages = self._messages, []
        return messages

    def message(self, seconds: float, what: str) -> chain_sync.Message:
        """The next message of chain-sync."""
        deadline = Deadline(seconds)
        while not self._messages:
            if deadline.left <= 0 or (not self.receive(deadline.left) and deadline.left <= 0):
                raise faults.too_slow(self.where, what, seconds)
        return self._messages.pop(0)

    def intersect(self, points: list[Point]) -> FoundMessage | NotFoundMessage:
        """Asks for the first of `points` that is on the node's chain; the node continues after it."""
        self.send(mux.CHAIN_SYNC, chain_sync.find_intersect(points))
        answer = self.message(INTERSECT_SECONDS, "an intersection of the two chains")
        if isinstance(answer, NotFoundMessage) or (isinstance(answer, FoundMessage) and answer.point in points):
            self.tip = answer.tip
            return answer
        came = f"{answer.point}, not offered," if isinstance(answer, FoundMessage) else chain_sync.message_name(answer)
        raise faults.with_place(self.where, faults.violation(f"an intersection was asked for, and {came} came"))

    def ask(self, query: bytes, at: Point | state_query.Volatile = state_query.TIP) -> bytes:
        """The bytes of a query's answer, from the ledger's state after `at`. Errors: SourceError NEC-W011."""
        with faults.errors_at(self.where):
            self._request(state_query.acquire(at))
            state_query.read_acquired(self._answer("a state to be asked about", ACQUIRE_SECONDS), at)
            self._request(state_query.query(query))
            result = state_query.read_result(self._answer("a state query's answer", QUERY_SECONDS))
            self._request(state_query.RELEASE)
        return result

    def _request(self, message: bytes) -> None:
        self.send(mux.STATE_QUERY, message)

    def _answer(self, what: str, seconds: float) -> bytes:
        deadline = Deadline(seconds)
        while not self._queries:
            if deadline.left <= 0 or (not self.receive(deadline.left) and deadline.left <= 0):
                raise faults.too_slow(self.where, what, seconds)
        return self._queries.pop(0)

    def close(self) -> None:
        """Closes it, with DONE where the protocol allows it: not while a block is owed. Another thread may call this."""
        if self._idle:
            with contextlib.suppress(NectarError):
                self.send(mux.CHAIN_SYNC, chain_sync.DONE)
                self.send(mux.STATE_QUERY, state_query.DONE)
        self.connection.close()


def open_session(to: Greeting) -> NodeSession:
    """Connect and shake hands.

    Errors: TransientError NEC-W001 to W003; SourceError NEC-W004, W005, W007; GenesisError NEC-W006.
    """
    connection = connect_to_node(to.address, halted=to.halted)
    try:
        with faults.errors_at(connection.where):
            message = _shake(connection, handshake.propose(to.magic))
            accepted = handshake.read_answer(message, to.network, to.magic)
        return NodeSession(connection, accepted.version)
    except BaseException:
        connection.close()
        raise


def versions_of(to: Greeting) -> dict[int, int]:
    """version -> magic, for the versions that a node says it speaks."""
    connection = connect_to_node(to.address, halted=to.halted)
    try:
        return handshake.read_versions(_shake(connection, handshake.propose(to.magic, query=True)))
    finally:
        connection.close()


def _shake(connection: NodeConnection, proposal: bytes) -> bytes:
    """The answer. Nothing may follow it: a node only speaks when it is asked."""
    connection.send(mux.segments(mux.HANDSHAKE, proposal))
    deadline = Deadline(HANDSHAKE_SECONDS)
    demux, cutter = mux.Demux(frozenset((mux.HANDSHAKE,))), Cutter()
    while True:
        data = connection.receive(deadline.left) if deadline.left > 0 else None
        if data is None:
            raise faults.too_slow(connection.where, "an answer to the handshake", HANDSHAKE_SECONDS)
        demux.feed(data)
        answers = cutter.feed(demux.take(mux.HANDSHAKE))
        if answers:
            return answers[0]
