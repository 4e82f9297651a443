"""At the tip: what the node's chain gains is in the database at once, and a job that is told to stop stops."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from nectar.coverage import Coverage
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.server import Stage
from nectar.runner.committing.committer import Committer
from nectar.runner.decoding.worker import DecodedBatch
from nectar.runner.signals import Stop
from nectar.runner.summary import RunSummary
from tests.node.forging import Forge, forged, real_blocks
from tests.node.histories import BUSY
from tests.node.jobs import node_job, node_plan, rows
from tests.node.peers import Peer, Said, good, peers
from tests.node.serving import serving
from tests.node.waiting import last_slot
from tests.runner.jobs import EVERYTHING, same

FOLLOW = node_plan(processors="blocks = true")
PATIENCE = 60
"""Seconds after which a test gives up, on however busy a machine."""


@pytest.fixture(autouse=True)
def ages_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that waited for others to come would wait for longer than any test."""
    monkeypatch.setattr("nectar.runner.follow.gap.AGE", 10 * PATIENCE)


class Located(list[Offered]):
    """Blocks that remember the loop of the server that reads them."""

    loop: asyncio.AbstractEventLoop

    def __iter__(self) -> Iterator[Offered]:
        self.loop = asyncio.get_running_loop()
        yield from super().__iter__()


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable", 0, 2_000)[:60]


class Following:
    """A job that follows the tip in a thread of its own."""

    def __init__(self, database: Path, where: Path | str, plan: str = FOLLOW) -> None:
        self.plan, self.database, self.stop, self.said = plan, database, Stop(), Said()
        self.summary: RunSummary | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(where,), daemon=True)
        self._thread.start()

    def _run(self, where: Path | str) -> None:
        try:
            self.summary = node_job(self.database, where, self.plan, once=False, report=self.said, stop=self.stop)
        except BaseException as error:  # noqa: BLE001 - the test says what it is
            self.error = error

    def end(self) -> None:
        """Tells it to stop, and waits until it has."""
        self.stop.number = 2
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert self.error is None


@contextmanager
def _following(database: Path, where: Path | str, plan: str = FOLLOW) -> Iterator[Following]:
    job = Following(database, where, plan)
    try:
        yield job
    finally:
        job.stop.number = 2
        job._thread.join(PATIENCE)


def _until(true: Callable[[], bool], job: Following) -> None:
    begun = time.monotonic()
    while not true():
        assert job.error is None, job.error
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.005)


def _has(database: Path, block: Offered) -> bool:
    """As any other connection sees it. By the job's own SQLite: two libraries in one process would break each other's locks."""
    if not database.exists():
        return False
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        try:
            row = db.execute("SELECT max(slot_no), hash FROM block").fetchone()
        except (apsw.SQLError, apsw.BusyError, apsw.CantOpenError):
            return False
    return bool(row == (block.point.slot, block.point.hash))


def _change(stage: Stage, held: int, more: list[Offered], loop: asyncio.AbstractEventLoop) -> None:
    """The chain is its first `held` blocks and `more`."""

    async def change() -> None:
        async with stage.changed:
            stage.chain.cut(held)
            for client in stage.clients:
                client.cut(held)
            stage.chain.extend(more)
            stage.changed.notify_all()

    asyncio.run_coroutine_threadsafe(change(), loop).result(60)


def test_a_block_at_the_tip_is_in_the_database_at_once(blocks: list[Offered], tmp_path: Path) -> None:
    base = Located(blocks[:50])
    with serving(tmp_path / "s", base) as stage, _following(tmp_path / "x.db", tmp_path / "s") as job:
        _until(lambda: _has(job.database, blocks[49]), job)
        for number in range(50, 60):
            _change(stage, number, [blocks[number]], base.loop)
            _until(lambda number=number: _has(job.database, blocks[number]), job)  # type: ignore[misc]
        job.end()
    assert job.said.of("retry") == []


FULL = {
    "everything": node_plan(),
    "inputs resolved live": node_plan(
        processors=EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "live" }')
    ),
    "a filter that asks the node": node_plan(more='[filters]\nwhere = "any(tx.inputs, value > 5 ada)"\non_unknown = "keep"'),
}


