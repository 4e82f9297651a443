"""`nectar db check` against real servers: every step that goes well, and every step that fails."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nectar.mysql.product import product_of
from nectar.server import faults
from nectar.sinks.mysql.check.failed_step import _STEP, CONNECTING, EITHER, failed_step
from tests.cli.databases import PLAN, STEPS, VARIABLE, checked, nectar, outcomes, profile
from tests.conftest import ROOT
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server, free_port, started
from tests.runner.jobs import plan_text
from tests.server.conftest import DATABASE, Papers

VERIFIED = 'ssl_mode = "VERIFY_IDENTITY"\nssl_ca_path = "{}"\n'


@pytest.mark.servers(MARIADB, MYSQL)
def test_a_server_that_is_ready(program: str, server: Server, database: str, tmp_path: Path) -> None:
    told = checked(profile(tmp_path, server.port, database), "--count", 40)
    assert tuple(told["by"]) == STEPS
    assert set(outcomes(told).values()) == {"ok", "warning"}
    by = told["by"]
    assert by["name"]["facts"]["addresses"] == ["127.0.0.1"]
    assert by["server"]["facts"]["product"] == program
    assert by["server"]["facts"]["version"] == server.run("SELECT VERSION()")[0][0]
    times = by["round trip"]["facts"]
    assert times["count"] == 40
    assert 0 < times["median_ms"] <= times["p95_ms"]
    assert abs(by["clock"]["facts"]["skew_seconds"]) <= by["clock"]["facts"]["give_or_take_seconds"] + 0.05
    limits = by["limits"]["facts"]
    assert (limits["max_allowed_packet"], limits["local_infile"]) == (64 << 20, "ON")
    assert limits["innodb_buffer_pool_size"] == 32 << 20
    assert "raise innodb_buffer_pool_size" in [note["next"] for note in by["limits"]["notes"]]
    rights = by["rights"]["facts"]
    assert rights["missing"] == []
    assert rights["load_data"] is True
    assert server.run("SHOW TABLES", database) == []  # nothing is left behind
    assert PASSWORD not in str(told)


def test_the_text_is_for_people(server: Server, database: str, tmp_path: Path) -> None:
    done = nectar("db", "check", "--profile", profile(tmp_path, server.port, database), folder=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0] == f"nectar@127.0.0.1:{server.port}/{database}"
    assert [line[8:20].strip() for line in lines[2:-2] if re.match(r"  (ok|warn|FAIL|-)\b", line)] == list(STEPS)
    assert re.search(r"^  ok    round trip  \S+ ms, median of 20; \S+ ms at the 95th percentile$", done.stdout, re.M)
    assert lines[-1] == "ready, with 1 warning"
    assert "\x1b" not in done.stdout


@pytest.mark.servers(MARIADB, MYSQL)
def test_over_tls(secured: Server, papers: Papers, tmp_path: Path) -> None:
    more = VERIFIED.format(papers.ca.pair.certificate)
    tls = checked(profile(tmp_path, secured.port, DATABASE, more, host="localhost"))["by"]["tls"]
    assert tls["outcome"] == "ok"
    facts = tls["facts"]
    assert (facts["version"], facts["checked"]) == ("TLSv1.3", "chain and name checked")
    assert facts["names"] == ["localhost", "127.0.0.1"]
    assert facts["issuer"] == "authority"
    assert facts["cipher"] in tls["text"]
    assert facts["handshake_ms"] > 0
    assert facts["sha256"] == hashlib.sha256(papers.leaves["good"].der).hexdigest()
    assert facts["chain"] == 2  # with its authority's


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ("expired", faults.EXPIRED),
        ("wrong name", faults.WRONG_NAME),
        ("wrong CA", faults.UNKNOWN_CA),
        ("self-signed", faults.SELF_SIGNED),
    ],
)
def test_a_certificate_that_is_not_accepted(
    secured: Server, papers: Papers, tmp_path: Path, shown: str, fault: faults.Fault
) -> None:
    papers.show(shown, secured)
    try:
        told = checked(
            profile(tmp_path, secured.port, DATABASE, VERIFIED.format(papers.ca.pair.certificate), host="localhost"), code=1
        )
    finally:
        papers.show("good", secured)
    _only(told, "tls", fault)


def test_a_server_without_tls(server: Server, database: str, tmp_path: Path) -> None:
    _only(checked(profile(tmp_path, server.port, database, 'ssl_mode = "REQUIRED"'), code=1), "tls", faults.NOT_OFFERED)


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    _only(checked(profile(tmp_path, 3306, "n", host="nobody.invalid"), code=1), "name", faults.UNKNOWN_NAME)


def test_a_port_that_nobody_listens_at(tmp_path: Path) -> None:
    told = checked(profile(tmp_path, free_port(), "n"), code=1)
    _only(told, "tcp", faults.REFUSED)
    assert told["by"]["name"]["facts"]["addresses"] == ["127.0.0.1"]


def test_what_is_no_mysql(tmp_path: Path) -> None:
    with _talking(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"x" * 5_000) as port:
        _only(checked(profile(tmp_path, port, "n"), code=1), "server", faults.NOT_MYSQL)


@pytest.mark.servers(MARIADB, MYSQL)
def test_a_wrong_password(server: Server, database: str, tmp_path: Path) -> None:
    told = checked(profile(tmp_path, server.port, database), code=1, **{VARIABLE: "Quite-Wrong-1"})
    _only(told, "login", faults.ACCESS_DENIED)
    assert "Quite-Wrong-1" not in str(told)


def test_a_wrong_password_over_tls_says_by_what(secured: Server, papers: Papers, tmp_path: Path) -> None:
    path = profile(tmp_path, secured.port, DATABASE, VERIFIED.format(papers.ca.pair.certificate), host="localhost")
    told = checked(path, code=1, **{VARIABLE: "Quite-Wrong-1"})
    _only(told, "login", faults.ACCESS_DENIED)
    assert told["by"]["tls"]["facts"]["version"] == "TLSv1.3"


def test_a_secret_that_is_not_there(server: Server, database: str, tmp_path: Path) -> None:
    path = profile(tmp_path, server.port, database)
    path.write_text(path.read_text().replace(VARIABLE, "NOBODY_SET_THIS"))
    told = checked(path, code=1)
    assert (told["by"]["profile"]["outcome"], told["by"]["profile"]["code"]) == ("failed", "NEC-X001")
    assert told["by"]["name"]["outcome"] == "not reached"


def test_a_database_that_is_not_there(server: Server, tmp_path: Path) -> None:
    told = checked(profile(tmp_path, server.port, "not_there"), code=1)
    _only(told, "database", faults.NO_DATABASE)
    assert "nectar db init" in told["by"]["database"]["next"]
    assert told["by"]["limits"]["facts"]["max_connections"] > 0  # what needs no database is looked at all the same


def test_somebody_elses_database(server: Server, database: str, tmp_path: Path) -> None:
    server.run("CREATE TABLE theirs (a INT)", database)
    step = checked(profile(tmp_path, server.port, database), code=1)["by"]["database"]
    assert (step["outcome"], step["code"]) == ("failed", "NEC-K003")


@contextmanager
def _user(server: Server, database: str, grants: str) -> Iterator[str]:
    """Who has only these rights on the database."""
    name = "few"
    server.run(f"CREATE USER {name}@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        if grants:
            server.run(f"GRANT {grants} ON {database}.* TO {name}@'%'")
        yield name
    finally:
        server.run(f"DROP USER {name}@'%'")


@pytest.mark.parametrize(
    ("grants", "missing", "outcome"),
    [
        ("CREATE, INSERT, SELECT, UPDATE, DELETE, DROP, ALTER, CREATE VIEW", ["INDEX"], "failed"),
        ("CREATE, SELECT, UPDATE, DELETE, DROP, ALTER, INDEX, CREATE VIEW", ["INSERT"], "failed"),
        ("CREATE, SELECT, DROP, INDEX, CREATE VIEW", ["INSERT", "UPDATE", "DELETE", "ALTER"], "failed"),
        ("CREATE, INSERT, SELECT, UPDATE, DELETE, DROP, INDEX, ALTER", ["CREATE VIEW"], "warning"),
        ("SELECT, DROP", ["CREATE"], "failed"),
        ("SELECT, CREATE", ["DROP"], "warning"),
        ("ALL", [], "ok"),
    ],
)
def test_rights(server: Server, database: str, tmp_path: Path, grants: str, missing: list[str], outcome: str) -> None:
    with _user(server, database, grants) as user:
        step = checked(profile(tmp_path, server.port, database, user=user), code=int(outcome == "failed"))["by"]["rights"]
        assert (step["facts"]["missing"], step["outcome"]) == (missing, outcome)
        assert server.run("SHOW TABLES", database) == []
        if missing:
            hint = step["next"] if outcome == "failed" else step["notes"][0]["next"]
            assert hint == f"GRANT {', '.join(missing)} ON `{database}`.* TO 'few'@'%'"
            server.run(hint)  # as it stands
            again = checked(profile(tmp_path, server.port, database, user=user), code=int(missing in (["CREATE"], ["DROP"])))
            assert missing[0] not in again["by"]["rights"]["facts"]["missing"]


@pytest.mark.servers(MARIADB, MYSQL)
def test_a_plan_says_which_rights_are_needed(server: Server, database: str, tmp_path: Path) -> None:
    """One that makes views cannot do without CREATE VIEW, whoever is asked: `db check`, `db init`, `run`."""
    (tmp_path / "metadata.toml").write_text(
        plan_text(ROOT / "tests/data/preview/immutable", "end_slot = 100", processors="blocks = true\nmetadata = true")
    )
    with _user(server, database, "CREATE, INSERT, SELECT, UPDATE, DELETE, DROP, INDEX, ALTER") as user:
        path = profile(tmp_path, server.port, database, user=user)
        step = checked(path, PLAN, code=1)["by"]["rights"]
        assert (step["outcome"], step["code"], step["facts"]["missing"]) == ("failed", "NEC-M010", ["CREATE VIEW"])
        assert "its views (utxo_view)" in step["text"]
        assert checked(path)["by"]["rights"]["outcome"] == "warning"
        assert checked(path, "metadata.toml")["by"]["rights"]["outcome"] == "ok"
        for words in (("db", "init", PLAN, "--format", "json"), ("run", PLAN, "--progress", "json")):
            refused = nectar(*words, "--profile", path, folder=tmp_path, code=1)
            told = json.loads(refused.stderr.splitlines()[-1])
            assert told["code"] == "NEC-M010"
            assert "lacks CREATE VIEW on" in told["text"]
            assert "1142" not in refused.stderr
        assert told["hint"] == step["next"]
        server.run(told["hint"])  # as it stands
        assert checked(path, PLAN)["by"]["rights"]["outcome"] == "ok"
        nectar("db", "init", PLAN, "--profile", path, folder=tmp_path)


@pytest.mark.servers(MARIADB, MYSQL)
def test_no_rights_at_all(server: Server, database: str, tmp_path: Path) -> None:
    with _user(server, database, "") as user:
        _only(checked(profile(tmp_path, server.port, database, user=user), code=1), "database", faults.NO_RIGHTS)


def test_rights_are_not_tried_when_that_is_not_wanted(server: Server, database: str, tmp_path: Path) -> None:
    server.run("SET GLOBAL general_log = ON")
    try:
        server.run("SET GLOBAL log_output = 'TABLE'")
        server.run("TRUNCATE mysql.general_log")
        told = checked(profile(tmp_path, server.port, database), "--no-try-rights")
        asked = [str(text) for (text,) in server.run("SELECT argument FROM mysql.general_log WHERE user_host LIKE 'nectar%'")]
    finally:
        server.run("SET GLOBAL general_log = OFF")
    assert "rights" not in told["by"]
    assert not [text for text in asked if re.search(r"nectar_check_|\b(CREATE|DROP|INSERT|ALTER)\s+(TABLE|INTO)", text)]


def test_a_clock_that_is_wrong(server: Server, database: str, tmp_path: Path) -> None:
    """A user without the right to pass by it gets what init_connect sets."""
    with _user(server, database, "ALL") as user:
        server.run("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 3600'")
        try:
            step = checked(profile(tmp_path, server.port, database, user=user))["by"]["clock"]
        finally:
            server.run("SET GLOBAL init_connect = ''")
    assert step["outcome"] == "warning"
    assert -3_605 < step["facts"]["skew_seconds"] < -3_595
    assert "60 minutes behind ours" in step["text"]
    assert "NTP" in step["notes"][0]["next"]


def test_a_distant_server(server: Server, database: str, tmp_path: Path) -> None:
    """40 ms of way are 40 ms in the figures, and no skew."""
    from tests.mysql.faults import FaultPlan

    with Proxy(server.address, FaultPlan(delay=0.04)) as proxy:
        by = checked(profile(tmp_path, proxy.port, database), "--count", 5)["by"]
    assert by["round trip"]["facts"]["median_ms"] >= 40
    assert abs(by["clock"]["facts"]["skew_seconds"]) <= by["clock"]["facts"]["give_or_take_seconds"] + 0.05


def test_a_connection_that_breaks_in_the_middle(server: Server, database: str, tmp_path: Path) -> None:
    from tests.mysql.faults import Drop, FaultPlan, at

    with Proxy(server.address, FaultPlan([at("^SHOW VARIABLES", Drop())])) as proxy:
        told = checked(profile(tmp_path, proxy.port, database), code=1)
    assert outcomes(told)["limits"] == "failed"
    assert (outcomes(told)["database"], outcomes(told)["rights"]) == ("not reached", "not reached")


@pytest.mark.servers(MARIADB, MYSQL)
def test_limits_that_are_in_the_way(program: str, tmp_path: Path) -> None:
    with started(
        "--local-infile=0", "--max-allowed-packet=1M", "--wait-timeout=60", "--max-connections=10", name=program
    ) as small:
        small.run("CREATE DATABASE n")
        told = checked(profile(tmp_path, small.port, "n", "[pool]\nsize = 9"))["by"]
    said = " ".join(note["text"] for note in told["limits"]["notes"])
    assert "local_infile is off" in said
    assert "max_allowed_packet is 1 MiB" in said
    assert "idle for 60 s" in said
    assert "takes 10 connections, and the pool has 9" in said
    assert told["rights"]["facts"]["load_data"] is False


@pytest.mark.servers(MARIADB, MYSQL)
def test_a_server_that_only_reads(server: Server, database: str, tmp_path: Path) -> None:
    with _user(server, database, "ALL") as user:
        server.run("SET GLOBAL read_only = ON")
        try:
            told = checked(profile(tmp_path, server.port, database, user=user), code=1)["by"]
        finally:
            server.run("SET GLOBAL read_only = OFF")
    assert "read_only is on" in told["limits"]["notes"][0]["text"]
    assert told["rights"]["outcome"] == "failed"
    assert "read-only" in told["rights"]["text"]


def test_tidb_by_its_persona(persona: Proxy, database: str, tmp_path: Path) -> None:
    told = checked(profile(tmp_path, persona.port, database, kind="tidb-local"))["by"]
    facts = told["server"]["facts"]
    assert (facts["product"], facts["service"]) == ("TiDB", "TiDB Cloud Starter or Essential")
    assert "TiDB 8.5.3" in told["server"]["text"]
    assert told["server"]["notes"][0]["next"] == 'write connection_type = "tidb-serverless"'
    assert told["limits"]["facts"]["tidb_mem_quota_query"] == 1 << 30
    assert "innodb_buffer_pool_size" not in told["limits"]["facts"]
    assert told["rights"]["facts"]["missing"] == []
    as_mysql = checked(profile(tmp_path, persona.port, database))["by"]["server"]
    assert "this is TiDB" in as_mysql["notes"][0]["text"]


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("8.0.11-TiDB-v8.5.7", "TiDB 8.5.7, self-managed or Dedicated"),
        ("8.0.11-TiDB-v8.5.3-serverless", "TiDB 8.5.3, TiDB Cloud Starter or Essential"),
        ("8.0.11-TiDB-CLOUD.202603.3", "TiDB 202603.3, TiDB Cloud Starter or Essential"),
        ("10.11.6-MariaDB-0+deb12u1", "MariaDB 10.11.6"),
        ("8.4.2", "MySQL 8.4.2"),
        ("8.0.36-0ubuntu0.22.04.1", "MySQL 8.0.36"),
    ],
)
def test_versions(version: str, shown: str) -> None:
    assert str(product_of(version)) == shown


def test_every_fault_of_connecting_has_its_step() -> None:
    codes = {fault.code for fault in faults.FAULTS}
    assert codes == set(_STEP) | EITHER
    assert {failed_step(code, ()) for code in codes} == set(CONNECTING)


def _only(told: dict[str, object], name: str, fault: faults.Fault) -> None:
    """That step failed, with the fault's code and a hint; all before it were passed, none after it was reached."""
    by = told["by"]
    assert isinstance(by, dict)
    step = by[name]
    assert (step["outcome"], step["code"]) == ("failed", fault.code), step
    assert step["text"].startswith(fault.what)
    assert step["next"]
    names = list(by)
    assert tuple(names) == STEPS
    at = names.index(name)
    assert {by[one]["outcome"] for one in names[:at]} <= {"ok", "warning"}
    assert {by[one]["outcome"] for one in names[at + 1 :]} <= {"not reached"}


@contextmanager
def _talking(words: bytes) -> Iterator[int]:
    """A port at which somebody says these words to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            while True:
                try:
                    one, _ = listener.accept()
                except OSError:
                    return
                with one:
                    one.sendall(words)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(60)
