"""What is to go wrong: acts, and the rules that choose them. The proxy asks; nothing here touches a socket.

A rule is asked about every statement and answers with an act or None. Rules count for themselves, over all connections.
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


CutRule = Callable[[int], Cut | None]               # asked with the connection's number, from 1


class Refusal(NamedTuple):
    """How the next connections end: by this error in place of a greeting, or without a word."""

    attempts: int = 1
    error: Answer | None = None


@dataclass
class FaultPlan:
    """`delay`: seconds that each exchange takes more, connecting included.

    The limits are of bytes written: a transaction beyond its own is answered 8004, one row beyond the other 8025.
    """

    rules: list[Rule] = field(default_factory=list)
    cuts: list[CutRule] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    delay: float = 0.0
    transaction_limit: int | None = None
    entry_limit: int | None = None


def at(pattern: str, act: Act, nth: int = 1, times: int = 1) -> Rule:
    """The act, at the nth statement in which the pattern is found, and at the `times` - 1 such statements that follow."""
    found, seen = re.compile(pattern, re.IGNORECASE), 0

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
        fitting = [act for pattern, act in acts if re.search(pattern, statement, re.IGNORECASE)]
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


WRITE_CONFLICT = Answer(
    9007, "Write conflict, txnStartTS=449570114806808577, conflictStartTS=449570114806808578, conflictCommitTS=449570114806808580,"
    " key={tableID=104, tableName=nectar.checkpoint, handle=1}, originalKey=7480, primary=[]byte(nil), reason=Optimistic [try again later]"
)  # fmt: skip
NOT_RETRIED = Answer(8002, "[449570114806808577] can not retry select for update statement")
COMMIT_FAILED = Answer(8022, "Error: KV error safe to retry tikv restarts txn: Txn(Mvcc(TxnLockNotFound)) [try again later]")
SCHEMA_CHANGED = Answer(8028, "Information schema is changed during the execution of the statement (for example, table definition may be updated by other DDL ran in parallel). If you see this error often, try increasing `tidb_max_delta_schema_count`. [try again later]")  # fmt: skip
SCHEMA_CHANGED_OLD = Answer(1105, "Information schema is changed. [try again later]", rolls_back=True)
REGION_UNAVAILABLE = Answer(9005, "Region is unavailable")
PD_TIMEOUT = Answer(9001, "PD server timeout: start timestamp may fall behind safe point")
TIKV_BUSY = Answer(9003, "TiKV server is busy")
DEADLOCK = Answer(1213, "Deadlock found when trying to get lock; try restarting transaction")
TOO_LARGE = Answer(8004, "Transaction is too large, size: {size}")
ENTRY_TOO_LARGE = Answer(8025, "entry too large, the max entry size is {limit}, the size of data is {size}")
IDLE = Answer(4031, "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.", closes=True)  # fmt: skip
QUOTA = Answer(
    1105, "Due to the usage quota being exhausted, access to the cluster '10000000000000000000' has been restricted. Try increasing spending limits or"
    " wait for the next month. See https://docs.pingcap.com/tidbcloud/serverless-limitations#usage-quota", rolls_back=False
)  # fmt: skip
TOO_MANY = Answer(1040, "Too many connections")
ROLLING_BACK = frozenset({1213, 8002, 8005, 8022, 8028, 9007})
AT_COMMIT: list[tuple[str, Act]] = [
    (r"^\s*COMMIT", act)
    for act in (
        WRITE_CONFLICT, NOT_RETRIED, COMMIT_FAILED, SCHEMA_CHANGED, SCHEMA_CHANGED_OLD, REGION_UNAVAILABLE, PD_TIMEOUT, DEADLOCK,
        Drop(), LoseAnswer(), REGION_UNAVAILABLE._replace(after=True), Late(0.2),
    )
]
ANYWHERE: list[tuple[str, Act]] = [("", act) for act in (Drop(), LoseAnswer(), IDLE, TIKV_BUSY)]
