"""A connection profile as frozen values: each key with its type, bounds and description. The published schema comes from here.

None: the profile does not say it. What holds then depends on the connection_type: `defaults.DEFAULTS` has those values and why.
Paths are texts as they were written; the reader joins them to the profile's folder. No value of a secret's key is ever shown.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from nectar.config.keys import Keys, Listed, allowed
from nectar.config.profile.model import DEFAULT_PATH

_SECRET = {"x-secret": True}
_OF_A_FILE = allowed("the path of a file")
_ON_ONE_LINE = allowed("a text without line ends or other control characters")
_LINE = r"^[^\u0000-\u001f\u007f]*$"

Line = Annotated[str, Field(min_length=1, pattern=_LINE, json_schema_extra=_ON_ONE_LINE)]
SecretLine = Annotated[str, Field(min_length=1, pattern=_LINE, json_schema_extra=_ON_ONE_LINE | _SECRET)]
PathText = Annotated[str, Field(pattern=r"^[^\u0000]*$", json_schema_extra=_OF_A_FILE)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Hour = Annotated[float, Field(ge=1, le=3_600)]
Day = Annotated[float, Field(ge=1, le=86_400)]
Pause = Annotated[float, Field(ge=0.05, le=3_600)]
"""Seconds: at most an hour, at most a day, and between two tries."""


def _shared(name: str, **more: Any) -> ConfigDict:
    """For a table that stands in several places: the published schema says it once, as `name`."""
    return ConfigDict(json_schema_extra={"x-shared": name, **more})


class SecretPlace(Keys):
    """Where the password is kept. Never the password itself."""

    model_config = _shared(
        "secret",
        minProperties=1,
        maxProperties=1,
        **_SECRET,
        **allowed(
            '{ env = "NAME" }, { file = "PATH" }, { sealed = "nectar:v1:.." }, { command = ".." }, '
            '{ vault = "kv/nectar#password" }, { aws = ".." }, { kubernetes = ".." } or { keyring = ".." }'
        ),
    )

    env: Annotated[
        SecretLine | None, Field(repr=False, description="Name of the environment variable that holds the password.")
    ] = None
    file: Annotated[SecretLine | None, Field(repr=False, description="Path of the file that holds the password.")] = None
    sealed: Annotated[
        str | None,
        Field(
            pattern="^nectar:v1:",
            repr=False,
            description="The password, sealed by nectar secrets seal with a key that is kept elsewhere.",
            json_schema_extra=allowed("a sealed value, which begins with nectar:v1:") | _SECRET,
        ),
    ] = None
    command: Annotated[
        SecretLine | None, Field(repr=False, description="A command line that prints the password; run without a shell.")
    ] = None
    vault: Annotated[
        SecretLine | None, Field(repr=False, description="Path and field of the password in HashiCorp Vault: kv/nectar#password.")
    ] = None
    aws: Annotated[
        SecretLine | None,
        Field(repr=False, description="Name or ARN of a secret in AWS Secrets Manager, and #field when it is JSON."),
    ] = None
    kubernetes: Annotated[
        SecretLine | None, Field(repr=False, description="File of a mounted Kubernetes secret: /var/run/secrets/nectar/password.")
    ] = None
    keyring: Annotated[SecretLine | None, Field(repr=False, description="SERVICE/USER in this machine's keyring.")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretPlace:
        if len(self.model_fields_set) != 1:
            raise ValueError("a secret is kept in exactly one place")
        return self


class PoolKeys(Keys):
    """Connections that are held open, and how long each of their steps may take."""

    model_config = _shared("pool")

    size: Annotated[int | None, Field(ge=1, le=64, description="Connections that commit at once, at most.")] = None
    recycle_seconds: Annotated[
        Day | None,
        Field(description="A connection that was idle for longer is replaced by a new one. tidb-serverless: at most 300."),
    ] = None
    lifetime_seconds: Annotated[
        Day | None, Field(description="A connection that is older is replaced by a new one. tidb-serverless: at most 1,800.")
    ] = None
    first_connect_seconds: Annotated[
        Hour | None, Field(description="How long the first connection of a run may take: a sleeping instance wakes up.")
    ] = None
    connect_seconds: Annotated[Hour | None, Field(description="How long any other connection may take.")] = None
    read_seconds: Annotated[Day | None, Field(description="How long an answer may take.")] = None
    write_seconds: Annotated[Day | None, Field(description="How long sending may take.")] = None


class RetryKeys(Keys):
    """How a lost connection is tried again."""

    model_config = _shared("retry")

    first_seconds: Annotated[Pause | None, Field(description="Time before the second try, doubled for each later one.")] = None
    longest_seconds: Annotated[Pause | None, Field(description="The longest time between two tries.")] = None
    patience_seconds: Annotated[
        float | None, Field(ge=1, le=31_536_000, description="The job gives up after this long without any progress.")
    ] = None
    quota_seconds: Annotated[Day | None, Field(description="Between two tries when a usage quota is exhausted.")] = None


class TunnelKeys(Keys):
    """An SSH server that reaches the database's host and port, which are as seen from there."""

    model_config = _shared("tunnel")

    host: Annotated[Line | None, Field(description="Name or address of the SSH server.")] = None
    port: Annotated[Port, Field(description="Port of the SSH server.")] = 22
    user: Annotated[Line | None, Field(description="User name at the SSH server.")] = None
    key_path: Annotated[
        PathText | None, Field(description="File of the private key; without it and a password, the agent's keys.")
    ] = None
    password: Annotated[
        SecretPlace | None,
        Field(description="Where the SSH user's password is kept; without it and a key, the agent's keys."),
    ] = None
    known_hosts_path: Annotated[
        PathText | None, Field(description="File of the hosts that are known; ~/.ssh/known_hosts when left out.")
    ] = None


