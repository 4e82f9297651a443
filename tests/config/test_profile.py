"""Profiles -> databases, as tables: what each spelling gives, and what is wrong with each slip, where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nectar.config import codes
from nectar.config.complaints.schema import load_schema
from nectar.config.profile.defaults import DEFAULTS
from nectar.config.profile.load import load_databases, load_profile, parse_profile
from nectar.config.profile.model import DEFAULT_TARGET, ConnectionType, Reference, Server, SqliteFile, SslMode, Tls
from nectar.config.profile.sections import SECTIONS
from nectar.errors import PlanError
from tests.config.profiles import GATEWAY, by_dsn, complaints_of, server, table

# profile; what it says of the server that is no default of a plain table's
SAME: list[tuple[str, str, dict[str, Any]]] = [
    ("discrete", table("mysql", "port = 3307"), {"port": 3307}),
    ("URL", by_dsn("mysql://u@db.example.com:3307/n"), {"port": 3307}),
    ("URL of MariaDB", by_dsn("mariadb://u@db.example.com/n"), {}),
    ("URL of SQLAlchemy", by_dsn("mysql+pymysql://u@db.example.com/n?charset=utf8mb4"), {}),
    ("URL of TiDB", by_dsn("tidb://u@db.example.com/n"), {}),
    ("URL with a placeholder", by_dsn("mysql://u:<PASSWORD>@db.example.com/n"), {}),
    ("URL with escapes", by_dsn("mysql://a%40b.c@db.example.com/n%2Fm"), {"user": "a@b.c", "database": "n/m"}),
    ("URL with TLS", by_dsn("mysql://u@db.example.com/n?ssl-mode=REQUIRED"), {"tls": Tls(SslMode.REQUIRED)}),
    ("URL, SQLAlchemy's TLS", by_dsn("mysql://u@db.example.com/n?ssl_verify_cert=true"), {"tls": Tls(SslMode.VERIFY_CA)}),
    ("URL, IPv6", by_dsn("mysql://u@[2001:db8::1]:3307/n"), {"host": "2001:db8::1", "port": 3307}),
    ("Go", by_dsn("u@tcp(db.example.com:3307)/n?tls=true&charset=utf8mb4&parseTime=True&loc=UTC"), {"port": 3307}),
    ("Go, unverified", by_dsn("u@tcp(db.example.com)/n?tls=skip-verify"), {"tls": Tls(SslMode.REQUIRED)}),
    ("Go, IPv6", by_dsn("u@tcp([2001:db8::1]:3307)/n"), {"host": "2001:db8::1", "port": 3307}),
    ("command", by_dsn("mysql -u u -h db.example.com -D n -p"), {}),
    ("command, joined", by_dsn("mysql -uu -hdb.example.com -P3307 n"), {"port": 3307}),
    ("command, long", by_dsn("mysql --user=u --host db.example.com --port=3307 --database n"), {"port": 3307}),
    ("command of MariaDB", by_dsn("/usr/bin/mariadb --ssl-verify-server-cert -uu -h db.example.com -D n"), {}),
    ("command of MariaDB, TLS twice", by_dsn("mariadb --ssl --ssl-verify-server-cert -uu -h db.example.com n"), {}),
    ("command, TLS", by_dsn("mysql -uu -h db.example.com -D n --ssl_mode=verify_ca"), {"tls": Tls(SslMode.VERIFY_CA)}),
    ("host in brackets", table("mysql", host="[2001:db8::1]"), {"host": "2001:db8::1"}),
    ("empty client certificate", table("mysql", 'ssl_cert_path = ""\nssl_key_path = ""'), {}),
    ("ssl_enabled", table("mysql", "ssl_enabled = true"), {}),
    ("said to be open", table("mysql", "ssl_enabled = false\nallow_insecure = true"), {"tls": Tls(SslMode.DISABLED)}),
    ("this machine", table("mysql", host="127.0.0.1"), {"host": "127.0.0.1", "tls": Tls(SslMode.PREFERRED)}),
    ("this machine, encrypted", table("mysql", "ssl_enabled = true", host="::1"), {"host": "::1", "tls": Tls(SslMode.REQUIRED)}),
    ("unverified", table("mysql", 'ssl_mode = "REQUIRED"'), {"tls": Tls(SslMode.REQUIRED)}),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_every_spelling_gives_the_same_server(text: str, said: dict[str, Any]) -> None:
    plain = server(table("mysql"))
    trusted = said.get("tls", Tls(SslMode.VERIFY_IDENTITY)).mode is not SslMode.REQUIRED and "allow_insecure" not in text
    here = said.get("host") in ("127.0.0.1", "::1")
    assert server(text) == replace(plain, **said, load_data=trusted or here)


@pytest.mark.parametrize("kind", list(ConnectionType))
def test_what_a_kind_means(kind: ConnectionType) -> None:
    usual = DEFAULTS[kind]
    got = server(table(kind.value))
    assert (got.kind, got.port, got.pool, got.waits, got.retry) == (kind, usual.port, usual.pool, usual.waits, usual.retry)
    assert (got.batch_bytes, got.batch_rows, got.statement_bytes) == (usual.batch_bytes, usual.batch_rows, usual.statement_bytes)
    assert (got.settings, got.load_data) == (usual.settings, usual.load_data)
    assert got.tls == Tls(SslMode.VERIFY_IDENTITY)
    assert (got.limits.hosts, got.audit.file, got.tunnel, got.password) == ((), None, None, None)
    assert (got.file, got.key, str(got)) == (Path("/p/profile.toml"), "database", f"u@db.example.com:{usual.port}/n")


def test_the_checklists_own_profile() -> None:
    text = f"""
