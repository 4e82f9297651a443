"""Whatever goes wrong between Nectar and its database: nothing is lost, nothing is there twice, and the log tells the story."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from nectar.config.profile.model import Retry
from nectar.errors import SinkError, StoppedError
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from nectar.sinks.mysql import bulk_load
from tests.mysql import errors
from tests.mysql.conftest import Proxied
from tests.mysql.errors import AT_COMMIT
from tests.mysql.faults import (
    Act,
    Answer,
    CutLoad,
    Drop,
    FaultPlan,
    Late,
    LoseAnswer,
    Refusal,
    at,
    by_seed,
    cuts_by_seed,
)
from tests.mysql.jobs import Heard, plan_of, profile, rows
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text, same

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

SEEDS = 100 if not os.environ.get("NECTAR_LONG") else 1_200
FIRST, LAST = 228 * 4_320, 228 * 4_320 + 900
TOO_LARGE = errors.TOO_LARGE._replace(text="Transaction is too large, size: 104857601")
ANYWHERE: list[tuple[str, Act]] = [
    (pattern, act)
    for pattern in (r"^(INSERT|LOAD|DELETE|UPDATE|SELECT|CREATE|ANALYZE|BEGIN|SET)",)
    for act in (
        Drop(),
        LoseAnswer(),
        errors.IDLE,
        errors.TIKV_BUSY,
        errors.REGION_UNAVAILABLE,
        errors.DEADLOCK,
        errors.WRITE_CONFLICT,
        errors.SCHEMA_CHANGED,
        errors.QUOTA,
    )
] + [(r"^(LOAD|INSERT INTO `tx|UPDATE tx)", TOO_LARGE), (r"^LOAD", CutLoad(0)), (r"^LOAD", CutLoad(1)), (r"^LOAD", CutLoad(900))]
AT_CONNECT = (Refusal(1), Refusal(2), Refusal(1, errors.TOO_MANY), Refusal(1, errors.QUOTA))
STORY = ("NEC-M", "connection", "database refused", "commit")


def _text(chain: Path) -> str:
    return plan_text(chain / "preview/immutable", between(FIRST, LAST), performance="batch_blocks = 6")


@pytest.fixture(scope="module")
def straight(chain: Path, server: Server) -> dict[str, list[Any]]:
    with server.scratch() as database:
        summary = run(plan_of(_text(chain)), Options(profile(server, database), workers=1), Heard(), Stop())
        assert summary.blocks > 30
        return _rows(server, database, summary.rows)


def _rows(server: Server, database: str, tables: Any) -> dict[str, list[Any]]:
    return rows(server, database, {*tables, "epoch", "meta", "schema_version", "nectar_coverage", "nectar_quarantine"})


def _plan(seed: int) -> FaultPlan:
    dice = random.Random(seed)
    rules = [by_seed(seed, AT_COMMIT, one_in=4, limit=6)] if seed % 3 != 1 else []
    rules += [by_seed(-seed, ANYWHERE, one_in=40, limit=6)] if seed % 3 != 0 else []
    cuts = [cuts_by_seed(seed, one_in=3, limit=4)] if seed % 2 else []
    return FaultPlan(rules, cuts, [dice.choice(AT_CONNECT)] if dice.random() < 0.4 else [])


@pytest.mark.servers(MYSQL)
@pytest.mark.parametrize("seed", range(SEEDS // 5))
def test_so_it_does_on_mysql(
    seed: int,
    chain: Path,
    server: Server,
    proxied: Proxied,
    database: str,
    straight: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fewer seeds: what differs is the server's, and not Nectar's."""
    test_any_trouble_leaves_what_no_trouble_leaves(seed, chain, server, proxied, database, straight, monkeypatch)


@pytest.mark.servers(MARIADB)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_trouble_leaves_what_no_trouble_leaves(
    seed: int,
    chain: Path,
    server: Server,
    proxied: Proxied,
    database: str,
    straight: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_load, "FEW", seed % 4 * 10)
    said = Heard()
    with proxied(_plan(seed)) as proxy:
        target = profile(server, database, port=proxy.port, load_data=seed % 5 != 0, writers=seed % 4 + 1)
        summary = run(plan_of(_text(chain)), Options(target, workers=1), said, Stop())
        faults_met = [*proxy.happened("fault"), *proxy.happened("refused")]
    same(_rows(server, database, summary.rows), straight)
    assert summary.blocks >= len(straight["block"])
    if faults_met:
        assert said.of("retry") or said.of("note"), faults_met
    assert all("trying again in" in text for text in said.of("retry"))


