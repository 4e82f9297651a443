"""The source `node`: a running node's own chain, block by block, with its forks, over its own socket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nectar.cardano.era_history import EraHistory
from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Era, Point
from nectar.decode.envelope import Header, byron_magic, quick_header
from nectar.decode.head import Malformed
from nectar.sources.events import CaughtUp, Event, RollBackward, RollForward
from nectar.sources.node import chain_sync, faults, mux, state_query
from nectar.sources.node.chain_sync import REQUEST_NEXT, Tip
from nectar.sources.node.connection import NodeAddress
from nectar.sources.node.intersect_points import intersect_points
from nectar.sources.node.session import Greeting, NodeSession, open_session
from nectar.sources.plausible import Eras, Horizon, eras_of, number_trouble

WINDOW = 100
"""Blocks requested and not yet received, far from the tip. More gains nothing, and some servers queue at most 100."""
NEXT_SECONDS = 60.0
"""A node that owes the next block, or word that there is none, must send it within."""
REMEMBERED = 4_096
"""The last blocks that are remembered, to tell a rollback to one of them from nonsense; twice k of a network where that is more.
The caller knows whether an earlier point was ever sent."""
STANDING = 100
"""Rollbacks in a row that change nothing. A node sends one when it begins; a server that only sends these would never end."""
IDLE_SECONDS = 90.0
"""After so many seconds without a block at the tip the node is asked for its tip, to see whether it still answers."""


class NodeFacts(NamedTuple):
    """What the source must know of the network. `history` comes from genesis until the node has sent its eras."""

    name: str
    magic: int
    byron_epoch_slots: int
    genesis_hash: bytes | None
    security_parameter: int
    history: EraHistory


def node_facts(network: Network) -> NodeFacts:
    """The facts of a network."""
    of, k = network, network.security_parameter
    return NodeFacts(of.name, of.magic, of.byron_epoch_slots, of.byron_genesis_hash, k, of.history)


class NodeSource:
    """A node's chain over one connection at a time, opened when it is needed. `notes` are for the run's log.

    Errors of every method: TransientError NEC-W001 to W003 (worth another try); SourceError NEC-W004, W005, W007 and
    GenesisError NEC-W006 (not worth one).
    """

    def __init__(self, address: NodeAddress, facts: NodeFacts, halted: Callable[[], bool] = bool) -> None:
        self.address, self.facts, self._halted = address, facts, halted
        self.notes: list[str] = []
        self.tip: Tip | None = None
        self._session: NodeSession | None = None

    def __str__(self) -> str:
        return str(self.address)

    @property
    def greeting(self) -> Greeting:
        return Greeting(self.address, self.facts.name, self.facts.magic, self._halted)

    def open(self) -> NodeSession:
        """The connection; opened when there is none."""
        if self._session is None:
            self._session = open_session(self.greeting)
        return self._session

    def close(self) -> None:
        """Closes the connection. Another thread may call this: a reader gets NEC-W002."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def meet(self, points: Sequence[Point]) -> Point | None:
        """The first of `points` that is on the node's chain; None when none is. Give the newest first, and about a hundred at
        most."""
        session = self.open()
        answer = session.intersect(list(points))
        with faults.errors_at(session.where):
            _check_tip(answer.tip, Horizon(self.facts.history))
        self.tip = answer.tip
        return answer.point if isinstance(answer, chain_sync.FoundMessage) else None

    def immutable_tip(self) -> tuple[Point, int] | None:
        """The newest block that can never be rolled back, and its number; None where the node cannot say (before V16)."""
        session = self.open()
        if session.version < state_query.IMMUTABLE_SINCE:
            return None
        point = state_query.read_point(session.ask(state_query.POINT, state_query.IMMUTABLE))
        return point, state_query.read_block_no(session.ask(state_query.BLOCK_NO, state_query.IMMUTABLE))

    def follow(self, known_points: Sequence[Point]) -> Iterator[Event]:
        """All events after the newest of `known_points` that is on the node's chain, without end; from the origin where there
        are none.

        A newer known point that is not on it was on a fork: then a `RollBackward` comes first.
        Errors: SourceError NEC-W008 when points are known but none is on this chain.
        """
        offered = intersect_points(known_points) or [ORIGIN]
        common = self.meet(offered)
        if common is None:
            raise faults.no_intersection(len(offered), self.tip.point if self.tip else ORIGIN)
        if common != offered[0]:
            yield RollBackward(common)
        for events in self.events(common):
            yield from events

    def events(self, after: Point, block_no: int = -1) -> Iterator[list[Event]]:
        """All events after the point `after`, which `meet` just returned, in lists of those that came together; `block_no`: its
        number, where that is known.

        Each block must follow from the one before by hash and number, and be possible by now (`sources.plausible`). At most
        `WINDOW` blocks are requested ahead, fewer near the tip. Errors: SourceError NEC-W013 of a block that cannot be true.
        """
        return self._events(self.open(), _Reader(self.facts, after, block_no))

    def _events(self, session: NodeSession, reader: _Reader) -> Iterator[list[Event]]:
        while True:
            ask = reader.to_ask()
            if ask:
                session.send(mux.CHAIN_SYNC, REQUEST_NEXT * ask)
            if not session.receive(IDLE_SECONDS if reader.awaiting else NEXT_SECONDS):
                if not reader.awaiting:
                    raise faults.too_slow(session.where, "the next block, or word that there is none,", NEXT_SECONDS)
                session.ask(state_query.POINT)
            with faults.errors_at(session.where):
                events = reader.read(session.messages())
            self.tip = reader.tip or self.tip
            if events:
                yield events


