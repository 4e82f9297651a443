"""LOAD DATA LOCAL without files: only the bytes that the caller gives with a statement are sent.

In MySQL's protocol the server names the file that it wants, in answer to any statement: a hostile server may ask for any file
of this machine, and PyMySQL would open it. Nectar opens no file. It answers only the token in the statement, once, and closes
the connection at any other request.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import NamedTuple

DATA = "'nectar:data'"
"""Takes the place of the file's name in a statement: ``LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE ..``."""
PACKET = 1 << 18
"""Bytes of one packet. A server with a max_allowed_packet of little more than 256 KiB still accepts it."""


class Load(NamedTuple):
    """A LOAD DATA LOCAL statement whose file is DATA, and the bytes of that file."""

    sql: str
    chunks: Iterable[bytes]


class Offer:
    """The bytes for one statement, under a name that nobody can guess. `sql` has that name in the place of DATA.

    Errors: ValueError when DATA is not there exactly once.
    """

    def __init__(self, load: Load) -> None:
        self.chunks = load.chunks
        self.token = f"nectar-{secrets.token_hex(16)}"
        head, data, tail = load.sql.partition(DATA)
        if not data or DATA in tail:
            raise ValueError(f"the statement must have {DATA} in it exactly once")
        self.sql = f"{head}'{self.token}'{tail}"


def packets(chunks: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """The bytes in pieces of PACKET. None is empty, because an empty packet ends the file."""
    waiting = bytearray()
    for chunk in chunks:
        if len(waiting) + len(chunk) < PACKET:
            waiting += chunk
            continue
        view, start = memoryview(chunk), 0
        if waiting:
            start = PACKET - len(waiting)
            waiting += view[:start]
            yield bytes(waiting)
            waiting.clear()
        while len(view) - start >= PACKET:
            yield view[start : start + PACKET]
            start += PACKET
        waiting += view[start:]
    if waiting:
        yield bytes(waiting)