@pytest.mark.parametrize(
    ("act", "there"),
    [
        (Drop(), "is not in the database"),
        (LoseAnswer(), "is in the database"),
        (Late(0.3), "is in the database"),
        (errors.REGION_UNAVAILABLE._replace(after=True), "is in the database"),
        (errors.REGION_UNAVAILABLE, "is not in the database"),
    ],
)
def test_a_commit_whose_answer_is_lost_is_asked_about(
    act: Act, there: str, chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    said = Heard()
    with proxied(FaultPlan([at("^COMMIT", act, nth=5)])) as proxy:
        summary = run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port), workers=1), said, Stop())
    (retry,) = said.of("retry")
    assert "whether the last commit is in the database is not known yet" in retry
    assert any(there in text for text in said.of("note")), said.said
    same(_rows(server, database, summary.rows), straight)


def test_too_much_for_one_transaction_is_made_smaller(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    said = Heard()
    with proxied(FaultPlan(transaction_limit=60_000)) as proxy:
        text = plan_text(chain / "preview/immutable", between(FIRST, LAST))
        summary = run(plan_of(text), Options(profile(server, database, port=proxy.port), workers=1), said, Stop())
    assert any("going on with batches half as large" in text for text in said.of("note"))
    same(_rows(server, database, summary.rows), straight)


def test_a_block_that_is_too_much_alone_is_said(chain: Path, server: Server, proxied: Proxied, database: str) -> None:
    with (
        proxied(FaultPlan([at(r"^(LOAD|INSERT INTO `tx)", TOO_LARGE, times=10_000)])) as proxy,
        pytest.raises(SinkError) as caught,
    ):
        run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port), workers=1), Heard(), Stop())
    assert caught.value.code == "NEC-M009"
    assert "one block is too much" in caught.value.what


def test_a_second_writer_is_found_out(chain: Path, server: Server, database: str) -> None:
    """Its batch is dropped whole."""
    stolen: list[str] = []

    class Once(Heard):
        def progress(self, told: Any) -> None:
            if not stolen:
                stolen.append("now")
                server.run("UPDATE nectar_writer SET seq = seq + 1, writer = 'other' WHERE id = 1", database)

    with pytest.raises(SinkError) as caught:
        run(plan_of(_text(chain)), Options(profile(server, database), workers=1), Once(), Stop())
    assert caught.value.code == "NEC-K004"
    ((blocks,),) = server.run("SELECT COUNT(*) FROM block", database)
    ((checkpoints,),) = server.run("SELECT COUNT(*) FROM nectar_checkpoint", database)
    assert (blocks, checkpoints) == (6, 1)


def test_a_server_that_is_away_for_a_while_is_waited_for(
    chain: Path, server: Server, proxied: Proxied, database: str, straight: dict[str, list[Any]]
) -> None:
    said = Heard()

    class Away(Heard):
        def progress(self, told: Any) -> None:
            if not gone:
                gone.append(told)
                proxy.down(0.6)
                proxy.cut_all()

        def say(self, event: str, text: str, **facts: Any) -> None:
            said.say(event, text)

    gone: list[Any] = []
    with proxied(FaultPlan()) as proxy:
        summary = run(plan_of(_text(chain)), Options(profile(server, database, port=proxy.port), workers=1), Away(), Stop())
    assert len(said.of("retry")) > 3
    same(_rows(server, database, summary.rows), straight)


def test_patience_ends(chain: Path, server: Server, proxied: Proxied, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_load, "FEW", 0)
    with proxied(FaultPlan([at("^LOAD", Answer(9003, "TiKV server is busy"), times=10_000)])) as proxy:
        target = profile(server, database, port=proxy.port, retry=Retry(0.01, 0.05, 0.5, 0.01))
        with pytest.raises(StoppedError) as caught:
            run(
                plan_of(plan_text(chain / "preview/immutable", between(FIRST, LAST))), Options(target, workers=1), Heard(), Stop()
            )
    assert caught.value.code == "NEC-M002"
    assert "the storage is busy" in caught.value.what
