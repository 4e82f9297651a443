"""Every attempt to connect is on record, how it ended and by what it was protected; never a secret; none without a record."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import resource
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nectar.config.profile.model import Audit, ConnectionLimits, SslMode, Tls
from nectar.errors import ConnectError, NectarError
from nectar.mysql.connector import Connector
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.secrets.secret import Secret
from nectar.server import faults
from nectar.server.audit import Attempt, AuditLog
from tests.mysql.faults import Answer, FaultPlan, Refusal, at
from tests.mysql.jobs import PASSWORD_VARIABLE, plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD, USER
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text
from tests.server.conftest import CERTIFIED, DATABASE, Papers
from tests.server.making import joined, nobody, open_folder, server
from tests.server.recorder import recording

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

WRONG = "Heron-and-eel-9"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Nothing secret is in it afterwards."""
    path = tmp_path / "audit.jsonl"
    yield path
    if path.is_file():
        content = path.read_text()
        assert PASSWORD not in content
        assert WRONG not in content


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


SAMPLE = Attempt("2026", USER, "me", 1, "h", "", 1, "d")


def test_what_a_record_says(secured: Server, papers: Papers, file: Path) -> None:
    told: list[Attempt] = []
    to = server(secured.port, SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate)
    began = datetime.now(UTC)
    joined(to, audit=AuditLog(file, told.append)).close()
    (line,) = _lines(file)
    assert timedelta() <= datetime.fromisoformat(line.pop("time")) - began < timedelta(seconds=60)
    assert 0 < line.pop("seconds") < 60
    assert re.fullmatch("[0-9a-f]{16}", line.pop("attempt"))
    cipher = line.pop("cipher")
    assert cipher.startswith("TLS_")
    assert line == {
        "user": USER,
        "os_user": getpass.getuser(),
        "pid": os.getpid(),
        "host": "localhost",
        "address": "127.0.0.1",
        "port": secured.port,
        "database": DATABASE,
        "tunnel": "",
        "tls_version": "TLSv1.3",
        "outcome": "ok",
        "certificate": hashlib.sha256(papers.leaves["good"].der).hexdigest(),
    }
    assert [one.cipher for one in told] == [cipher]


def test_every_end_is_recorded(secured: Server, papers: Papers, file: Path) -> None:
    """In the order of the attempts, each by its code; what TLS there was stands there though the login failed."""
    audit, ca = AuditLog(file), papers.ca.pair.certificate
    good = server(secured.port, SslMode.VERIFY_IDENTITY, ca)
    ends = [
        (good, WRONG, faults.ACCESS_DENIED, "TLSv1.3", "127.0.0.1"),
        (replace(good, user=CERTIFIED), PASSWORD, faults.ACCESS_DENIED, "TLSv1.3", "127.0.0.1"),
        (replace(good, database="nowhere"), PASSWORD, faults.NO_DATABASE, "TLSv1.3", "127.0.0.1"),
        (replace(good, tls=Tls(SslMode.DISABLED)), WRONG, faults.ACCESS_DENIED, "", "127.0.0.1"),
        (replace(good, tls=Tls(SslMode.VERIFY_CA, papers.other.pair.certificate)), PASSWORD, faults.UNKNOWN_CA, "", "127.0.0.1"),
        (replace(good, tls=Tls(SslMode.VERIFY_CA, papers.folder / "absent")), PASSWORD, faults.TLS_FILE, "", ""),
        (replace(good, host="no-such-host.invalid"), PASSWORD, faults.UNKNOWN_NAME, "", ""),
        (replace(good, limits=ConnectionLimits(("10.0.0.0/8",))), PASSWORD, faults.NOT_ALLOWED, "", ""),
        (replace(good, port=1), PASSWORD, faults.REFUSED, "", "127.0.0.1"),
    ]
    for to, password, fault, _, _ in ends:
        with pytest.raises(fault.kind):
            joined(to, password, audit=audit)
    found = [(one["outcome"], one["tls_version"], one["address"]) for one in _lines(file)]
    assert [one for one in found if one[2] != "::1"] == [(fault.code, version, address) for _, _, fault, version, address in ends]
    assert all(bool(one["certificate"]) == bool(one["tls_version"]) for one in _lines(file))
    assert [one["attempt"] for one in _lines(file)] == [one.attempt for one in audit.records]


def test_a_user_without_tls_is_recorded_so(secured: Server, file: Path) -> None:
    joined(server(secured.port), audit=AuditLog(file)).close()
    assert [(one["tls_version"], one["cipher"], one["certificate"]) for one in _lines(file)] == [("", "", "")]


def test_the_file_is_its_owner_s_alone(secured: Server, file: Path) -> None:
    before = os.umask(0)
    try:
        joined(server(secured.port), audit=AuditLog(file)).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_records_are_added_and_whole(secured: Server, file: Path) -> None:
    """By several threads and logs at once."""
    AuditLog(file).add(replace(SAMPLE, outcome="earlier"))
    audits = [AuditLog(file), AuditLog(file)]

    def work(audit: AuditLog) -> None:
        for _ in range(5):
            joined(server(secured.port), audit=audit).close()

    threads = [threading.Thread(target=work, args=(audit,)) for audit in audits * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one["outcome"] for one in _lines(file)] == ["earlier", *["ok"] * 20]
    assert len({one["attempt"] for one in _lines(file)[1:]}) == 20


