"""TiDB's own parser, asked from Python."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import NamedTuple

PREFIX = (
    "You have an error in your SQL syntax; check the manual that corresponds to your TiDB version for the right syntax to use"
)
SYNTAX = 1064
OWN_CODE = re.compile(r"^\[(\w+):(\d+)\](.*)", re.DOTALL)


class TidbParser:
    """One process; any number of threads may ask it. Close it, or use it as a context."""

    def __init__(self, program: Path) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ask, self._hear = self._process.stdin, self._process.stdout

    def refusal(self, sql: str | bytes) -> str | None:
        """The parser's error text; None when it accepts. Errors: EOFError when the program has ended."""
        statement = sql.encode("utf-8", "surrogateescape") if isinstance(sql, str) else sql
        with self._lock:
            self._ask.write(struct.pack(">I", len(statement)) + statement)
            self._ask.flush()
            text = self._read(int.from_bytes(self._read(4), "big"))
        return text.decode("utf-8", "replace") or None

    def _read(self, size: int) -> bytes:
        data = self._hear.read(size)
        if len(data) != size:
            raise EOFError("TiDB's parser has ended")
        return data

    def close(self) -> None:
        with self._lock:
            self._ask.close()
            self._process.wait(10)
            self._hear.close()

    def __enter__(self) -> TidbParser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class ServerError(NamedTuple):
    code: int
    text: str


def as_server_error(refusal: str) -> ServerError:
    """What the server would make of the parser's text: its own code where the text names one, else a syntax error."""
    own = OWN_CODE.match(refusal)
    if own is not None and int(own[2]) != SYNTAX:
        return ServerError(int(own[2]), own[3])
    return ServerError(SYNTAX, f"{PREFIX} {refusal if own is None else own[3]}")
