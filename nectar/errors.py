"""Every exception that Nectar raises on purpose, in one tree.

    NectarError                       what happened . where . what to do next
    |-- PlanError        exit 2       the text is wrong: every complaint at once
    |-- CommandLineError exit 2       the words of the command line are wrong, or do not go together
    |-- TransientError                retried by the runner only
    |   |-- TooBigError               too much for one transaction: the runner makes smaller ones
    |   |-- QuotaError                a quota is used up: the runner waits for minutes
    |   `-- StoppedError exit 1       the runner's patience ended
    `-- FatalError       exit 1       a person must act
        |-- DecodeError               a block's bytes are not what its era's CDDL says
        |   `-- OverflowFatal         a block's transaction or item has no room in the ids of its rows
        |-- SourceError               the chain cannot be read: a chunk is missing, broken, foreign
        |-- GenesisError              a genesis or a network does not match
        |-- SinkError                 the database cannot be used, or was filled by another plan
        |-- ConnectError              the database's server is not whom it should be, or lets nobody in
        |-- SecretError               a secret cannot be had, or not be opened
        `-- UnknowableError           a filter's answer is unknown, and the plan calls that an error

Anything else that reaches the command line is a bug: a report is written and the exit code is 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class NectarError(Exception):
    """What happened, where, and what to do next.

    `what` is one sentence; `where` a place a person can open (``plan.toml:3:7``, ``00012.chunk at byte 4,312``);
    `hint` the next step. `code` is stable (``NEC-S004``) and documented in docs/errors.md.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "", code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} ({self.hint})" if self.hint else head


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a text, and where: `line` and `col` count from 1; 0 means the whole file.

    `source`: that line, where it may be shown to whoever asked: it stands in a plan that they named themselves.
    """

    code: str
    what: str
    file: str
    line: int = 0
    col: int = 0
    path: str = ""
    allowed: str = ""
    suggestion: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.col}" if self.line else self.file


class PlanError(NectarError):
    """A plan or profile text is wrong; carries every complaint found, in file order."""

    exit_code = 2

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        first = self.complaints[0]
        more = f" (and {len(self.complaints) - 1} more)" if len(self.complaints) > 1 else ""
        super().__init__(first.what + more, where=first.place, hint=first.suggestion, code=first.code)


class CommandLineError(NectarError):
    """A command, an option or a value that there is not, or options that exclude each other."""

    exit_code = 2


class TransientError(NectarError):
    """Worth another try: only the runner retries, adapters never do. `retry_after`: seconds before which another try is vain, as
    far as that is known."""

    retry_after = 0.0


class TooBigError(TransientError):
    """A batch is too much for one transaction of this server: the same will not do, less may. `over`: how many times too much, as
    far as that is known."""

    def __init__(self, what: str, *, where: str = "", hint: str = "", code: str = "", over: float = 1.0) -> None:
        super().__init__(what, where=where, hint=hint, code=code)
        self.over = over


class QuotaError(TransientError):
    """A quota of the service is used up: worth another try in minutes, not in seconds."""


class StoppedError(TransientError):
    """The runner tried again until its patience ended."""


class FatalError(NectarError):
    """A person must act; nothing is lost, nothing is half-written."""


class DecodeError(FatalError):
    """A block that cannot be decoded. `path` is the CBOR path (``block.transaction_bodies[3].outputs``); `raw` its bytes."""

    def __init__(
        self,
        what: str,
        *,
        slot: int | None = None,
        block_hash: bytes | None = None,
        path: str = "",
        raw: bytes = b"",
        hint: str = "",
        code: str = "NEC-D001",
    ) -> None:
        self.slot, self.block_hash, self.path, self.raw = slot, block_hash, path, raw
        super().__init__(what, where=self._where(), hint=hint, code=code)

    def _where(self) -> str:
        parts = []
        if self.slot is not None:
            parts.append(f"slot {self.slot}")
        if self.block_hash is not None:
            parts.append(f"block {self.block_hash.hex()}")
        if self.path:
            parts.append(self.path)
        return ", ".join(parts)


class OverflowFatal(DecodeError):
    """A place on the chain is larger than the room its id gives it; the block is refused, as one that cannot be decoded is."""


class SourceError(FatalError):
    """The chain cannot be read from where the plan says."""


class GenesisError(FatalError):
    """Genesis files, magic numbers or hashes that do not belong together."""


class SinkError(FatalError):
    """The database cannot be used as it stands."""


class ConnectError(FatalError):
    """No connection to the database's server until a person changes something: TLS, rights, names, where it may go."""


class SecretError(FatalError):
    """A secret cannot be had, or not be opened."""


class UnknowableError(FatalError):
    """Whether a transaction is to be kept cannot be known; what came before its block is committed."""