def _unrecorded(secured: Server, path: Path) -> int:
    """Connections that were opened though there can be no record."""
    with recording(secured.port) as wired:
        with pytest.raises(ConnectError) as caught:
            joined(server(wired.port), audit=AuditLog(path))
        assert caught.value.code == faults.NO_RECORD.code
        assert str(path) in str(caught.value)
        return wired.connections


def test_no_connection_without_a_record(secured: Server, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, tmp_path / "absent/audit.jsonl", pipe):
        assert _unrecorded(secured, path) == 0


def test_nor_in_a_file_that_may_not_be_written(secured: Server) -> None:
    with open_folder() as folder:
        mine = folder / "audit.jsonl"
        mine.write_text("")
        mine.chmod(0o400)
        with nobody():
            assert _unrecorded(secured, mine) == 0
        assert mine.read_text() == ""


def test_a_disk_that_gets_full_ends_the_connection(secured: Server, tmp_path: Path) -> None:
    """It is found out when the record is written: then the connection is closed, and not handed over."""
    assert _unrecorded(secured, Path("/dev/full")) == 0
    path = tmp_path / "audit.jsonl"
    AuditLog(path).add(SAMPLE)
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, hard))  # of the record there is room for a part
    try:
        assert _unrecorded(secured, path) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    until = time.monotonic() + 60
    while secured.run("SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'nectar'") != [(0,)]:
        assert time.monotonic() < until, "the connection is still open"


def test_the_last_thousand_are_kept_for_a_table() -> None:
    audit = AuditLog()
    for number in range(1_500):
        audit.add(replace(SAMPLE, attempt=str(number)))
    assert [one.attempt for one in audit.drain()] == [str(number) for number in range(500, 1_500)]
    assert audit.drain() == []


# -- the table ---------------------------------------------------------------------------------------------------------


def _run(chain: Path, to: Any) -> None:
    text = plan_text(chain / "preview/immutable", between(228 * 4_320, 228 * 4_320 + 900), performance="batch_blocks = 10")
    assert run(plan_of(text), Options(to, workers=1), Quiet(), Stop()).blocks > 30


@pytest.mark.parametrize("writers", [1, 2])
def test_a_job_s_connections_are_in_its_database(
    writers: int, chain: Path, secured: Server, papers: Papers, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that failed before one came to be, those that broke, those of the closing passes."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    plan = FaultPlan(
        [
            at("^BEGIN", Answer(1053, "Server shutdown in progress", closes=True), nth=5),
            at("ADD INDEX|CREATE INDEX", Answer(1053, "bye", closes=True)),
        ],
        refusals=[Refusal(1), Refusal(1, Answer(1040, "Too many connections"))],
    )
    with secured.scratch() as database, Proxy(secured.address, plan) as proxy:
        to = replace(profile(secured, database, port=proxy.port, writers=writers), audit=Audit(file, table=True))
        _run(chain, to)
        found = secured.run(
            "SELECT at, attempt, who, place, tls, fingerprint, outcome, seconds FROM nectar_connection ORDER BY at", database
        )
    lines = _lines(file)
    assert len(proxy.happened("fault")) == 2
    assert [line["outcome"] for line in lines][:3] == [faults.LOST.code, faults.TOO_MANY.code, "ok"]
    assert len(lines) >= 5
    assert [(row[0], row[1], row[6]) for row in found] == [(line["time"], line["attempt"], line["outcome"]) for line in lines]
    for row, line in zip(found, lines, strict=True):
        assert row[2] == f"{USER}, {getpass.getuser()} in process {os.getpid()}"
        assert row[3] == f"127.0.0.1 (127.0.0.1), port {proxy.port}, database {database}"
        assert row[7] == line["seconds"]
    assert PASSWORD not in repr(found)


def test_tls_is_in_the_table_too(chain: Path, secured: Server, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    with secured.scratch() as database:
        tls = Tls(SslMode.VERIFY_CA, papers.ca.pair.certificate)
        _run(chain, replace(profile(secured, database), tls=tls, audit=Audit(None, table=True)))
        ((protection, fingerprint),) = secured.run("SELECT DISTINCT tls, fingerprint FROM nectar_connection", database)
    assert str(protection).startswith("TLSv1.3 TLS_")
    assert fingerprint == hashlib.sha256(papers.leaves["good"].der).hexdigest()


def test_the_table_stays_empty_when_nobody_asks(chain: Path, secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    with secured.scratch() as database:
        _run(chain, profile(secured, database))
        assert secured.run("SELECT COUNT(*) FROM nectar_connection", database) == [(0,)]


def test_a_connector_s_trouble_counts_as_retries_by_code(secured: Server, file: Path) -> None:
    with Proxy(secured.address, FaultPlan(refusals=[Refusal(2)])) as proxy:
        connector = Connector(replace(server(proxy.port), audit=Audit(file)), lambda: Secret(PASSWORD))
        for _ in range(2):
            with pytest.raises(NectarError):
                connector.connect()
        connector.connect().close()
    assert dict(connector.metrics.snapshot().retries) == {faults.LOST.code: 2}
    assert [one["outcome"] for one in _lines(file)] == [faults.LOST.code] * 2 + ["ok"]