class LimitsKeys(Keys):
    """Where connections may go, how often, and how much one transaction carries."""

    model_config = _shared("limits")

    allowed_hosts: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(
            max_length=200,
            description="Names, patterns (*.tidbcloud.com), addresses and CIDR ranges; left out, every host is allowed.",
            json_schema_extra={"minItems": 1, "uniqueItems": True},
        ),
        Listed,
    ] = ()
    attempts_per_minute: Annotated[int | None, Field(ge=1, le=6_000, description="Connections tried in a minute at most.")] = None
    batch_bytes: Annotated[
        int | None, Field(ge=1 << 16, le=1 << 30, description="Bytes of rows in one transaction, about, at most.")
    ] = None
    batch_rows: Annotated[int | None, Field(ge=1, le=1_000_000, description="Rows in one transaction at most.")] = None


class AuditKeys(Keys):
    """Where each attempt to connect is recorded."""

    model_config = _shared("audit")

    file: Annotated[PathText | None, Field(description="A file, to which a JSON line is added for each attempt.")] = None
    table: Annotated[bool | None, Field(description="Whether the table nectar_connection gets a row for each connection.")] = None


class DatabaseKeys(Keys):
    """One database that rows can go to."""

    model_config = _shared("database")

    connection_type: Annotated[
        Literal["sqlite", "mysql", "tidb-local", "tidb-serverless", "tidb-cluster"] | None,
        Field(
            description="sqlite: a file. mysql: MySQL or MariaDB. tidb-local: TiDB on this machine. tidb-serverless: TiDB Cloud "
            "Starter or Essential. tidb-cluster: any other TiDB. Left out: sqlite, or what custom_dsn is for.",
            json_schema_extra={"default": "sqlite"},
        ),
    ] = None
    path: Annotated[
        str,
        Field(
            pattern=r"^[^\u0000]+$",
            description="sqlite: the database file; created if it is missing.",
            json_schema_extra=_OF_A_FILE,
        ),
    ] = DEFAULT_PATH
    host: Annotated[Line | None, Field(description="Name or address of the database server.")] = None
    port: Annotated[
        Port | None, Field(description="Port of the database server: 3306 for mysql and 4000 for TiDB when left out.")
    ] = None
    user: Annotated[
        Line | None,
        Field(description="User name at the database server. TiDB Cloud's have a prefix: 3KMG9RoJdmgyYep.root."),
    ] = None
    database: Annotated[
        Annotated[Line, Field(max_length=64)] | None, Field(description="Name of the database at the server.")
    ] = None
    password: Annotated[
        SecretPlace | None,
        Field(description="Where the user's password is kept, never the password itself. Left out: the user has none."),
    ] = None
    ssl_enabled: Annotated[
        bool | None,
        Field(
            description='Whether the connection is encrypted. false is ssl_mode = "DISABLED"; true refuses a mode that may not '
            "encrypt."
        ),
    ] = None
    ssl_mode: Annotated[
        Literal["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] | None,
        Field(
            description="What the connection must have: nothing, encryption if the server offers it, encryption, a "
            "certificate of a known authority, and a certificate for that host. Left out: VERIFY_IDENTITY, and PREFERRED for "
            "this machine itself."
        ),
    ] = None
    ssl_ca_path: Annotated[
        PathText | None,
        Field(description="File of the authorities whose certificates are trusted; empty or left out: the system's."),
    ] = None
    ssl_cert_path: Annotated[
        PathText | None, Field(description="File of the client's own certificate; empty for none. tidb-serverless takes none.")
    ] = None
    ssl_key_path: Annotated[PathText | None, Field(description="File of the client's own key; empty for none.")] = None
    allow_insecure: Annotated[
        bool | None, Field(description="Allow ssl_mode DISABLED or PREFERRED to a server that is not this machine.")
    ] = None
    use_custom_dsn: Annotated[bool | None, Field(description="Whether custom_dsn says where to connect.")] = None
    custom_dsn: Annotated[
        str | None,
        Field(
            min_length=1,
            repr=False,
            description="A whole connection text without its password: a mysql:// URL, Go's user@tcp(host:4000)/db, or a mysql "
            "command line.",
            json_schema_extra=_SECRET,
        ),
    ] = None
    pool: Annotated[PoolKeys | None, Field(description="Connections of this database alone, instead of the section for all.")] = (
        None
    )
    retry: Annotated[RetryKeys | None, Field(description="Tries of this database alone, instead of the section for all.")] = None
    tunnel: Annotated[
        TunnelKeys | None, Field(description="The SSH server that reaches this database, instead of the section for all.")
    ] = None
    limits: Annotated[LimitsKeys | None, Field(description="Limits of this database alone, instead of the section for all.")] = (
        None
    )
    audit: Annotated[
        AuditKeys | None,
        Field(description="The record of this database's connections alone, instead of the section for all."),
    ] = None


_FOR_EVERY = "For every database; [databases.NAME.{0}] overrides it for one."
_DSN = "write use_custom_dsn = true and the text as custom_dsn in [database], without its password"
_MEANT: JsonDict = dict.fromkeys(("dsn", "url", "uri", "database_url", "connection_string", "connection_url"), _DSN)


class Profile(Keys):
    """Where the rows go. Without any profile: SQLite in ./nectar.db."""

    model_config = ConfigDict(json_schema_extra={"x-meant": _MEANT})

    database: Annotated[DatabaseKeys | None, Field(description="The database that the rows go to, when there is one.")] = None
    databases: Annotated[dict[str, DatabaseKeys], Field(description="Several databases by name: [databases.NAME].")] = Field(
        default_factory=dict
    )
    default: Annotated[
        str | None,
        Field(
            min_length=1,
            description="Which of [databases.NAME] rows go to, unless --database or NECTAR_DATABASE names another.",
        ),
    ] = None
    pool: Annotated[
        PoolKeys | None,
        Field(
            description="Connections that are held open, and how long each of their steps may take. " + _FOR_EVERY.format("pool")
        ),
    ] = None
    retry: Annotated[
        RetryKeys | None, Field(description="How a lost connection is tried again. " + _FOR_EVERY.format("retry"))
    ] = None
    tunnel: Annotated[
        TunnelKeys | None,
        Field(
            description="An SSH server that reaches the database's host and port, which are as seen from there. "
            + _FOR_EVERY.format("tunnel")
        ),
    ] = None
    limits: Annotated[
        LimitsKeys | None,
        Field(
            description="Where connections may go, how often, and how much one transaction carries. "
            + _FOR_EVERY.format("limits")
        ),
    ] = None
    audit: Annotated[
        AuditKeys | None,
        Field(description="Where each attempt to connect is recorded. " + _FOR_EVERY.format("audit")),
    ] = None