[database]
connection_type = "tidb-serverless" # or "tidb-local", "mysql"
host = "{GATEWAY}"
port = 4000
user = "3KMG9RoJdmgyYep.root"
database = "test"
password = {{ env = "NECTAR_DB_PASSWORD" }}
ssl_enabled = true
ssl_mode = "VERIFY_IDENTITY"
ssl_cert_path = "" # optional
ssl_key_path = "" # optional
"""
    got = server(text)
    assert (got.kind, got.host, got.port, got.user) == (ConnectionType.TIDB_SERVERLESS, GATEWAY, 4000, "3KMG9RoJdmgyYep.root")
    assert got.password == Reference("env", "NECTAR_DB_PASSWORD", "database.password", Path("/p"))
    assert got.pool.recycle <= 300 >= got.pool.lifetime
    assert (got.waits.first_connect, got.waits.connect) == (150, 30)


def test_the_checklists_own_command_line() -> None:
    line = f"mysql --comments \\\n  -u '3KMG9RoJdmgyYep.root' \\\n  -h {GATEWAY} \\\n  -P 4000 \\\n  -D 'test' \\\n  --ssl-mode=VERIFY_IDENTITY \\\n"
    got = server(by_dsn(line + "  -p'<PASSWORD>'", "tidb-serverless"))
    assert (got.host, got.port, got.user, got.database) == (GATEWAY, 4000, "3KMG9RoJdmgyYep.root", "test")
    assert got.password is None
    assert got.notes


@pytest.mark.parametrize("kind", ["env", "file", "command", "vault", "aws", "kubernetes", "keyring"])
def test_where_a_password_may_be_kept(kind: str) -> None:
    got = server(table("mysql", f'password = {{ {kind} = "x/y" }}'))
    assert got.password == Reference(kind, "x/y", "database.password", Path("/p"))
    named = server(table("mysql", f'password = {{ {kind} = "x/y" }}', header="[databases.prod]"))
    assert named.password == Reference(kind, "x/y", "databases.prod.password", Path("/p"))


def test_every_section_is_heeded() -> None:
    sections = """
