"""Several connections that commit at once: they do overlap, leave the same rows, and are found out together by another job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nectar.config.profile.model import SqliteFile
from nectar.coverage import Coverage
from nectar.errors import SinkError
from nectar.runner.decoding.batch import Batch, BatchLimits, batches
from nectar.runner.decoding.worker import Job, Worker
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options
from nectar.sinks.base import Commit
from nectar.sinks.mysql import bulk_load
from nectar.sinks.mysql.session import FAR, Undetermined
from nectar.sinks.mysql.sink import MysqlSink
from nectar.sinks.registry import open_sink, read_state
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.mysql.conftest import Proxied
from tests.mysql.faults import Answer, FaultPlan, LoseAnswer, at
from tests.mysql.jobs import Heard, plan_of, profile, rows, sqlite_rows
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.runner.jobs import EVERYTHING, between, plan_text, same

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

FIRST, LAST = 225 * 4_320, 229 * 4_320 - 1


def _text(chain: Path, last: int = LAST, first: int = FIRST, processors: str = EVERYTHING, more: str = "") -> str:
    return plan_text(
        chain / "preview/immutable", between(first, last), processors=processors, performance="batch_blocks = 20", more=more
    )


@pytest.fixture(scope="module")
def straight(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    file = tmp_path_factory.mktemp("straight") / "x.db"
    summary = run(plan_of(_text(chain)), Options(SqliteFile(file), workers=1), Heard(), Stop())
    return sqlite_rows(file, {*summary.rows, "epoch", "nectar_coverage"})


def _open_at_once(proxy: Any) -> int:
    """Transactions that were begun and not yet committed, at most."""
    begun: set[int] = set()
    most = 0
    for event in sorted(proxy.happened("statement")):
        if event.detail.startswith("BEGIN"):
            begun.add(event.connection)
        elif event.detail.startswith(("COMMIT", "ROLLBACK")):
            begun.discard(event.connection)
        most = max(most, len(begun))
    return most


def test_they_overlap_and_leave_the_same_rows(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    with proxied(FaultPlan(delay=0.01)) as proxy:
        run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port, writers=3), workers=1), Heard(), Stop())
        assert _open_at_once(proxy) == 3
        assert proxy.connections == 3
    same(rows(server, database, straight), straight)


@pytest.mark.parametrize(
    ("processors", "more"),
    [
        (EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "live" }'), ""),
        (EVERYTHING, '[filters]\nwhere = "any(tx.outputs, value > 5000 ada)"'),
    ],
    ids=["inputs resolved at once", "spends followed"],
)
def test_where_order_matters_there_is_one(
    processors: str, more: str, chain: Path, server: Server, proxied: Proxied, database: str
) -> None:
    with proxied(FaultPlan(delay=0.005)) as proxy:
        text = _text(chain, processors=processors, more=more)
        run(plan_of(text), Options(profile(server, database, port=proxy.port, writers=3), workers=1), Heard(), Stop())
        assert _open_at_once(proxy) == 1


@pytest.mark.parametrize("writer", [1, 2, 3])
def test_another_job_is_found_out_by_all(writer: int, chain: Path, server: Server, database: str) -> None:
    """The other job moves the row of its first writer connection; here also that of another one."""
    stolen: list[str] = []

    class Once(Heard):
        def progress(self, told: Any) -> None:
            if not stolen:
                stolen.append("now")
                server.run(f"UPDATE nectar_writer SET seq = seq + 100000, writer = 'other' WHERE id = {writer}", database)

    with pytest.raises(SinkError) as caught:
        run(plan_of(_text(chain)), Options(profile(server, database, writers=3), workers=1), Once(), Stop())
    assert caught.value.code == "NEC-K004"
    ((blocks,),) = server.run("SELECT COUNT(*) FROM block", database)
    covered = server.run("SELECT first_slot, last_slot FROM nectar_coverage", database)
    ((counted,),) = server.run(
        f"SELECT COUNT(*) FROM block WHERE {' OR '.join(f'slot_no BETWEEN {first} AND {last}' for first, last in covered)}",
        database,
    )
    assert blocks == counted


def test_fewer_go_on_where_more_were(chain: Path, server: Server, database: str, straight: dict[str, list[Any]]) -> None:
    half = (FIRST + LAST) // 2
    for last, writers in ((half, 4), (LAST, 1), (LAST, 2)):
        target = profile(server, database, writers=writers)
        run(plan_of(_text(chain, last)), Options(target, workers=1), Heard(), Stop())
        assert read_state(target).finished
    same(rows(server, database, straight), straight)


def test_transactions_keep_to_the_profile_s_limits(
    chain: Path, server: Server, database: str, straight: dict[str, list[Any]]
) -> None:
    said = Heard()
    target = replace(profile(server, database, writers=2), batch_rows=150)
    text = plan_text(chain / "preview/immutable", between(FIRST, LAST), performance="batch_bytes = 500_000")
    run(plan_of(text), Options(target, workers=1), said, Stop())
    assert any(
        "more than [limits] batch_rows and batch_bytes allow" in text and "times smaller" in text for text in said.of("note")
    )
    facts = sum(len(straight[name]) for name in straight if name not in ("epoch", "nectar_coverage"))
    ((commits,),) = server.run("SELECT MAX(seq) FROM nectar_writer", database)
    assert int(str(commits)) > facts / 150
    same(rows(server, database, straight), straight)


def test_one_block_may_be_more_than_the_limits(
    chain: Path, server: Server, database: str, straight: dict[str, list[Any]]
) -> None:
    target = replace(profile(server, database), batch_rows=1)
    run(plan_of(_text(chain, FIRST + 400)), Options(target, workers=1), Heard(), Stop())
    assert read_state(target).finished


def test_a_lane_in_doubt_waits_for_the_batch_that_it_was_about(chain: Path, server: Server, database: str) -> None:
    """However few others there are: who else took it would lose what it knows of that batch."""
    compiled = plan_of(_text(chain))
    made = layout(compiled, "mysql")
    worker = Worker(Job(compiled, made, "mysql"))
    source = ImmutableSource(chain / "preview/immutable", facts_of(compiled.network))
    first, second = list(
        batches(source.blocks(from_slot=FIRST, to_slot=FIRST + 400), Coverage(FIRST, FIRST + 400), BatchLimits(10))
    )[:2]

    def commit(batch: Batch) -> Commit:
        done = worker.do(batch)
        return Commit(done.staged, batch.last, done.block_no, batch.covered)

    with Proxy(server.address, FaultPlan([at("^COMMIT", LoseAnswer(), nth=3)])) as proxy:
        sink = open_sink(profile(server, database, port=proxy.port, writers=2), made)
        assert isinstance(sink, MysqlSink)
        here, elsewhere = sink._writers
        sink._idle.remove(elsewhere)  # as one that is still being connected
        doubted = commit(first)
        with pytest.raises(Undetermined):
            sink.commit(doubted)
        with ThreadPoolExecutor(1) as other:
            waits = other.submit(sink.commit, commit(second))
            assert not wait([waits], 0.3).done
            assert here.doubts(doubted)
            assert sink.commit(doubted)["block"] == len(first.raws)
            sink._give_back(elsewhere)
            assert waits.result(60)["block"] == len(second.raws)
        assert any("is in the database" in note for note in sink.notes())
        sink.close()
    assert server.run("SELECT COUNT(*) FROM block", database) == [(len(first.raws) + len(second.raws),)]


def test_what_cannot_be_connected_ahead_is_connected_when_it_is_wanted(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    said = Heard()
    with proxied(
        FaultPlan([at("^SET SESSION sql_mode", Answer(1040, "Too many connections"), nth=2, times=2)], delay=0.005)
    ) as proxy:
        run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port, writers=3), workers=1), said, Stop())
        assert _open_at_once(proxy) == 3
    same(rows(server, database, straight), straight)
    assert sum("could not be made ahead" in text for text in said.of("note")) >= 1


def test_a_far_server_has_the_same_rows(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a long way less goes by LOAD DATA, and what follows from rows goes together: in a tenth of the exchanges."""
    monkeypatch.setattr(bulk_load, "MUCH", 3_000)
    with proxied(FaultPlan(delay=FAR + 0.005)) as proxy:
        run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port, writers=3), workers=1), Heard(), Stop())
        packets = [event.detail for event in proxy.happened("statement")]
    same(rows(server, database, straight), straight)
    ends = next(at for at, one in reversed(list(enumerate(packets))) if one.startswith("BEGIN;\nUPDATE nectar_writer"))
    assert len(packets) - ends < 25  # where there are more than 150 statements


