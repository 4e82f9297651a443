"""One client's connection through the proxy: the handshake, then exchange after exchange, with what is to go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.mysql import faults, wire
from tests.mysql.answers import Passage, own
from tests.mysql.apart import apart
from tests.mysql.errors import ENTRY_TOO_LARGE, ROLLING_BACK, TOO_LARGE
from tests.mysql.faults import Answer, CutLoad, Drop, FaultPlan, Late, LoseAnswer, Wait
from tests.mysql.handshake import About, Persona, shake_hands
from tests.mysql.streams import Gone, Message, Stream
from tests.mysql.weighing import Load, longest_row, writes
from tests.mysql.wire import Command, Status

ONE_ANSWER = {
    Command.INIT_DB,
    Command.STATISTICS,
    Command.PROCESS_KILL,
    Command.PING,
    Command.SET_OPTION,
    Command.RESET_CONNECTION,
}
COMMIT = re.compile(r"\s*COMMIT\b", re.IGNORECASE)


@dataclass
class Surroundings:
    """What a session has of its proxy. `pause` sleeps, or raises Gone when the proxy stops."""

    plan: Callable[[], FaultPlan]
    act: Callable[[str], faults.Act | None]
    note: Callable[[str, str], None]
    pause: Callable[[float], None]
    persona: Persona | None = None


class Session:
    def __init__(self, client: Stream, server: Stream, around: Surroundings) -> None:
        self.client, self.server, self.around = client, server, around
        self.about, self._weight = About(), 0

    def run(self) -> None:
        """Until one side is gone. Errors: Gone."""
        self.around.pause(self.around.plan().waking)
        self.about.deprecate_eof = shake_hands(self.client, self.server, self.around.persona, self._trip)
        while True:
            self._exchange()

    def _trip(self) -> None:
        self.around.pause(self.around.plan().delay)

    def _exchange(self) -> None:
        asked = self.client.read(self.around.plan().idle_limit)
        if asked.kind == Command.QUIT:
            raise Gone("the client said goodbye")
        self._trip()
        if asked.kind == Command.QUERY:
            self._query(asked.payload[1:].decode("utf-8", "surrogateescape"))
        elif asked.kind in ONE_ANSWER:
            self._ask(asked)
            self._tell(*self.server.read())  # one message, whatever it begins with
        else:
            self._tell(wire.err_packet(1047, f"the proxy does not know command {asked.kind}"), 1)

    def _query(self, statement: str) -> None:
        self.around.note("statement", statement)
        act = self.around.act(statement)
        if act is not None:
            self.around.note("fault", repr(act)[:200])
        match act:
            case Answer(after=False):
                self._fail(act, statement, 1)
            case Answer():
                self._fail(act, statement, self._carry(statement, hears=False))
            case Drop():
                self.around.pause(act.silence)
                raise Gone("dropped a statement")
            case LoseAnswer():
                self._carry(statement, hears=False)
                self.around.pause(act.silence)
                raise Gone("lost an answer")
            case Late():
                self.client.wake()
                self.around.pause(act.seconds)
                self._carry(statement, hears=False)
                self.around.note("late", statement)
                raise Gone("the client had left")
            case Wait():
                self.around.pause(act.seconds)
                self._carry(statement)
            case CutLoad():
                self._carry(statement, cut=act.after)
            case None:
                self._carry(statement)

    def _fail(self, error: Answer, statement: str, sequence: int) -> None:
        rolls_back = error.rolls_back
        if rolls_back is None:
            rolls_back = COMMIT.match(statement) is not None or error.code in ROLLING_BACK
        if rolls_back:
            self._roll_back()
        self._tell(wire.err_packet(error.code, error.text), sequence)
        if error.closes:
            raise Gone("closed behind an error")

    def _roll_back(self) -> None:
        self._ask(Message(b"\x03ROLLBACK", 0))
        self.about.status = wire.parse_ok(self.server.read().payload).status
        self._weight = 0

    def _tell(self, payload: bytes, sequence: int) -> None:
        self.client.put(Message(payload, sequence))
        self.client.flush()

    def _ask(self, message: Message) -> None:
        self.server.put(message)
        self.server.flush()

    def _carry(self, packet: str, hears: bool = True, cut: int | None = None) -> int:
        """The statements to the server, its answers back for who hears them. The number of the message that the client waits for.

        One by one where they are looked at on the way: a persona's words, a transaction's weight.
        """
        asked = b"\x03" + packet.encode("utf-8", "surrogateescape")
        passage = Passage(self.server, self.client, self.about.deprecate_eof, hears, wire.pieces_of(asked))
        looks = self.around.persona is not None or self._limits() != (None, None)
        statements = apart(packet) if looks else [packet]
        for left, statement in enumerate(statements, 1 - len(statements)):
            if not self._statement(statement, passage, left < 0, cut):
                break
        passage.flush()
        return passage.next

    def _statement(self, statement: str, passage: Passage, more: bool, cut: int | None) -> bool:
        """Whether those behind it are to be done."""
        size = len(statement) if writes(statement) else 0
        entry_limit, _ = self._limits()
        answer: str | list[bytes] = self._too_much(
            size, longest_row(statement) if entry_limit is not None and size > entry_limit else 0
        )
        if not answer:
            answer = statement if self.around.persona is None else self.around.persona.answer(statement, self.about)
        if not isinstance(answer, str):
            for payload in own(answer, more):
                passage.put(payload)
            return answer[-1][0] != wire.ERR
        self._weight += size
        self._ask(Message(b"\x03" + answer.encode("utf-8", "surrogateescape"), 0))
        status = passage.answer(lambda request: self._file(request, passage, cut), more)
        if status is None:
            return False
        self.about.status = status
        self._weight = self._weight if status & Status.IN_TRANSACTION else 0
        return True

    def _file(self, request: Message, passage: Passage, cut: int | None) -> Message:
        """A LOAD DATA LOCAL from the server's request on: what it says of it. A file beyond a limit takes the whole transaction
        with it."""
        passage.ask(request.payload)
        load, number = Load(), request.sequence
        while True:
            piece = self.client.read()
            passage.heard(wire.pieces_of(piece.payload))
            number += 1
            if cut is not None and load.size + len(piece.payload) >= cut:
                self.server.write(wire.frame(piece.payload, number)[: wire.HEADER + cut - load.size])
                self.server.flush()
                raise Gone(f"cut after {cut} bytes of a file")
            load.add(piece.payload)
            self.server.put(Message(piece.payload, number))
            number += wire.pieces_of(piece.payload) - 1
            if not piece.payload:
                break
        self._trip()
        self.server.flush()
        said = self.server.read()
        too_much = self._too_much(load.size, load.longest)
        if said.kind == wire.OK and too_much:
            self._roll_back()
            return Message(too_much[0], 0)
        self._weight += load.size
        return said

    def _limits(self) -> tuple[int | None, int | None]:
        """Of an entry and of a transaction; the persona's where the plan has none."""
        plan, persona = self.around.plan(), self.around.persona
        entry, transaction = plan.entry_limit, plan.transaction_limit
        if persona is not None:
            entry = persona.entry_limit if entry is None else entry
            transaction = persona.transaction_limit if transaction is None else transaction
        return entry, transaction

    def _too_much(self, size: int, row: int) -> list[bytes]:
        """The error that TiDB would answer with, if it would."""
        entry, transaction = self._limits()
        if entry is not None and row > entry:
            return [wire.err_packet(ENTRY_TOO_LARGE.code, ENTRY_TOO_LARGE.text.format(limit=entry, size=row))]
        if transaction is not None and size and self._weight + size > transaction:
            return [wire.err_packet(TOO_LARGE.code, TOO_LARGE.text.format(size=self._weight + size))]
        return []