[pool]
size = 7
recycle_seconds = 11
lifetime_seconds = 12
first_connect_seconds = 13
connect_seconds = 14
read_seconds = 15
write_seconds = 16
[retry]
first_seconds = 0.25
longest_seconds = 18
patience_seconds = 19
quota_seconds = 20
[tunnel]
host = "jump.example.com"
port = 23
user = "me"
known_hosts_path = "hosts"
password = { env = "JUMP" }
[limits]
allowed_hosts = ["*.example.com"]
attempts_per_minute = 5
batch_bytes = 70_000
batch_rows = 9
[audit]
file = "audit.jsonl"
table = true
"""
    got = server(table("mysql", sections))
    assert got.pool == type(got.pool)(7, 11, 12)
    assert got.waits == type(got.waits)(13, 14, 15, 16)
    assert got.retry == type(got.retry)(0.25, 18, 19, 20)
    assert got.tunnel is not None
    assert (got.tunnel.host, got.tunnel.port, got.tunnel.user, got.tunnel.known_hosts) == (
        "jump.example.com",
        23,
        "me",
        Path("/p/hosts"),
    )
    assert got.tunnel.password == Reference("env", "JUMP", "tunnel.password", Path("/p"))
    assert (got.limits.hosts, got.limits.attempts_per_minute, got.batch_bytes, got.batch_rows) == (
        ("*.example.com",),
        5,
        70_000,
        9,
    )
    assert (got.audit.file, got.audit.table) == (Path("/p/audit.jsonl"), True)
    schema = load_schema("profile")["$defs"]
    assert [key for name in SECTIONS for key in schema[name]["properties"] if f"\n{key} =" not in sections] == ["key_path"]


def test_times_that_a_connection_text_says() -> None:
    got = server(by_dsn("u@tcp(h.example.com)/n?timeout=1m30s&readTimeout=5s&writeTimeout=6s"))
    assert (got.waits.first_connect, got.waits.connect, got.waits.read, got.waits.write) == (90, 90, 5, 6)


def test_databases_by_name() -> None:
    text = (
        'default = "b"\n[pool]\nsize = 9\nread_seconds = 5\n'
        + table("mysql", header="[databases.a]")
        + "[databases.a.pool]\nsize = 2\n"
        + table("tidb-cluster", header="[databases.b]")
        + '[databases.c]\npath = "c.db"\n'
    )
    assert server(text).kind is ConnectionType.TIDB_CLUSTER
    first = server(text, name="a")
    assert (first.key, first.pool.size, first.waits.read) == ("databases.a", 2, 5)
    assert server(text, {"NECTAR_DATABASE": "a"}) == first
    assert server(text).pool.size == 9
    assert parse_profile(text, Path("/p/x.toml"), "c") == SqliteFile(Path("/p/c.db"))


def test_all_databases_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(table("mysql", header="[databases.a]") + '[databases.c]\npath = "c.db"\n' + "")
    with pytest.raises(PlanError):
        load_databases(path, {})
    found = load_databases(path, {"NECTAR_DATABASE": "c"})
    assert list(found.databases) == ["a", "c"]
    assert found.target == SqliteFile(tmp_path / "c.db")
    assert isinstance(found.databases["a"], Server)


def test_without_a_profile() -> None:
    assert load_profile(None, environment={}) == DEFAULT_TARGET
    assert load_profile(None, environment={"NECTAR_DB_PASSWORD": "x"}) == DEFAULT_TARGET
    assert parse_profile("", Path("/p/x.toml")) == SqliteFile(Path("/p/nectar.db"))
    said = {"CONNECTION_TYPE": "mysql", "HOST": "h", "USER": "u", "DATABASE": "n", "PASSWORD": "hunter2", "PORT": "3307"}
    got = load_profile(None, environment={f"NECTAR_DB_{key}": value for key, value in said.items()})
    assert isinstance(got, Server)
    assert (got.host, got.port, got.user, got.database, got.file) == ("h", 3307, "u", "n", None)
    assert got.password == Reference("env", "NECTAR_DB_PASSWORD", "database.password", Path())


ENVIRONMENT: list[tuple[str, str, str, object]] = [
    ("HOST", "other", "host", "other"),
    ("PORT", "4001", "port", 4001),
    ("USER", "me", "user", "me"),
    ("DATABASE", "d", "database", "d"),
    ("CONNECTION_TYPE", "tidb-cluster", "kind", ConnectionType.TIDB_CLUSTER),
    ("SSL_MODE", "VERIFY_CA", "tls", Tls(SslMode.VERIFY_CA)),
    ("SSL_CERT_PATH", "", "tls", Tls(SslMode.VERIFY_IDENTITY)),
    ("PASSWORD", "hunter2", "password", Reference("env", "NECTAR_DB_PASSWORD", "database.password", Path())),
]


@pytest.mark.parametrize(("key", "value", "field", "wanted"), ENVIRONMENT)
@pytest.mark.parametrize("text", [table("mysql", 'password = { file = "f" }'), by_dsn("mysql://u@db.example.com:1/n")])
def test_a_variable_stands_above_the_profile(key: str, value: str, field: str, wanted: object, text: str) -> None:
    assert getattr(server(text, {f"NECTAR_DB_{key}": value}), field) == wanted


def test_variables_are_about_the_chosen_database() -> None:
    text = 'default = "a"\n' + table("mysql", header="[databases.a]") + table("mysql", header="[databases.b]")
    assert server(text, {"NECTAR_DB_HOST": "x"}).host == "x"
    assert server(text, {"NECTAR_DB_HOST": "x"}, "b").host == "x"


@pytest.mark.parametrize(
    ("environment", "code", "place"),
    [
        ({"NECTAR_DB_PORT": "no"}, codes.WRONG_TYPE, "NECTAR_DB_PORT"),
        ({"NECTAR_DB_PORT": "99999"}, codes.OUT_OF_RANGE, "NECTAR_DB_PORT"),
        ({"NECTAR_DB_SSL_MODE": "no"}, codes.NOT_ALLOWED, "NECTAR_DB_SSL_MODE"),
        ({"NECTAR_DB_SSL_ENABLED": "maybe"}, codes.WRONG_TYPE, "NECTAR_DB_SSL_ENABLED"),
        ({"NECTAR_DB_HOST": "a b"}, codes.BAD_HOST, "NECTAR_DB_HOST"),
        ({"NECTAR_DB_HSOT": "a"}, codes.UNKNOWN_VARIABLE, "NECTAR_DB_HSOT"),
        ({"NECTAR_DATABASE": "a"}, codes.NO_SUCH_DATABASE, "/p/profile.toml"),
    ],
)
def test_a_wrong_variable_is_the_place(environment: dict[str, str], code: str, place: str) -> None:
    (one,) = complaints_of(table("mysql"), environment)
    assert (one.code, one.place) == (code, place)


@pytest.mark.parametrize("text", [table("mysql", 'password = "x"'), by_dsn("mysql://u:x@h/n")])
def test_a_variable_does_not_hide_a_clear_password(text: str) -> None:
    environment = {"NECTAR_DB_PASSWORD": "y", "NECTAR_DB_CUSTOM_DSN": "mysql://u@h/n"}
    assert codes.CLEAR_SECRET in {one.code for one in complaints_of(text, environment)}


def test_a_variable_that_the_profile_refers_to_is_known() -> None:
    assert server(table("mysql", 'password = { env = "NECTAR_DB_PROD" }'), {"NECTAR_DB_PROD": "x"})


OPEN = 'ssl_mode = "DISABLED"'
# profile; code; line; col; a word of the whole
SLIPS: list[tuple[str, str, int, int, str]] = [
    (table("mysql", 'password = "hunter2"'), codes.CLEAR_SECRET, 6, 12, "nectar secrets seal --for database.password"),
    (table("mysql", 'password = "x"', header="[databases.a]"), codes.CLEAR_SECRET, 6, 12, "seal --for databases.a.password"),
    (table("mysql", '[tunnel]\nhost="h"\nuser="u"\npassword="x"'), codes.CLEAR_SECRET, 9, 10, "seal --for tunnel.password"),
    (by_dsn("u:pw@tcp(h)/n"), codes.CLEAR_SECRET, 4, 14, "nectar secrets seal --for database.password"),
    (by_dsn("mysql://u:pw@h/n"), codes.CLEAR_SECRET, 4, 14, "seal"),
    (by_dsn("mysql://u:p@ss/w@h/n"), codes.CLEAR_SECRET, 4, 14, "seal"),
    (by_dsn("mysql://u@h/n?password=pw"), codes.CLEAR_SECRET, 4, 14, "seal"),
    (by_dsn("mysql -uu -hh -ppw n"), codes.CLEAR_SECRET, 4, 14, "seal"),
    (by_dsn("mysql -uu -hh -p pw"), codes.CLEAR_SECRET, 4, 14, "-p"),
    (by_dsn("MYSQL_PWD=pw mysql -uu -hh n"), codes.CLEAR_SECRET, 4, 14, "variable"),
    (by_dsn("nonsense"), codes.BAD_DSN, 4, 14, "mysql://"),
    (by_dsn("jdbc:mysql://h/n"), codes.BAD_DSN, 4, 14, "mysql"),
    (by_dsn("mysql://u@h:0/n"), codes.BAD_DSN, 4, 14, "port"),
    (by_dsn("mysql://u@/n"), codes.BAD_DSN, 4, 14, "host"),
    (by_dsn("mysql://u@h/n?charset=latin1"), codes.BAD_DSN, 4, 14, "utf8mb4"),
    (by_dsn("mysql://u@h/n?sslmode=X"), codes.BAD_DSN, 4, 14, "did you mean"),
    (by_dsn("mysql://u@h/n?unix_socket=/x"), codes.BAD_DSN, 4, 14, "TCP"),
    (by_dsn("mysql://u%@h/n"), codes.BAD_DSN, 4, 14, "%25"),
    (by_dsn("u@tcp(h)/n?loc=Local"), codes.BAD_DSN, 4, 14, "utc"),
    (by_dsn("u@tcp(h)/n?parseTime=false"), codes.BAD_DSN, 4, 14, "true"),
    (by_dsn("u@tcp(h)/n?tls=mine"), codes.BAD_DSN, 4, 14, "custom"),
    (by_dsn("u@tcp(h)/n?timeout=30"), codes.BAD_DSN, 4, 14, "30s"),
    (by_dsn("u@tcp(h)/n?interpolateParams=true"), codes.BAD_DSN, 4, 14, "interpolateParams"),
    (by_dsn("u@unix(/x.sock)/n"), codes.BAD_DSN, 4, 14, "Unix"),
    (by_dsn("mysql -S /x.sock -uu n"), codes.BAD_DSN, 4, 14, "TCP"),
    (by_dsn("mysql -uu -hh 'n"), codes.BAD_DSN, 4, 14, "quotes"),
    (by_dsn("mysql -uu -hh -hg n"), codes.BAD_DSN, 4, 14, "twice"),
    (by_dsn("mysql -uu -hh n --skip-ssl --ssl-mode=REQUIRED"), codes.BAD_DSN, 4, 14, "TLS"),
    (by_dsn("mysql -uu -hh n --hots=x"), codes.BAD_DSN, 4, 14, "--host"),
    (by_dsn("mysql://u@h"), codes.MISSING_KEY, 4, 1, "database"),
    (by_dsn("mysql://u@h/n", more='host = "h"'), codes.CONTRADICTION, 5, 1, "custom_dsn"),
    (by_dsn("u@tcp(h)/n?timeout=9s", more="[pool]\nconnect_seconds = 3"), codes.CONTRADICTION, 6, 1, "custom_dsn"),
    (table("mysql", "custom_dsn = 'mysql://u@h/n'"), codes.USELESS_KEY, 6, 1, "use_custom_dsn = true"),
    (table("mysql", "use_custom_dsn = true"), codes.MISSING_KEY, 6, 1, "custom_dsn"),
    ('[database]\nconnection_type = "mysql"\nuser = "u"\ndatabase = "n"\n', codes.MISSING_KEY, 1, 2, "host"),
    ('[database]\nhost = "h"\n', codes.MISSING_KEY, 1, 2, "connection_type"),
    ('[database]\nconnection_type = "sqlite"\nhost = "h"\n', codes.USELESS_KEY, 3, 1, "host"),
    ('[database]\npath = "x"\n[pool]\nsize = 3\n', codes.USELESS_KEY, 3, 2, "pool"),
    (table("mysql", 'path = "x"'), codes.USELESS_KEY, 6, 1, "path"),
    (table("mysql", host="/run/x.sock"), codes.BAD_HOST, 3, 8, "Unix socket"),
    (table("mysql", host="h:3306"), codes.BAD_HOST, 3, 8, "port = N"),
    (table("mysql", host="mysql://h"), codes.BAD_HOST, 3, 8, "custom_dsn"),
    (table("mysql", host="10.0.0"), codes.BAD_HOST, 3, 8, "address"),
    (table("mysql", OPEN), codes.INSECURE, 6, 12, "allow_insecure = true"),
    (table("mysql", 'ssl_mode = "PREFERRED"'), codes.INSECURE, 6, 12, "VERIFY_IDENTITY"),
    (table("mysql", "ssl_enabled = false"), codes.INSECURE, 6, 15, "VERIFY_IDENTITY"),
    (by_dsn("u@tcp(h)/n?tls=false"), codes.INSECURE, 4, 14, "VERIFY_IDENTITY"),
    (table("mysql", "allow_insecure = true"), codes.USELESS_KEY, 6, 1, "allow_insecure"),
    (table("mysql", f"ssl_enabled = true\n{OPEN}", host="::1"), codes.CONTRADICTION, 6, 15, "DISABLED"),
    (table("mysql", 'ssl_enabled = false\nssl_mode = "REQUIRED"'), codes.CONTRADICTION, 6, 15, "REQUIRED"),
    (table("mysql", 'ssl_mode = "REQUIRED"\nssl_ca_path = "x"'), codes.USELESS_KEY, 7, 1, "VERIFY_IDENTITY"),
    (table("mysql", 'ssl_cert_path = "x"'), codes.MISSING_KEY, 6, 1, "ssl_key_path"),
    (table("mysql", 'ssl_ca_path = "~/x"'), codes.BAD_FORM, 6, 15, "~"),
    (table("mysql", 'ssl_ca_path = "none.pem"'), codes.BAD_CERTIFICATE, 6, 15, "/p/none.pem"),
    (table("mysql", 'password = { file = "~/x" }'), codes.BAD_FORM, 6, 21, "~"),
    (table("mysql", "password = {}"), codes.ONE_OF_THESE, 6, 12, "env"),
    (table("mysql", 'password = { env = "A", file = "b" }'), codes.ONE_OF_THESE, 6, 12, "env and file"),
    (table("tidb-serverless", host=GATEWAY), codes.WRONG_KIND, 4, 8, "Missing user name prefix"),
    (table("mysql", host=GATEWAY, user="a.b"), codes.WRONG_KIND, 2, 19, "tidb-serverless"),
    (table("mysql", host="tidb.x.clusters.tidb-cloud.com"), codes.WRONG_KIND, 2, 19, "tidb-cluster"),
    (table("tidb-serverless", 'ssl_cert_path = "x"'), codes.USELESS_KEY, 6, 1, "tidb-serverless"),
    (table("tidb-serverless", "[pool]\nrecycle_seconds = 301"), codes.OUT_OF_RANGE, 7, 19, "300"),
    (table("tidb-cluster", "[limits]\nbatch_bytes = 104857601"), codes.TIDB_SIZE, 7, 15, "104857600"),
    (table("tidb-local", "[limits]\nbatch_bytes = 104857601"), codes.TIDB_SIZE, 7, 15, "104857600"),
    (table("mysql", "[pool]\nrecycle_seconds = 30\nlifetime_seconds = 20"), codes.USELESS_KEY, 7, 19, "20"),
    (table("mysql", "[pool]\nsize = 0"), codes.OUT_OF_RANGE, 7, 8, "64"),
    (table("mysql", "[pool]\nread_seconds = nan"), codes.WRONG_TYPE, 7, 16, "number"),
    (table("mysql", "[retry]\nfirst_seconds = 9\nlongest_seconds = 3"), codes.CONTRADICTION, 7, 17, "longest"),
    (table("mysql", '[limits]\nallowed_hosts = ["10.1.2.3/8"]'), codes.BAD_HOST, 7, 18, "bits"),
    (table("mysql", '[limits]\nallowed_hosts = ["a b"]'), codes.BAD_HOST, 7, 18, "neither"),
    (table("mysql", "[limits]\nallowed_hosts = []"), codes.EMPTY, 7, 17, ""),
    (table("mysql", '[limits]\nallowed_hosts = ["*.org"]'), codes.HOST_NOT_ALLOWED, 3, 8, "[limits]"),
    (table("mysql", '[limits]\nallowed_hosts = ["10.0.0.0/8"]', host="11.0.0.1"), codes.HOST_NOT_ALLOWED, 3, 8, "[limits]"),
    (table("mysql", '[tunnel]\nhost = "j"\nuser = "u"\n[limits]\nallowed_hosts = ["db.*"]'), codes.HOST_NOT_ALLOWED, 7, 8, ""),
    (table("mysql", '[tunnel]\nhost = "j"\n'), codes.MISSING_KEY, 6, 2, "user"),
    (table("mysql", "[pools]\nsize = 3"), codes.UNKNOWN_KEY, 6, 2, "did you mean pool?"),
    (table("mysql", "size = 3"), codes.UNKNOWN_KEY, 6, 1, "size belongs in [pool]"),
    ('host = "h"\n', codes.UNKNOWN_KEY, 1, 1, "host belongs in [database]"),
    ("[databases]\n", codes.EMPTY, 1, 2, "NAME"),
    ("[databases.a]\n[databases.b]\n", codes.NO_SUCH_DATABASE, 0, 0, 'default = "a"'),
    ('default = "c"\n[databases.a]\n', codes.NO_SUCH_DATABASE, 1, 11, "a"),
    ('default = "c"\n', codes.USELESS_KEY, 1, 1, ""),
    ("[databases.a]\n[database]\n", codes.CONTRADICTION, 1, 2, "both"),
    ('[databases."a b"]\n', codes.BAD_FORM, 1, 12, ""),
]


@pytest.mark.parametrize(("text", "code", "line", "col", "word"), SLIPS, ids=[f"{slip[1]}-{at}" for at, slip in enumerate(SLIPS)])
def test_each_slip_is_told_once_with_its_code_and_place(text: str, code: str, line: int, col: int, word: str) -> None:
    (one,) = complaints_of(text)
    assert (one.code, one.line, one.col) == (code, line, col)
    assert one.file == "/p/profile.toml"
    assert word in f"{one.what} {one.suggestion} {one.allowed}"


def test_a_range_leaves_names_for_later() -> None:
    assert server(table("mysql", '[limits]\nallowed_hosts = ["10.0.0.0/8"]')).limits.hosts == ("10.0.0.0/8",)


def test_the_table_tries_every_new_code() -> None:
    tried = {slip[1] for slip in SLIPS} | {codes.UNKNOWN_VARIABLE}
    assert {code for code in codes.MEANINGS if "NEC-P060" <= code <= "NEC-P069"} <= tried
