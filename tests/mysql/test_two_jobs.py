"""Two jobs and one database: the one whose first commit comes second is refused, as on SQLite, whatever they were doing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import SqliteFile, Target
from nectar.coverage import Coverage, merged
from nectar.errors import NectarError, SinkError, TransientError
from nectar.runner.decoding.batch import BatchLimits, batches
from nectar.runner.decoding.worker import Job, Worker
from nectar.runner.sink_layout import layout
from nectar.sinks.base import Commit, Sink
from nectar.sinks.mysql.sink import MysqlSink
from nectar.sinks.registry import family_of, open_sink
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.mysql.jobs import plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import EVERYTHING, between, plan_text

pytestmark = pytest.mark.servers(MARIADB, MYSQL)
FIRST = 225 * 4_320
LAST = FIRST + 2_000
MANY = 8
TRIES = 200


def _plan(chain: Path, processors: str = EVERYTHING) -> CompiledPlan:
    return plan_of(plan_text(chain / "preview/immutable", between(FIRST, LAST), processors=processors))


def _commits(chain: Path, compiled: CompiledPlan, family: str, count: int = 4) -> list[Commit]:
    """Of batches of ten blocks, each other's successors."""
    worker = Worker(Job(compiled, layout(compiled, family), family))
    source = ImmutableSource(chain / "preview/immutable", facts_of(compiled.network))
    found = []
    for batch in batches(source.blocks(from_slot=FIRST, to_slot=LAST), Coverage(FIRST, LAST), BatchLimits(10)):
        done = worker.do(batch)
        found.append(Commit(done.staged, batch.last, done.block_no, batch.covered))
    return found[:count]


@pytest.fixture(params=["sqlite", "server, 1 writer", "server, 3 writers"])
def target(request: pytest.FixtureRequest, server: Server, database: str, tmp_path: Path) -> Target:
    if request.param == "sqlite":
        return SqliteFile(tmp_path / "x.db")
    return profile(server, database, writers=int(request.param.split()[1]))


@contextmanager
def _opened(target: Target, compiled: CompiledPlan, jobs: int) -> Iterator[list[Sink]]:
    made = layout(compiled, family_of(target))
    sinks = [open_sink(target, made) for _ in range(jobs)]
    try:
        yield sinks
    finally:
        for sink in sinks:
            sink.close()


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(SinkError) as caught:
        act()
    assert caught.value.code == "NEC-K004"


def test_of_two_that_start_together_the_later_is_refused(chain: Path, target: Target) -> None:
    """At every commit; the other goes on as if nobody had come."""
    compiled = _plan(chain)
    first, second, third, _ = _commits(chain, compiled, family_of(target))
    with _opened(target, compiled, 2) as (one, other):
        came = one.commit(first)
        for batch in (first, second):
            _refused(lambda batch=batch: other.commit(batch))  # type: ignore[misc]
        assert one.commit(second)["block"] == one.commit(third)["block"] == came["block"]
        covered = merged(one.coverage())
    assert covered == [Coverage(first.covered.first, third.covered.last)]


def test_a_job_that_came_before_the_first_commit_is_refused_wherever_it_writes(
    chain: Path, server: Server, database: str
) -> None:
    """Also where the first job has moved other rows than the first since: its other connections'."""
    compiled = _plan(chain)
    commits = _commits(chain, compiled, "mysql")
    target = profile(server, database, writers=2)
    with _opened(target, compiled, 1) as (one,):
        assert isinstance(one, MysqlSink)
        one.commit(commits[0])
        with _opened(target, compiled, 1) as (other,):
            one._idle.remove(one._writers[0])  # as if it were busy
            one.commit(commits[1])
            _refused(lambda: other.commit(commits[2]))
            one._give_back(one._writers[0])
            assert one.commit(commits[2])["block"] == 10
    assert server.run("SELECT COUNT(*) FROM block", database) == [(30,)]


def test_every_connection_asks_whose_the_database_is(chain: Path, server: Server, database: str) -> None:
    """The first one's row names another job; this job commits by its second, whose own row nobody touched."""
    compiled = _plan(chain)
    first, second, *_ = _commits(chain, compiled, "mysql")
    with _opened(profile(server, database, writers=2), compiled, 1) as (sink,):
        assert isinstance(sink, MysqlSink)
        sink.commit(first)
        server.run("UPDATE nectar_writer SET writer = 'another' WHERE id = 1", database)
        sink._idle.remove(sink._writers[0])
        _refused(lambda: sink.commit(second))
    assert server.run("SELECT COUNT(*) FROM block", database) == [(10,)]


def test_a_commit_that_is_under_way_counts_too(chain: Path, server: Server, database: str) -> None:
    """The other's has the same number, and waits for it."""
    compiled = _plan(chain)
    first, *_ = _commits(chain, compiled, "mysql")
    with _opened(profile(server, database), compiled, 1) as (sink,), ThreadPoolExecutor(1) as thread:
        connection = server.connect(database)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO nectar_checkpoint VALUES (1, 1, x'00', 1, 1, 'f', 'another')")
        waits = thread.submit(sink.commit, first)
        connection.commit()
        connection.close()
        _refused(lambda: waits.result(60))
    assert server.run("SELECT COUNT(*) FROM block", database) == [(0,)]


def _patiently(act: Callable[[], Sink]) -> Sink:
    """As the runner does, without its waits."""
    for _ in range(TRIES):
        try:
            return act()
        except TransientError:
            continue
    raise AssertionError("it never came through")


def test_many_that_start_at_once(chain: Path, server: Server, database: str) -> None:
    """One of them has the database, the others are refused, and nothing of theirs is there."""
    compiled = _plan(chain)
    first, second, *_ = _commits(chain, compiled, "mysql")
    made, target = layout(compiled, "mysql"), profile(server, database, writers=2)
    together = Barrier(MANY, timeout=300)

    def job(_: int) -> str:
        together.wait()
        sink = _patiently(lambda: open_sink(target, made))
        try:
            together.wait()
            for batch in (first, second):
                _patiently_committed(sink, batch)
            return "done"
        except NectarError as error:
            return error.code
        finally:
            sink.close()

    with ThreadPoolExecutor(MANY) as threads:
        ends = Counter(threads.map(job, range(MANY)))
    assert ends == {"done": 1, "NEC-K004": MANY - 1}
    assert server.run("SELECT COUNT(*) FROM block", database) == [(20,)]
    assert server.run("SELECT COUNT(*) FROM nectar_plan", database) == [(1,)]


def _patiently_committed(sink: Sink, batch: Commit) -> None:
    for _ in range(TRIES):
        try:
            sink.commit(batch)
            return
        except TransientError:
            continue
    raise AssertionError("it never came through")


def test_many_with_different_plans(chain: Path, server: Server, database: str) -> None:
    """The first one's plan is the database's; the others are refused before they make anything of theirs."""
    plans = [
        _plan(chain, processors)
        for processors in ("blocks = true", "blocks = true\ntransactions = true", "blocks = true\nmetadata = true", EVERYTHING)
    ]
    together = Barrier(len(plans), timeout=300)

    def job(compiled: CompiledPlan) -> str:
        together.wait()
        try:
            _patiently(lambda: open_sink(profile(server, database), layout(compiled, "mysql"))).close()
            return "done"
        except NectarError as error:
            return error.code

    with ThreadPoolExecutor(len(plans)) as threads:
        ends = Counter(threads.map(job, plans))
    assert ends == {"done": 1, "NEC-K002": len(plans) - 1}
    assert server.run("SELECT COUNT(*) FROM nectar_plan", database) == [(1,)]