def test_rows_that_a_load_leaves_out_are_noticed(
    chain: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LOCAL the server passes over rows that are there already, and only warns."""
    monkeypatch.setattr(bulk_load, "FEW", 0)
    target = profile(server, database)
    run(plan_of(_text(chain)), Options(target, workers=1), Heard(), Stop())
    before = rows(server, database, ["block", "tx", "nectar_checkpoint"])
    server.run("DELETE FROM nectar_coverage", database)
    with pytest.raises(SinkError, match=r"the server took 0 of \d+ rows of \w+: 1062: Duplicate entry") as caught:
        run(plan_of(_text(chain)), Options(target, workers=1), Heard(), Stop())
    assert caught.value.code == "NEC-M008"
    assert rows(server, database, ["block", "tx", "nectar_checkpoint"]) == before


def test_a_range_is_replaced(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    """Its rows are taken away and come again, batch by batch; what it covers stays one range."""
    with proxied(FaultPlan()) as proxy:
        target = profile(server, database, port=proxy.port, writers=3)
        for again in ("", "\nskip_existing = false"):
            text = plan_text(chain / "preview/immutable", between(FIRST, LAST) + again, performance="batch_blocks = 20")
            assert run(plan_of(text), Options(target, workers=1), Heard(), Stop()).rows["block"] == len(straight["block"])
    same(rows(server, database, straight), straight)


def test_another_plan_s_database_is_refused_as_it_is(chain: Path, server: Server, database: str) -> None:
    target = profile(server, database, writers=2)
    run(plan_of(_text(chain, FIRST + 400)), Options(target, workers=1), Heard(), Stop())
    before = rows(server, database, ["block", "nectar_plan", "nectar_writer", "nectar_checkpoint", "nectar_coverage"])
    with pytest.raises(SinkError, match="this database was filled by another plan") as caught:
        run(plan_of(_text(chain, processors="blocks = true\nmetadata = true")), Options(target, workers=1), Heard(), Stop())
    assert caught.value.code == "NEC-K002"
    assert rows(server, database, before) == before
