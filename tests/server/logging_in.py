"""What hostile servers are asked, and how a login to one ends."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator

import pytest

from nectar.config.profile.model import SslMode, Waits
from nectar.errors import NectarError
from nectar.mysql.connection import MysqlConnection
from tests.server.hostile import Listening, Script, serving
from tests.server.making import asked, joined, server

PASSWORD = "Tulip-in-the-clear-7"
SOON = Waits(first_connect=2, connect=2, read=2, write=2)
DAWDLE = 60  # seconds after which an attempt hangs


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < DAWDLE


def refused(script: Script, mode: SslMode = SslMode.DISABLED, waits: Waits = SOON) -> tuple[NectarError, bytes]:
    """How the login ends, and what the server heard."""
    with serving(script) as listening, pytest.raises(NectarError) as caught:
        joined(server(listening.port, mode, waits=waits), PASSWORD)
    nothing_of_the_password(listening, caught.value)
    return caught.value, listening.heard


def nothing_of_the_password(listening: Listening, error: BaseException) -> None:
    known = {PASSWORD.encode(), hashlib.sha1(PASSWORD.encode()).digest(), hashlib.sha256(PASSWORD.encode()).digest()}
    assert not any(one in listening.heard for one in known)
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    assert not any(PASSWORD in repr(one) or PASSWORD in str(one) for one in chain)


STATEMENTS: dict[str, Callable[[MysqlConnection], object]] = {
    "a query": lambda c: asked(c, "SELECT 1"),
    "an insert": lambda c: c.query("INSERT INTO t VALUES (1)"),
    "several": lambda c: list(c.several(["SELECT 1", "SELECT 2"])),
    "commit": lambda c: c.commit(),
    "rollback": lambda c: c.rollback(),
    "warnings": lambda c: c.show_warnings(),
    "a load": lambda c: c.load_local("LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE t", [b"rows"]),
    "ping": lambda c: c.ping(reconnect=False),
    "a database": lambda c: c.select_db("db"),
}
