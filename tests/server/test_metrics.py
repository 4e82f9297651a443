"""What a job's connections cost: in figures that agree with what was done to them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.config.profile.model import PoolSettings, Server
from nectar.mysql.connector import Connector
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.runner.summary import RunSummary
from nectar.server.metrics import Metrics, Snapshot, Spread
from nectar.sinks.mysql import factory as opening
from tests.mysql import errors
from tests.mysql.faults import Act, FaultPlan, LoseAnswer, Refusal, Wait, at
from tests.mysql.jobs import PASSWORD_VARIABLE, Heard, plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server as Running
from tests.runner.jobs import between, plan_text

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

SLOW = 0.1


@pytest.fixture
def connectors(monkeypatch: pytest.MonkeyPatch) -> list[Connector]:
    """Those that jobs make."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    made: list[Connector] = []
    real = opening.connector

    def kept(server: Server) -> Connector:
        made.append(real(server))
        return made[-1]

    monkeypatch.setattr(opening, "connector", kept)
    return made


def _job(
    chain: Path,
    secured: Running,
    plan: FaultPlan,
    connectors: list[Connector],
    pool: PoolSettings | None = None,
    writers: int = 1,
) -> tuple[RunSummary, Snapshot, Proxy]:
    text = plan_text(chain / "preview/immutable", between(228 * 4_320, 228 * 4_320 + 900), performance="batch_blocks = 10")
    with secured.scratch() as database, Proxy(secured.address, plan) as proxy:
        to = profile(secured, database, port=proxy.port, writers=writers)
        summary = run(plan_of(text), Options(replace(to, pool=pool or to.pool), workers=1), Heard(), Stop())
    (connector,) = connectors
    return summary, connector.metrics.snapshot(), proxy


def test_a_job_without_trouble(chain: Path, secured: Running, connectors: list[Connector]) -> None:
    summary, now, proxy = _job(chain, secured, FaultPlan(), connectors)
    assert (now.in_use, now.waiting) == (0, 0)
    assert now.retries == ()
    assert now.handshake.count == now.round_trip.count == proxy.connections == 1
    assert 0 < now.round_trip.mean < now.handshake.mean < 5
    assert now.commit.count == now.batch_rows.count == now.batch_bytes.count == -(-summary.blocks // 10)
    assert now.batch_rows.total == sum(summary.rows.values()) - summary.rows.get("epoch", 0)
    assert now.batch_rows.total < now.batch_bytes.total < 100_000_000
    assert 0 < now.commit.least <= now.commit.mean <= now.commit.most < 5


def test_seconds_are_of_what_they_say(chain: Path, secured: Running, connectors: list[Connector]) -> None:
    """Each COMMIT takes longer, then each greeting: the others' figures stay what they are."""
    _, slow, _ = _job(chain, secured, FaultPlan([at("^COMMIT", Wait(SLOW), times=1_000)]), connectors)
    assert slow.commit.least > SLOW
    assert slow.round_trip.most < SLOW
    connectors.clear()
    _, waking, proxy = _job(
        chain, secured, FaultPlan(waking=SLOW), connectors, PoolSettings(1, 300, 0.0)
    )  # a new connection for each batch
    assert waking.handshake.count == proxy.connections >= 5
    assert waking.handshake.least > SLOW
    assert waking.round_trip.count == waking.handshake.count
    assert waking.round_trip.least < SLOW
    assert waking.commit.least < SLOW
    assert waking.retries == ()


@pytest.mark.parametrize(
    ("act", "code", "connections"),
    [
        (errors.WRITE_CONFLICT, "NEC-M001", 1),
        (errors.TIKV_BUSY._replace(after=True), "NEC-M002", 2),
        (LoseAnswer(), "NEC-M003", 2),
    ],
    ids=["conflict", "busy", "lost"],
)
def test_retries_are_counted_by_code(
    act: Act, code: str, connections: int, chain: Path, secured: Running, connectors: list[Connector]
) -> None:
    summary, now, proxy = _job(chain, secured, FaultPlan([at("^COMMIT", act, nth=6)]), connectors)
    assert len(proxy.happened("fault")) == 1
    assert dict(now.retries) == {code: 1}
    assert now.handshake.count == proxy.connections == connections
    assert now.in_use == 0
    assert now.batch_rows.total <= sum(summary.rows.values())


def test_refused_connections_are_retries_too(chain: Path, secured: Running, connectors: list[Connector]) -> None:
    _, now, _ = _job(chain, secured, FaultPlan(refusals=[Refusal(2), Refusal(1, errors.TOO_MANY)]), connectors)
    assert dict(now.retries) == {"NEC-Y005": 2, "NEC-Y035": 1}
    assert now.handshake.count == 1


def test_a_snapshot_while_a_job_runs(chain: Path, secured: Running, connectors: list[Connector]) -> None:
    """While the first connection is being made one waits; while a COMMIT takes its time one is in use."""
    seen: set[tuple[int, int]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for connector in list(connectors):
                now = connector.metrics.snapshot()
                seen.add((now.in_use, now.waiting))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        _, now, _ = _job(chain, secured, FaultPlan([at("^COMMIT", Wait(SLOW), times=1_000)], waking=SLOW), connectors, writers=2)
    finally:
        over.set()
        watching.join()
    assert {(0, 1), (1, 0)} <= seen
    assert all(0 <= in_use <= 2 for in_use, _ in seen)
    assert (now.in_use, now.waiting) == (0, 0)


def test_a_spread() -> None:
    spread = Spread()
    assert (spread.mean, spread.least, spread.most) == (0, 0, 0)
    for value in (3.0, 1.0, 2.0):
        spread = spread.plus(value)
    assert spread == Spread(3, 6.0, 1.0, 3.0)
    assert spread.mean == 2


def test_counting_from_many_threads() -> None:
    metrics = Metrics()

    def work() -> None:
        for _ in range(500):
            metrics.move(in_use=1)
            metrics.committed(0.5, 2, 10)
            metrics.retried("NEC-M001")
            metrics.move(in_use=-1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = metrics.snapshot()
    assert (now.in_use, now.commit.count, now.batch_rows.total, now.batch_bytes.total) == (0, 3_000, 6_000, 30_000)
    assert now.retries == (("NEC-M001", 3_000),)