class _Sent(NamedTuple):
    """What the next block is checked against. `era_tag` and `block_no` are -1 where they are not known, and for the origin."""

    point: Point
    block_no: int
    era_tag: int


class _Reader:
    """The state of chain-sync: requests under way, whether the node said to wait, the last block of its chain and of ours."""

    def __init__(self, facts: NodeFacts, after: Point, block_no: int = -1) -> None:
        self._facts = facts
        self._horizon, self._eras = Horizon(facts.history), Eras(eras_of(facts.history))
        self._last = self._after = _Sent(after, block_no, -1)
        self._begun = False
        self._sent: deque[_Sent] = deque(maxlen=max(REMEMBERED, 2 * facts.security_parameter))
        self._forgot = False  # whether more were sent than are remembered
        self._flying = 0
        self._stood = 0  # rollbacks in a row that went nowhere
        self.awaiting = False
        self.tip: Tip | None = None

    def to_ask(self) -> int:
        """How many more blocks to request now: many together far from the tip; one at a time at the tip."""
        wanted = 1 if self.awaiting else min(self._behind(), WINDOW)
        more = wanted - self._flying if self._flying <= wanted // 2 else 0
        self._flying += more
        return more

    def _behind(self) -> int:
        """Blocks to the tip, at least one. Some servers number their blocks wrongly: then slots tell near from far."""
        if self.tip is None or self._last.block_no < 0:
            return WINDOW
        blocks = self.tip.block_no - self._last.block_no
        return blocks if blocks > 0 else WINDOW if self._last.point.slot < self.tip.point.slot else 1

    def read(self, messages: Sequence[chain_sync.Message]) -> list[Event]:
        events: list[Event] = []
        for message in messages:
            if not self._flying:
                raise faults.violation(f"{_named(message)} came without being asked for")
            if isinstance(message, chain_sync.ForwardMessage):
                self._flying -= 1
                self.awaiting = False
                events.append(self._forward(message))
                if self._last.point == message.tip.point:
                    events.append(CaughtUp())
            elif isinstance(message, chain_sync.BackwardMessage):
                self._flying -= 1
                self.awaiting = False
                self._stands(message.tip)
                if message.point != self._last.point:
                    self._last = self._back_at(message.point)
                    events.append(RollBackward(message.point, self._last.block_no))
                    self._stood = 0
                elif self._stood == STANDING:
                    raise faults.violation(f"it went back to {message.point}, where it stood already, {STANDING} times")
                self._stood += 1
                self._begun = True
            elif isinstance(message, chain_sync.AwaitMessage):
                if self.awaiting:
                    raise faults.violation("it said twice to wait for one block")
                self.awaiting = True
                events.append(CaughtUp())
            else:
                raise faults.violation(f"{_named(message)} came instead of a block")
        return events

    def _stands(self, tip: Tip) -> None:
        """Checks the node's tip, which is the same object for many blocks."""
        if tip is not self.tip:
            _check_tip(tip, self._horizon)
            self.tip = tip

    def _forward(self, message: chain_sync.ForwardMessage) -> RollForward:
        self._stands(message.tip)
        try:
            header = quick_header(message.raw, self._facts.byron_epoch_slots)
        except Malformed as error:
            raise faults.violation(f"the block after {self._last.point} has no header: {error.what}", message.raw) from error
        self._check(header, message.raw)
        self._last = _Sent(Point(header.slot, header.hash), header.block_no, header.era_tag)
        self._begun, self._stood = True, 0
        self._forgot = self._forgot or len(self._sent) == self._sent.maxlen
        self._sent.append(self._last)
        return RollForward(message.raw, self._last.point, header.block_no)

    def _back_at(self, point: Point) -> _Sent:
        """The block to which the node rolls back: one that it sent, the point where the chains met, or one before all that is
        remembered, which the caller checks. Any other would leave a hole."""
        if not self._begun:
            raise faults.violation(f"its first answer goes back to {point}, not to {self._last.point}")
        while self._sent and self._sent[-1].point != point and self._sent[-1].point.slot >= point.slot:
            self._sent.pop()
        if self._sent and self._sent[-1].point == point:
            return self._sent[-1]
        if point != self._after.point and point.slot >= self._after.point.slot and (self._sent or not self._forgot):
            raise faults.violation(f"it goes back to {point}, a block that it never sent")
        if point != self._after.point:
            self._after = _Sent(point, -1, -1)
        return self._after

    def _check(self, header: Header, raw: bytes) -> None:
        last = self._last.point
        if last == ORIGIN:
            self._check_first(header, raw)
        elif header.prev_hash != last.hash:
            named = header.prev_hash.hex() if header.prev_hash is not None else "genesis"
            raise faults.violation(f"the block at slot {header.slot} follows {named}, not {last}")
        if header.slot < last.slot or (header.slot == last.slot and header.era_tag > Era.BYRON):
            raise faults.violation(f"the block at slot {header.slot} comes after {last}")
        trouble = self._trouble(header, raw)
        if trouble:
            raise faults.implausible(f"the block after {last} cannot be true: {trouble}")

    def _trouble(self, header: Header, raw: bytes) -> str:
        """Why the block is impossible; empty when it is possible."""
        tag, slot, before = header.era_tag, header.slot, self._last
        known = before.block_no >= 0 or before.point == ORIGIN
        number = (before.era_tag, before.block_no) if known else None
        return (
            self._horizon.trouble(slot)
            or number_trouble(tag, slot, header.block_no, number)
            or self._eras.trouble(tag, slot, before.era_tag)
            or ("" if raw[1] == tag else "its era's tag is not written as a node writes it")
        )

    def _check_first(self, header: Header, raw: bytes) -> None:
        """The chain's first block names genesis: by its hash in Byron, by nothing in later eras."""
        facts = self._facts
        if header.era_tag <= Era.BYRON and byron_magic(raw, 3) != facts.magic:
            raise faults.other_network(facts.name, facts.magic, f"its first block is of magic {byron_magic(raw, 3)}")
        if header.prev_hash is not None and facts.genesis_hash is not None and header.prev_hash != facts.genesis_hash:
            raise faults.other_network(facts.name, facts.magic, f"its first block names genesis {header.prev_hash.hex()}")


def _check_tip(tip: Tip, horizon: Horizon) -> None:
    """Refuses an impossible tip, because the distance to the tip decides how blocks are written. Errors: SourceError NEC-W013."""
    trouble = horizon.trouble(tip.point.slot) or number_trouble(Era.CONWAY, tip.point.slot, tip.block_no, None)
    if trouble:
        raise faults.implausible(f"the node's tip cannot be true: {trouble}")


def _named(message: chain_sync.Message) -> str:
    return f"the message `{chain_sync.message_name(message)}`"
