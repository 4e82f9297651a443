"""Who the server says it is, and how a client gets past its greeting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.mysql import wire
from tests.mysql.streams import Gone, Message, Stream
from tests.mysql.wire import Capability, Status


@dataclass
class About:
    """What is known of the connection: the server's last status, the client's way of reading results, variables it set."""

    status: int = Status.AUTOCOMMIT
    deprecate_eof: bool = False
    variables: dict[str, str] = field(default_factory=dict)


class Persona(Protocol):
    """Who the server is said to be. Its limits hold where the plan has none of its own."""

    transaction_limit: int | None
    entry_limit: int | None

    def greet(self, greeting: wire.Greeting) -> wire.Greeting: ...

    def answer(self, statement: str, about: About) -> str | list[bytes]:
        """The statement for the server, or the messages that answer it without the server."""


def shake_hands(client: Stream, server: Stream, persona: Persona | None, trip: Callable[[], None]) -> bool:
    """Until the server has let the client in; every plugin's messages pass. Whether results end without EOF. Errors: Gone."""
    trip()  # TCP's own
    first = server.read()
    if first.kind == wire.ERR:
        _tell(client, first)
        raise Gone("the server refused the connection")
    greeting = wire.plain(wire.parse_greeting(first.payload))
    if persona is not None:
        greeting = persona.greet(greeting)
    _tell(client, Message(wire.build_greeting(greeting), first.sequence))
    response = client.read()
    wanted = wire.client_capabilities(response.payload) & greeting.capabilities
    while True:
        trip()
        _tell(server, response)
        said = server.read()
        while said.payload == wire.FAST_AUTH_DONE:
            client.put(said)
            said = server.read()
        _tell(client, said)
        if said.kind == wire.OK:
            return bool(wanted & Capability.DEPRECATE_EOF)
        if said.kind == wire.ERR:
            raise Gone("the server refused the user")
        response = client.read()


def _tell(side: Stream, message: Message) -> None:
    side.put(message)
    side.flush()
