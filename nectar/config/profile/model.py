"""Where rows go: what a profile's keys mean, checked and complete, with the defaults of its connection_type."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeAlias

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
"""Checked, so that a target built in Python is right too; nothing is converted, and no error shows a value."""


DEFAULT_PATH = "nectar.db"


class ConnectionType(Enum):
    """`connection_type`. MYSQL is MariaDB too."""

    MYSQL = "mysql"
    TIDB_LOCAL = "tidb-local"
    TIDB_SERVERLESS = "tidb-serverless"
    TIDB_CLUSTER = "tidb-cluster"


class SslMode(Enum):
    """MySQL's modes: never encrypt, encrypt if offered, always encrypt, check the certificate's chain, check its name too."""

    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"
    REQUIRED = "REQUIRED"
    VERIFY_CA = "VERIFY_CA"
    VERIFY_IDENTITY = "VERIFY_IDENTITY"


class Reference(NamedTuple):
    """Where a secret is kept. `kind` and `value` are the key and value of `password = { env = ".." }`.

    `key_path` is the profile's dotted path of the secret (``database.password``): a sealed value is bound to it.
    `folder`: the folder that a relative path in `value` counts from. Nothing in it is secret.
    """

    kind: str
    value: str
    key_path: str
    folder: Path = Path()


@dataclass(frozen=True, slots=True, config=STRICT)
class Tls:
    """`ca_path` None: the system's bundle, else certifi's."""

    mode: SslMode
    ca_path: Path | None = None
    cert_path: Path | None = None
    key_path: Path | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class Tunnel:
    """An SSH server that forwards to the database's host and port. `known_hosts` None: the user's own file."""

    host: str
    port: int
    user: str
    key_path: Path | None = None
    password: Reference | None = None
    known_hosts: Path | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class PoolSettings:
    """Seconds. A connection idle for longer than `recycle`, or older than `lifetime`, is replaced before it is used."""

    size: int
    recycle: float
    lifetime: float


@dataclass(frozen=True, slots=True, config=STRICT)
class Waits:
    """Seconds: `first_connect` for the first connection of a run (a sleeping instance wakes up), `connect` for others."""

    first_connect: float
    connect: float
    read: float
    write: float


@dataclass(frozen=True, slots=True, config=STRICT)
class Retry:
    """Seconds between two tries: doubled from `first` to `longest`, plus up to half of it at random. The job gives up after
    `patience` seconds without any progress. `quota`: between two tries when a usage quota is exhausted."""

    first: float
    longest: float
    patience: float
    quota: float


@dataclass(frozen=True, slots=True, config=STRICT)
class ConnectionLimits:
    """Where connections may go, and how many attempts a minute. `hosts`: names, patterns (``*.tidbcloud.com``), addresses and
    CIDR ranges; empty allows every host."""

    hosts: tuple[str, ...] = ()
    attempts_per_minute: int = 60


@dataclass(frozen=True, slots=True, config=STRICT)
class Audit:
    """Where each connection attempt is recorded: a file of JSON lines, and the table `nectar_connection`."""

    file: Path | None = None
    table: bool = False


@dataclass(frozen=True, slots=True, config=STRICT)
class Server:
    """`key` is the profile's dotted path of its table: ``database``, ``databases.prod``; `file` the profile.

    `settings`: session variables to try, in order, each on its own. A refusal is only noted.
    `batch_bytes` and `batch_rows` bound one transaction, `statement_bytes` one statement. `load_data`: whether LOAD DATA LOCAL
    may be used. `notes`: sentences for the person who wrote the profile, where nothing is wrong.
    """

    kind: ConnectionType
    host: str
    port: int
    user: str
    database: str
    password: Reference | None
    tls: Tls
    pool: PoolSettings
    waits: Waits
    retry: Retry
    batch_bytes: int
    batch_rows: int
    statement_bytes: int
    settings: tuple[tuple[str, str], ...] = ()
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    audit: Audit = field(default_factory=Audit)
    tunnel: Tunnel | None = None
    load_data: bool = True
    file: Path | None = None
    key: str = "database"
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """For people. It never holds a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True, config=STRICT)
class SqliteFile:
    """`path` is the database file; it is created if it is missing."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


DEFAULT_TARGET = SqliteFile(Path(DEFAULT_PATH))
"""Where rows go without any profile."""

Target: TypeAlias = SqliteFile | Server
