"""LOAD DATA LOCAL without files: the bytes that the caller hands over with a statement, and nothing else, ever.

In the protocol it is the server that names the file it wants, whatever the statement was: a hostile server may ask for any
file of this machine, in answer to anything. PyMySQL would open it. Here no file is opened; only the very token that this
statement carries is answered, once, and everything else closes the connection.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import NamedTuple

DATA = "'nectar:data'"
"""Stands in a statement where the file's name would: ``LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE ..``."""
PACKET = 1 << 18
"""Bytes of one packet: below what any server is set to take, down to a quarter of a mebibyte and a little."""


class Load(NamedTuple):
    """A LOAD DATA LOCAL whose file is DATA, and the bytes of that file."""

    sql: str
    chunks: Iterable[bytes]


class Offer:
    """The bytes for one statement, under a name that nobody can guess; `sql` with that name in the place of DATA.

    Errors: ValueError when DATA is not there exactly once.
    """

    def __init__(self, load: Load) -> None:
        self.chunks = load.chunks
        self.token = f"nectar-{secrets.token_hex(16)}"
        head, found, tail = load.sql.partition(DATA)
        if not found or DATA in tail:
            raise ValueError(f"the statement must have {DATA} in it exactly once")
        self.sql = f"{head}'{self.token}'{tail}"


def packets(chunks: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """The same bytes, in pieces of PACKET; none is empty, for an empty packet is the end."""
    kept = bytearray()
    for chunk in chunks:
        if len(kept) + len(chunk) < PACKET:
            kept += chunk
            continue
        view, start = memoryview(chunk), 0
        if kept:
            start = PACKET - len(kept)
            kept += view[:start]
            yield bytes(kept)
            kept.clear()
        while len(view) - start >= PACKET:
            yield view[start : start + PACKET]
            start += PACKET
        kept += view[start:]
    if kept:
        yield bytes(kept)
