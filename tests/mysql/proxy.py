"""A proxy on loopback between a MySQL client and a real server, which makes go wrong what a plan says.

It reads every packet in both directions, so it takes TLS and compression out of the server's greeting. One thread a
connection; a client's command and its answer are one exchange, and nothing overlaps.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Event as Flag
from threading import Lock, Thread, Timer
from types import TracebackType
from typing import NamedTuple

from tests.mysql import wire
from tests.mysql.faults import Act, Answer, Cut, FaultPlan, Refusal
from tests.mysql.handshake import Persona
from tests.mysql.session import Session, Surroundings
from tests.mysql.streams import Gone, Stream

HEAD = 120  # characters of a statement that the log keeps
PATIENCE_SECONDS = 10


class Event(NamedTuple):
    """`what` is connected, refused, statement, fault, late, closed. `at` is by the monotonic clock."""

    at: float
    connection: int
    what: str
    detail: str


class Proxy:
    """A context; `host` and `port` are where clients connect. `plan` may be exchanged at any time."""

    def __init__(
        self, server: tuple[str, int], plan: FaultPlan | None = None, persona: Persona | None = None, record: bool = False
    ) -> None:
        self.server, self.plan, self.persona, self.record = server, plan or FaultPlan(), persona, record
        self.events: list[Event] = []
        self.recorded: list[str] = []
        self.host, self.port, self.connections = "127.0.0.1", 0, 0
        self._lock, self._stopping = Lock(), Flag()
        self._listener: socket.socket | None = None
        self._threads: list[Thread] = []
        self._timers: list[Timer] = []
        self._live: dict[int, tuple[Stream, Stream]] = {}

    def __enter__(self) -> Proxy:
        self.up()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        for timer in self._timers:
            timer.cancel()
        self.down()
        self.cut_all()
        for thread in [*self._threads, *self._timers]:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a thread of the proxy hangs"

    def up(self) -> None:
        """Connections are accepted; at the same port as before."""
        with self._lock:
            if self._listener is not None:
                return
            self._listener = listener = socket.create_server((self.host, self.port), backlog=64)
            self.port = listener.getsockname()[1]
            self._start(Thread(target=self._accept, args=(listener,), daemon=True))

    def down(self, seconds: float | None = None) -> None:
        """Connections are refused by the system, until `up` or for so many seconds. Those that are open stay."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if seconds is not None:
            timer = Timer(seconds, self.up)
            self._timers.append(timer)
            timer.start()

    def refuse(self, attempts: int = 1, error: Answer | None = None) -> None:
        """The next connections end with the error in place of a greeting, or without a word."""
        with self._lock:
            self.plan.refusals.append(Refusal(attempts, error))

    def cut_all(self) -> None:
        """Every open connection ends now, on both sides."""
        with self._lock:
            live = list(self._live.values())
        for client, server in live:
            client.wake()
            server.wake()

    def happened(self, what: str) -> list[Event]:
        return [event for event in list(self.events) if event.what == what]

    def _start(self, thread: Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                self._start(Thread(target=self._serve, args=(sock, number), daemon=True))

    def _serve(self, sock: socket.socket, number: int) -> None:
        client = Stream(sock, "client")
        with self._lock:
            refusal = self._refusal()
            cut = next((cut for rule in self.plan.cuts if (cut := rule(number)) is not None), None)
        if refusal is not None:
            self._note(number, "refused", repr(refusal))
            if refusal.error is not None:
                with suppress(Gone):
                    client.write(wire.frame(wire.err_packet(refusal.error.code, refusal.error.text), 0))
                    client.flush()
            client.close()
            return
        self._note(number, "connected", repr(cut) if cut is not None else "")
        why = "no server"
        try:
            server = Stream(socket.create_connection(self.server, PATIENCE_SECONDS), "server")
        except OSError:
            client.close()
        else:
            why = self._relay(client, server, number, cut)
        self._note(number, "closed", why)

    def _relay(self, client: Stream, server: Stream, number: int, cut: Cut | None) -> str:
        if cut is not None:
            (client if cut.toward == "client" else server).last = cut.after
        with self._lock:
            self._live[number] = client, server
        around = Surroundings(
            lambda: self.plan, self._act, lambda what, detail: self._note(number, what, detail), self._pause, self.persona
        )
        try:
            if not self._stopping.is_set():
                Session(client, server, around).run()
            return "the proxy stops"
        except Gone as gone:
            return str(gone)
        finally:
            with self._lock:
                del self._live[number]
            client.close(cut is not None and cut.reset)
            server.close()

    def _refusal(self) -> Refusal | None:
        while self.plan.refusals:
            refusal = self.plan.refusals[0]
            if refusal.attempts > 0:
                self.plan.refusals[0] = refusal._replace(attempts=refusal.attempts - 1)
                return refusal
            self.plan.refusals.pop(0)
        return None

    def _act(self, statement: str) -> Act | None:
        """Every rule is asked, so that each counts right; the first that answers is followed."""
        with self._lock:
            acts = [act for rule in self.plan.rules if (act := rule(statement)) is not None]
        return acts[0] if acts else None

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and self._stopping.wait(seconds):
            raise Gone("the proxy stops")

    def _note(self, number: int, what: str, detail: str) -> None:
        if what == "statement" and self.record:
            self.recorded.append(detail)
        self.events.append(Event(time.monotonic(), number, what, detail[:HEAD]))
