"""The server: one chain and any number of clients, each at its own position on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Point
from nectar.errors import FatalError, NectarError
from nectar.nodeserver.chain import Chain, Offered
from nectar.nodeserver.listener import listen_at
from nectar.nodeserver.queries import answer
from nectar.nodeserver.script import Back, Drop, Fork, Forward, Step, Wait
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import FindIntersect, RequestNext, Tip
from nectar.sources.node.connection import NodeAddress
from nectar.sources.node.message import Cutter, whole

_READ = 1 << 16
_FULL = 1 << 20  # bytes of answers gathered before they are sent
_REFUSED_SECONDS = 0.2

Say = Callable[[str], None]
Answers = Callable[[bytes, Tip], bytes | None]
"""(query, the state's last block) -> the answer, both as bytes; None when there is none."""


@dataclass(slots=True)
class Stage:
    """What all connections share: the chain, the blocks that it is made of, the script and its progress."""

    network: Network
    base: Iterator[Offered]
    script: Iterator[Step] | None
    fork_blocks: Callable[[Fork], Iterator[Offered]]
    say: Say
    answers: Answers = lambda query, tip: None  # state queries that blocks cannot tell
    chain: Chain = field(default_factory=Chain)
    kept: list[Offered] = field(default_factory=list)  # blocks read from the base so far
    at: int = 0  # blocks of the base that the script has used
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    stepping: asyncio.Lock = field(default_factory=asyncio.Lock)
    clients: set[_Client] = field(default_factory=set)

    def begin(self) -> None:
        """Without a script the chain has all blocks of the base from the start."""
        if self.script is None:
            self.chain.extend(self.base)

    async def step(self) -> bool:
        """Takes steps of the script until one gives a client news; False when the script has ended without any."""
        async with self.stepping:
            before = len(self.chain.blocks), self.chain.tip
            while self.script is not None and (step := next(self.script, None)) is not None:
                await self._do(step)
                if isinstance(step, Drop) or (not isinstance(step, Back) and (len(self.chain.blocks), self.chain.tip) != before):
                    async with self.changed:
                        self.changed.notify_all()
                    return True
            if (len(self.chain.blocks), self.chain.tip) != before:
                async with self.changed:
                    self.changed.notify_all()
                return True
            return False

    async def _do(self, step: Step) -> None:
        if isinstance(step, Forward):
            self.chain.extend(self._next(step.blocks))
        elif isinstance(step, Back):
            self.chain.cut(step.length)
            self.at = min(self.at, step.length)
            for client in self.clients:
                client.cut(step.length)
        elif isinstance(step, Fork):
            self.chain.extend(self.fork_blocks(step))
        elif isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
        else:
            for client in self.clients:
                client.writer.transport.abort()

    def _next(self, count: int) -> list[Offered]:
        while len(self.kept) < self.at + count and (block := next(self.base, None)) is not None:
            self.kept.append(block)
        taken = self.kept[self.at : self.at + count]
        self.at += len(taken)
        return taken


async def serve(stage: Stage, where: NodeAddress, ready: Callable[[str], None]) -> None:
    """Serves until it is cancelled. Errors: FatalError NEC-V003 when the address cannot be used."""
    stage.begin()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Client(stage, reader, writer)
        stage.clients.add(connection)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the server ends
                await connection.talk()
        finally:
            stage.clients.discard(connection)
            writer.close()

    with contextlib.ExitStack() as resources:
        try:
            if where.path:
                listener = resources.enter_context(listen_at(Path(where.path)))
                server = await asyncio.start_unix_server(client, sock=listener)
            else:
                server = await asyncio.start_server(client, where.host, where.port)
        except OSError as error:
            raise FatalError(f"cannot listen: {error.strerror or error}", where=str(where), code="NEC-V003") from error
        port = "" if where.path else str(server.sockets[0].getsockname()[1])
        ready(port)
        async with server:
            await server.serve_forever()


class _Client:
    """One connection: its position on the chain, and how many answers it waits for."""

    def __init__(self, stage: Stage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.stage, self.reader, self.writer = stage, reader, writer
        self.at = 0  # the number of the chain's blocks that it has
        self.placed = False  # it was told where it begins
        self.wanted = 0
        self.awaiting = False
        self.state: Tip | None = None  # the acquired one
        self.more = asyncio.Event()

    def cut(self, length: int) -> None:
        """The chain ends after its first `length` blocks."""
        if self.at > length:
            self.at, self.placed = length, False

    async def talk(self) -> None:
        """Serves the client until either side closes."""
        demux = mux.Demux(frozenset((mux.HANDSHAKE, mux.CHAIN_SYNC, mux.STATE_QUERY)), from_responder=False)
        cutters = {number: Cutter() for number in (mux.HANDSHAKE, mux.CHAIN_SYNC, mux.STATE_QUERY)}
        answering: asyncio.Task[None] | None = None
        agreed = False
        try:
            while data := await self.reader.read(_READ):
                demux.feed(data)
                for message in cutters[mux.HANDSHAKE].feed(demux.take(mux.HANDSHAKE)):
                    agreed = await self._shake(message)
                    if not agreed:
                        return
                    answering = answering or asyncio.create_task(self._answer())
                for message in cutters[mux.CHAIN_SYNC].feed(demux.take(mux.CHAIN_SYNC)):
                    if not await self._on_chain(message):
                        return
                for message in cutters[mux.STATE_QUERY].feed(demux.take(mux.STATE_QUERY)):
                    if not await self._on_query(message):
                        return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except NectarError as error:
            self.stage.say(f"a client was cut off: {error.what}")
        finally:
            if answering is not None:
                answering.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await answering

    def _send(self, protocol: int, message: bytes) -> None:
        self.writer.write(mux.segments(protocol, message, responder=True))

    async def _shake(self, message: bytes) -> bool:
        offered = handshake.read_proposal(message)
        magic, version = self.stage.network.magic, handshake.best(offered)
        if version is None:
            self._send(mux.HANDSHAKE, handshake.refuse_versions(handshake.VERSIONS))
        elif offered[version][0] != magic:
            reason = f"version data mismatch: this node is of network magic {magic}, not {offered[version][0]}"
            self._send(mux.HANDSHAKE, handshake.refuse(version, reason))
        elif offered[version][1]:
            self._send(mux.HANDSHAKE, handshake.versions_reply(magic))
        else:
            self._send(mux.HANDSHAKE, handshake.accept(version, magic))
            return True
        await self.writer.drain()
        await asyncio.sleep(_REFUSED_SECONDS)
        return False

    # -- chain-sync ------------------------------------------------------------------------------------------------

    async def _on_chain(self, message: bytes) -> bool:
        request = chain_sync.read_request(message)
        if isinstance(request, RequestNext):
            self.wanted += 1
            self.more.set()
        elif isinstance(request, FindIntersect):
            if self.wanted:
                self.stage.say("a client asked for an intersection while it waited for blocks")
                return False
            self._intersect(request.points)
        return True

    def _intersect(self, points: Sequence[Point]) -> None:
        chain = self.stage.chain
        tip = chain_sync.tip_bytes(chain.tip)
        for point in points:
            after = chain.after(point)
            if after is not None:
                self.at, self.placed = after, False
                self._send(mux.CHAIN_SYNC, chain_sync.intersect_found(point, tip))
                return
        self._send(mux.CHAIN_SYNC, chain_sync.intersect_not_found(tip))

    async def _answer(self) -> None:
        """Answers requests for blocks. A client that can no longer be answered is disconnected, never left waiting."""
        try:
            await self._answer_in_order()
        except Exception as error:  # noqa: BLE001 - the client must not be left waiting
            if not isinstance(error, ConnectionError):
                what = error.what if isinstance(error, NectarError) else type(error).__name__
                self.stage.say(f"a client was cut off: {what}")
            self.writer.transport.abort()

    async def _answer_in_order(self) -> None:
        stage = self.stage
        while True:
            if not self.wanted:
                self.more.clear()
                await self.more.wait()
            out = self._answers()
            if out:
                self.writer.write(out)
                await self.writer.drain()
                continue
            if await stage.step():
                await asyncio.sleep(0)
                continue
            if not self.awaiting:
                self.awaiting = True
                self._send(mux.CHAIN_SYNC, chain_sync.AWAIT_REPLY)
                await self.writer.drain()
            async with stage.changed:
                await stage.changed.wait_for(self._has_news)

    def _has_news(self) -> bool:
        return not self.placed or len(self.stage.chain.blocks) > self.at

    def _answers(self) -> bytes:
        """The answers that the client waits for and that exist, up to a megabyte."""
        chain = self.stage.chain
        tip = chain_sync.tip_bytes(chain.tip)
        out: list[bytes] = []
        size = 0
        while self.wanted and size < _FULL:
            if not self.placed:
                message = chain_sync.backward(chain.tip_at(self.at).point, tip)
                self.placed = True
            elif self.at < len(chain.blocks):
                message = chain_sync.forward(chain.blocks[self.at].raw, tip)
                self.at += 1
            else:
                break
            self.wanted -= 1
            self.awaiting = False
            segments = mux.segments(mux.CHAIN_SYNC, message, responder=True)
            out.append(segments)
            size += len(segments)
        return b"".join(out)

    # -- state queries ---------------------------------------------------------------------------------------------

    async def _on_query(self, message: bytes) -> bool:
        chain = self.stage.chain
        match whole(message):
            case [0 | 6, list(point)]:
                place = chain.after(Point(point[0], point[1]) if point else ORIGIN)
                self.state = None if place is None else chain.tip_at(place)
                self._send(mux.STATE_QUERY, state_query.FAILED if place is None else state_query.ACQUIRED)
            case [8 | 9]:
                self.state = chain.tip
                self._send(mux.STATE_QUERY, state_query.ACQUIRED)
            case [10 | 11]:
                self.state = chain.tip_at(max(len(chain.blocks) - self.stage.network.security_parameter, 0))
                self._send(mux.STATE_QUERY, state_query.ACQUIRED)
            case [3, _] if self.state is not None:
                stage, query = self.stage, message[2:]
                reply = stage.answers(query, self.state) or answer(query, stage.network, self.state)
                if reply is None:
                    self.stage.say(f"a client asked what chunk files cannot tell: {message[2:].hex()}")
                    return False
                self._send(mux.STATE_QUERY, state_query.result(reply))
            case [5]:
                self.state = None
            case [7]:
                pass
            case _:
                self.stage.say("a client asked out of turn")
                return False
        return True
