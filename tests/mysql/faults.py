"""What is to go wrong: acts, and the rules that choose them. The proxy asks; nothing here touches a socket.

A rule is asked about every packet of statements and answers with an act or None: `^` is any statement's beginning. Rules count for themselves, over all connections.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Answer(NamedTuple):
    """An error packet. `after`: the server runs the statement first (a COMMIT is done, then), else it never hears of it.

    `rolls_back`: the server's transaction is gone with it. None: it is when the statement is COMMIT, or the error says so.
    `closes`: the connection ends behind the packet.
    """

    code: int
    text: str
    after: bool = False
    rolls_back: bool | None = None
    closes: bool = False


class Drop(NamedTuple):
    """The statement never reaches the server; the connection ends, after so many seconds of silence."""

    silence: float = 0.0


class LoseAnswer(NamedTuple):
    """The server runs the statement; its answer is lost and the connection ends, after so many seconds of silence."""

    silence: float = 0.0


class Late(NamedTuple):
    """The connection ends at once for the client; the server gets the statement so many seconds afterwards."""

    seconds: float


class Wait(NamedTuple):
    """All goes well, so many seconds later."""

    seconds: float


class CutLoad(NamedTuple):
    """The connection ends when the server has so many bytes of the file of a LOAD DATA LOCAL."""

    after: int


Act = Answer | Drop | LoseAnswer | Late | Wait | CutLoad
Rule = Callable[[str], Act | None]


class Cut(NamedTuple):
    """The connection ends when so many bytes have gone toward "client" or "server". `reset`: by RST, not by FIN."""

    after: int
    toward: str = "client"
    reset: bool = False


CutRule = Callable[[int], Cut | None]  # asked with the connection's number, from 1


class Refusal(NamedTuple):
    """How the next connections end: by this error in place of a greeting, or without a word."""

    attempts: int = 1
    error: Answer | None = None


@dataclass
class FaultPlan:
    """`delay`: seconds that each exchange takes more, connecting included. `waking`: seconds before the server's greeting.

    `idle_limit`: a connection whose client asks nothing for so many seconds ends without a word.
    The limits are of bytes written: a transaction beyond its own is answered 8004, one row beyond the other 8025.
    """

    rules: list[Rule] = field(default_factory=list)
    cuts: list[CutRule] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    delay: float = 0.0
    waking: float = 0.0
    idle_limit: float | None = None
    transaction_limit: int | None = None
    entry_limit: int | None = None


def at(pattern: str, act: Act, nth: int = 1, times: int = 1) -> Rule:
    """The act, at the nth statement in which the pattern is found, and at the `times` - 1 such statements that follow."""
    found, seen = re.compile(pattern, re.IGNORECASE | re.MULTILINE), 0

    def rule(statement: str) -> Act | None:
        nonlocal seen
        if found.search(statement) is None:
            return None
        seen += 1
        return act if nth <= seen < nth + times else None

    return rule


def by_seed(seed: int, acts: Sequence[tuple[str, Act]], one_in: int = 10, limit: int = 20) -> Rule:
    """Acts drawn among those whose pattern is found in the statement; as many as `limit`, about one in `one_in` of them."""
    draw, left = random.Random(seed), limit

    def rule(statement: str) -> Act | None:
        nonlocal left
        fitting = [act for pattern, act in acts if re.search(pattern, statement, re.IGNORECASE | re.MULTILINE)]
        if not fitting or draw.randrange(one_in) or left <= 0:
            return None
        left -= 1
        return draw.choice(fitting)

    return rule


def on(number: int, cut: Cut) -> CutRule:
    """The cut, on the connection of this number."""
    return lambda connection: cut if connection == number else None


def cuts_by_seed(seed: int, one_in: int = 2, longest: int = 50_000, limit: int = 10) -> CutRule:
    """Cuts at any byte up to `longest`, either direction, of about one in `one_in` connections; as many as `limit`."""
    draw, left = random.Random(seed), limit

    def rule(connection: int) -> Cut | None:
        nonlocal left
        if draw.randrange(one_in) or left <= 0:
            return None
        left -= 1
        return Cut(int(longest ** draw.random()), draw.choice(("client", "server")), draw.random() < 0.3)

    return rule
