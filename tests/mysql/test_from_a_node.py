"""A node's chain into a server's database: forks are undone, and commits overtake each other only where no fork can reach."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nectar.errors import SourceError
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.runner.follow import gap
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.mysql.conftest import Proxied
from tests.mysql.faults import FaultPlan
from tests.mysql.jobs import Heard, profile, rows, sqlite_rows
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.node.histories import History, K, busy_bodies
from tests.node.jobs import node_job, node_plan
from tests.node.parting import OURS, Chains
from tests.node.serving import serving
from tests.runner.jobs import EVERYTHING, same

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

SEEDS = 16
FACTS = (
    "block",
    "tx",
    "tx_in",
    "tx_out",
    "stake_address",
    "multi_asset",
    "ma_tx_out",
    "tx_metadata",
    "pool_hash",
    "epoch",
    "nectar_coverage",
)


@pytest.fixture(scope="module")
def bodies(chain: Path) -> list[bytes]:
    return busy_bodies(chain)


@pytest.mark.servers(MYSQL)
@pytest.mark.parametrize("seed", range(SEEDS // 4))
def test_so_it_does_on_mysql(
    seed: int,
    bodies: list[bytes],
    tmp_path: Path,
    server: Server,
    proxied: Proxied,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test_a_history_of_forks_leaves_what_the_last_chain_has(seed, bodies, tmp_path, server, proxied, database, monkeypatch)


@pytest.mark.servers(MARIADB)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_history_of_forks_leaves_what_the_last_chain_has(
    seed: int,
    bodies: list[bytes],
    tmp_path: Path,
    server: Server,
    proxied: Proxied,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history, dice = History(seed, bodies), random.Random(-seed)
    workers = 2 if seed % 4 == 1 else 1
    if workers > 1:
        monkeypatch.setattr(gap, "FAR", 0)
    processors = dice.choice(
        (EVERYTHING, EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "live" }'))
    )
    more = f"\n[performance]\nbatch_blocks = {30 if history.deep else dice.choice((1, 4, 30))}"
    with proxied(FaultPlan()) as proxy:
        target: Any = profile(server, database, port=proxy.port, writers=3)
        for number, (phase, last_slot) in enumerate(history.phases):
            plan = node_plan(f"end_slot = {last_slot}", processors=processors, more=more)
            at_any_tip = last_slot < history.highest and dice.random() < 0.5
            with serving(tmp_path / str(number), [], phase, history.forks):
                node_job(target, tmp_path / str(number), plan, once=at_any_tip, workers=workers)
    with serving(tmp_path / "straight.socket", history.chain):
        node_job(tmp_path / "straight.db", tmp_path / "straight.socket", plan)
    same(rows(server, database, FACTS), sqlite_rows(tmp_path / "straight.db", FACTS))


class _Transaction(NamedTuple):
    began: float
    ended: float
    seq: int


def _transactions(proxy: Proxy) -> list[_Transaction]:
    """That moved a row of `nectar_writer`, from BEGIN to COMMIT."""
    found, begun = [], {}
    for event in sorted(proxy.happened("statement")):
        moved = re.match(r"BEGIN;\nUPDATE nectar_writer SET (?:finished = \d+, )?seq = (\d+)", event.detail)
        if moved is not None:
            begun[event.connection] = (event.at, int(moved[1]))
        elif event.detail.startswith("COMMIT") and event.connection in begun:
            at, seq = begun.pop(event.connection)
            found.append(_Transaction(at, event.at, seq))
    return found


def test_commits_overtake_each_other_where_no_fork_can_reach(
    chain: Path, tmp_path: Path, server: Server, proxied: Proxied, database: str
) -> None:
    source = ImmutableSource(chain / "preview/immutable", facts_of(network("preview")))
    blocks = [Offered(one.raw, one.point, one.block_no) for one in source.checked_blocks(None, 0, 30_000)]
    tip = blocks[-1].block_no
    assert tip > 2 * K
    plan = node_plan(f"end_slot = {blocks[-1].point.slot}", more="[performance]\nbatch_blocks = 40")
    with serving(tmp_path / "s", blocks), proxied(FaultPlan(delay=0.02)) as proxy:
        target: Any = profile(server, database, port=proxy.port, writers=3)
        node_job(target, tmp_path / "s", plan, workers=2)
        made = _transactions(proxy)
        node_job(tmp_path / "straight.db", tmp_path / "s", plan)
    same(rows(server, database, FACTS), sqlite_rows(tmp_path / "straight.db", FACTS))
    block_no = {
        int(str(seq)): int(str(number)) for seq, number in server.run("SELECT seq, block_no FROM nectar_checkpoint", database)
    }
    safe = [one for one in made if block_no.get(one.seq, 0) < tip - K]
    rest = sorted(one for one in made if block_no.get(one.seq, 0) >= tip - K)
    assert any(one.began < other.ended and other.began < one.ended for one in safe for other in safe if one is not other)
    assert len(rest) > 5
    assert all(one.ended <= other.began for one, other in pairwise([max(safe, key=lambda one: one.ended), *rest]))


def test_too_much_for_one_transaction_is_made_smaller(
    chain: Path, tmp_path: Path, server: Server, proxied: Proxied, database: str
) -> None:
    """What came of the batch is asked of the node again, in smaller pieces; a block alone that is too much ends the job."""
    source = ImmutableSource(chain / "preview/immutable", facts_of(network("preview")))
    blocks = [Offered(one.raw, one.point, one.block_no) for one in source.checked_blocks(None, 0, 30_000)]
    plan, heard = node_plan(f"end_slot = {blocks[-1].point.slot}"), Heard()
    with serving(tmp_path / "s", blocks), proxied(FaultPlan(transaction_limit=60_000)) as proxy:
        target: Any = profile(server, database, port=proxy.port)
        node_job(target, tmp_path / "s", plan, report=heard)
        node_job(tmp_path / "straight.db", tmp_path / "s", plan)
    assert any("going on with batches" in text for text in heard.of("note")), heard.said
    same(rows(server, database, FACTS), sqlite_rows(tmp_path / "straight.db", FACTS))


def test_a_servers_database_is_not_replaced_either(bodies: list[bytes], tmp_path: Path, server: Server, database: str) -> None:
    chains = Chains(bodies)
    target: Any = profile(server, database)
    plan = node_plan(f"end_slot = {chains.end}", processors="blocks = true")
    with serving(tmp_path / "filling", chains.long):
        node_job(target, tmp_path / "filling", plan)
    asked = "SELECT * FROM nectar_checkpoint ORDER BY seq", "SELECT id, hash FROM block ORDER BY id"
    before = [server.run(sql, database) for sql in asked]
    with serving(tmp_path / "s", chains.parting(0, 2, beyond=chains.end)), pytest.raises(SourceError) as caught:
        node_job(target, tmp_path / "s", node_plan(processors="blocks = true"))
    assert caught.value.code == "NEC-W012"
    assert [server.run(sql, database) for sql in asked] == before
    other = chains.parting(OURS - K, K + 1, beyond=chains.end)
    with serving(tmp_path / "deepest", other):
        assert node_job(target, tmp_path / "deepest", node_plan(processors="blocks = true")).rollbacks == 1
    assert len(server.run("SELECT id FROM block WHERE slot_no >= 0", database)) == len(other)
