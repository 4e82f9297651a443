"""Every exception that Nectar raises on purpose, in one tree.

    NectarError                       what happened . where . what to do next
    |-- PlanError        exit 2       a plan or profile is wrong: every complaint at once
    |-- CommandLineError exit 2       the words of the command line are wrong, or exclude each other
    |-- TransientError                the runner tries again, and only the runner
    |   |-- TooBigError               too much for one transaction: the runner commits smaller batches
    |   |-- QuotaError                a quota is used up: the runner waits for minutes
    |   `-- StoppedError exit 1       the runner tried again as long as it may, and gave up
    `-- FatalError       exit 1       a person must act
        |-- DecodeError               a block's bytes are not what its era's CDDL says
        |   `-- OverflowFatal         a block holds more transactions or items than the ids of its rows can count
        |-- SourceError               the chain cannot be read: a chunk is missing, broken or of another chain
        |-- GenesisError              genesis files and network do not belong together
        |-- SinkError                 the database cannot be used, or was filled by another plan
        |-- ConnectError              the database's server is not the expected one, or refuses the connection
        |-- SecretError               a secret cannot be read or opened
        `-- UnknowableError           a filter's answer is unknown, and the plan makes that an error

Any other exception that reaches the command line is a bug: Nectar writes a report and exits with code 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class NectarError(Exception):
    """What happened, where, and what to do next.

    `what` is one sentence; `where` a place that a person can open (``plan.toml:3:7``, ``00012.chunk at byte 4,312``);
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
    """One error in a text, and its place. `line` and `col` count from 1; 0 means the whole file.

    `source`: the text of the line, where it may be shown: in a plan that the user named.
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
    """An unknown command, option or value, or options that exclude each other."""

    exit_code = 2


class TransientError(NectarError):
    """An error that another try may cure. Only the runner retries; adapters never do.

    `retry_after`: the seconds to wait before another try can succeed, as far as they are known.
    """

    retry_after = 0.0


class TooBigError(TransientError):
    """A batch is too large for one transaction of this server. A smaller batch may succeed.

    `over`: the batch's size divided by the limit, as far as it is known.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "", code: str = "", over: float = 1.0) -> None:
        super().__init__(what, where=where, hint=hint, code=code)
        self.over = over


class QuotaError(TransientError):
    """A quota of the service is used up. Another try may succeed in minutes, not in seconds."""


class StoppedError(TransientError):
    """The runner tried again as long as it may, and gave up."""


class FatalError(NectarError):
    """A person must act. Nothing is lost and nothing is half-written."""


class DecodeError(FatalError):
    """A block cannot be decoded. `path` is the CBOR path (``block.transaction_bodies[3].outputs``), `raw` the block's bytes."""

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
    """A block holds more transactions or items than the ids of its rows can count. It is refused like an undecodable block."""


class SourceError(FatalError):
    """The chain cannot be read from the plan's source."""


class GenesisError(FatalError):
    """Genesis files, magic numbers or hashes do not belong together."""


class SinkError(FatalError):
    """The database cannot be used as it is."""


class ConnectError(FatalError):
    """Nectar cannot connect to the database's server until a person changes TLS, rights, names or the allowed hosts."""


class SecretError(FatalError):
    """A secret cannot be read or opened."""


class UnknowableError(FatalError):
    """Nectar cannot know whether to keep a transaction. The blocks before that one are committed."""