@pytest.mark.parametrize("plan", FULL)
def test_a_busy_block_at_the_tip_is_there_at_once_with_every_table(plan: str, chain: Path, tmp_path: Path) -> None:
    """Forks too; and what was written block by block is what a job that never saw the tip writes."""
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", BUSY) if len(block.raw) > 900]
    forge = Forge(bodies[-400:], random.Random(3))
    blocks_made = forge.extend([], 130)
    base = Located(blocks_made[:100])
    with serving(tmp_path / "s", base) as stage, _following(tmp_path / "x.db", tmp_path / "s", FULL[plan]) as job:
        _until(lambda: bool(job.said.of("tip")), job)
        for number in range(100, 130):
            _change(stage, number, [blocks_made[number]], base.loop)
            _until(lambda number=number: last_slot(job.database) == blocks_made[number].point.slot, job)  # type: ignore[misc]
        fork = forge.extend(blocks_made[:90], 45)
        _change(stage, 90, fork[90:], base.loop)
        _until(lambda: last_slot(job.database) == fork[-1].point.slot, job)
        job.end()
    assert job.said.of("retry") == []
    assert job.summary is not None
    assert job.summary.stopped.startswith("as asked, at the tip")
    if plan != "a filter that asks the node":
        with serving(tmp_path / "again", fork):
            straight = FULL[plan].replace('start = "origin"', f"end_slot = {fork[-1].point.slot}")
            node_job(tmp_path / "straight.db", tmp_path / "again", straight)
        same(rows(job.database), rows(tmp_path / "straight.db"))


def test_batches_are_thousands_far_from_the_tip_and_single_blocks_at_it(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[int] = []
    take = Committer.take

    def taken(self: Committer, covered: Coverage, done: DecodedBatch, *, live: bool = False) -> None:
        committed.append(done.counts.blocks)
        take(self, covered, done, live=live)

    monkeypatch.setattr(Committer, "take", taken)
    whole = real_blocks(chain / "preview/immutable")[:20_010]
    base = Located(whole[:20_000])
    with serving(tmp_path / "s", base) as stage, _following(tmp_path / "x.db", tmp_path / "s") as job:
        _until(lambda: _has(job.database, whole[19_999]), job)
        _until(lambda: bool(job.said.of("tip")), job)
        afar = [count for count in committed if count]
        committed.clear()
        for number in range(20_000, 20_010):
            _change(stage, number, [whole[number]], base.loop)
            _until(lambda number=number: _has(job.database, whole[number]), job)  # type: ignore[misc]
        job.end()
    assert sum(afar) == 20_000
    assert max(afar) <= 4_000
    assert len(afar) <= 20
    assert sorted(afar)[len(afar) // 2] > 1_000
    assert committed == [1] * 10


def test_a_fork_at_the_tip_is_in_the_database_at_once(blocks: list[Offered], tmp_path: Path) -> None:
    base = Located(blocks[:50])
    with serving(tmp_path / "s", base) as stage, _following(tmp_path / "x.db", tmp_path / "s") as job:
        _until(lambda: _has(job.database, blocks[49]), job)
        for depth in (1, 2, 9):
            held = 50 - depth
            fork = [forged(blocks[held].raw, held, blocks[held].point.slot + depth, blocks[held - 1].point)]
            for number in range(held + 1, 51 + depth):
                fork.append(forged(blocks[number % 50 + 1].raw, number, fork[-1].point.slot + 1 + depth, fork[-1].point))
            _change(stage, held, fork, base.loop)
            _until(lambda fork=fork: _has(job.database, fork[-1]), job)  # type: ignore[misc]
        last = [*blocks[:held], *fork]
        job.end()
    assert job.summary is not None
    assert job.summary.rollbacks == 3
    with serving(tmp_path / "again", last):
        node_job(
            tmp_path / "straight.db",
            tmp_path / "again",
            node_plan(f"end_slot = {last[-1].point.slot}", processors="blocks = true"),
        )
    assert rows(job.database)["block"] == rows(tmp_path / "straight.db")["block"]


def test_a_job_at_the_tip_stops_when_told(blocks: list[Offered], tmp_path: Path) -> None:
    with serving(tmp_path / "s", blocks), _following(tmp_path / "x.db", tmp_path / "s") as job:
        _until(lambda: _has(job.database, blocks[-1]), job)
        time.sleep(0.3)
        job.end()
        assert job.summary is not None
        assert "as asked" in job.summary.stopped
        assert threading.active_count() <= 3
        node_job(job.database, tmp_path / "s", FOLLOW)
    block_rows = rows(job.database)["block"]
    assert len(block_rows) == 1 + len(blocks)


@pytest.mark.parametrize("silent", ["in the handshake", "about the intersection"])
def test_a_job_that_begins_anew_stops_when_told(
    silent: str, blocks: list[Offered], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nectar.runner.retry.FIRST", 0.01)
    monkeypatch.setattr("nectar.sources.node.session.HANDSHAKE_SECONDS", 600.0)
    monkeypatch.setattr("nectar.sources.node.session.INTERSECT_SECONDS", 600.0)

    def mute(peer: Peer) -> None:
        if silent != "in the handshake":
            peer.shake()
        peer.until_gone()

    with peers(tmp_path / "s", good(blocks, stop_after=20), mute) as (came, where), _following(tmp_path / "x.db", where) as job:
        _until(lambda: len(came) > 1, job)
        job.end()
