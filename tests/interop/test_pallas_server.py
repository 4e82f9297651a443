"""A server that nobody here wrote (the pallas crates, in Rust) feeds Nectar."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from struct import pack
from zlib import crc32

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import GenesisError
from nectar.genesis.files import network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Drop, Fork, Wait
from nectar.sources.events import CaughtUp, RollForward
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node import state_query
from nectar.sources.node.connection import parse_address
from nectar.sources.node.session import Greeting, open_session
from nectar.sources.node.source import NodeSource, node_facts
from tests.interop.peers import pallas_server, running
from tests.node.forging import real_blocks
from tests.node.histories import BUSY, History
from tests.node.jobs import node_job, node_plan, rows
from tests.node.serving import serving
from tests.runner.jobs import content, job, plan_text, same

WHOLE_PREVIEW = "c327bcf24a33ac26ad414b16b8fa9e082e7e8aff027a4781e131ec54fb0cdf34"
SEEDS = 12 if not os.environ.get("NECTAR_LONG") else 300


def read(where: str, after: Point, name: str = "preview") -> list[RollForward]:
    """Every block after a point, up to the tip."""
    source = NodeSource(parse_address(where), node_facts(network(name)))
    assert source.meet([after]) == after
    blocks: list[RollForward] = []
    for events in source.events(after):
        blocks += [event for event in events if isinstance(event, RollForward)]
        if isinstance(events[-1], CaughtUp):
            break
    source.close()
    return blocks


def in_files(folder: Path, name: str) -> list[tuple[bytes, Point, int]]:
    source = ImmutableSource(folder, facts_of(network(name)))
    return [(block.raw, block.point, block.block_no) for block in source.checked_blocks(None, 0, 1 << 60)]


def alone(chain: Path, folder: str, number: str, into: Path) -> Path:
    into.mkdir()
    for file in (chain / folder).glob(f"{number}.*"):
        shutil.copy(file, into)
    return into


def test_blocks_come_byte_for_byte_as_they_stand_in_the_files(pallas: Path, chain: Path, tmp_path: Path) -> None:
    folder, socket = chain / "preview/immutable", tmp_path / "s"
    with running(pallas_server(pallas, socket, folder)):
        events = read(str(socket), ORIGIN)
    assert blake2b(b"".join(event.raw for event in events), digest_size=32).hexdigest() == WHOLE_PREVIEW
    assert [tuple(event) for event in events] == in_files(folder, "preview")


def test_over_tcp_too(pallas: Path, chain: Path) -> None:
    with running(pallas_server(pallas, "127.0.0.1:0", chain / "preview/immutable", "--limit", "3000")) as port:
        events = read(f"127.0.0.1:{port}", ORIGIN)
    assert [tuple(event) for event in events] == in_files(chain / "preview/immutable", "preview")[:3000]


def test_byron_with_its_boundary_block(pallas: Path, chain: Path, tmp_path: Path) -> None:
    folder = alone(chain, "preprod/immutable", "00000", tmp_path / "chunks")
    with running(pallas_server(pallas, tmp_path / "s", folder, magic=1)):
        events = read(str(tmp_path / "s"), ORIGIN, "preprod")
    assert [tuple(event) for event in events] == in_files(folder, "preprod")
    assert events[0].raw[1] == 0


def test_mainnet_from_the_middle(pallas: Path, chain: Path, tmp_path: Path) -> None:
    folder = alone(chain, "mainnet/immutable", "01000", tmp_path / "chunks")
    blocks = in_files(folder, "mainnet")
    with running(pallas_server(pallas, tmp_path / "s", folder, magic=764824073)):
        events = read(str(tmp_path / "s"), blocks[0][1], "mainnet")
    assert [tuple(event) for event in events] == blocks[1:]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_database_as_from_the_files(workers: int, pallas: Path, chain: Path, tmp_path: Path) -> None:
    folder, sync = chain / "preview/immutable", f'start = "origin"\nend_slot = {205 * 4_320}'
    with running(pallas_server(pallas, tmp_path / "s", folder)):
        summary = node_job(tmp_path / "node.db", tmp_path / "s", node_plan(sync), workers=workers)
    job(tmp_path / "files.db", plan_text(folder, sync))
    assert summary.workers == workers
    same(content(tmp_path / "node.db"), content(tmp_path / "files.db"))


def test_the_same_database_with_a_filter_and_from_the_middle(pallas: Path, chain: Path, tmp_path: Path) -> None:
    folder, sync = chain / "preview/immutable", f"start_slot = {199 * 4_320}\nend_slot = {205 * 4_320}"
    more = '[filters]\nwhere = "any(tx.outputs, value > 5000 ada) or any(tx.mints, quantity > 0)"'
    with running(pallas_server(pallas, tmp_path / "s", folder)):
        node_job(tmp_path / "node.db", tmp_path / "s", node_plan(sync, more=more))
    job(tmp_path / "files.db", plan_text(folder, sync, more=more))
    same(content(tmp_path / "node.db"), content(tmp_path / "files.db"))


def test_another_network_is_refused_by_name(pallas: Path, chain: Path, tmp_path: Path) -> None:
    with running(pallas_server(pallas, tmp_path / "s", chain / "preview/immutable", "--limit", "10")):
        with pytest.raises(GenesisError) as caught:
            open_session(Greeting(parse_address(tmp_path / "s"), "preprod", 1))
        assert caught.value.code == "NEC-W006"
        assert "preprod" in str(caught.value)
        with pytest.raises(GenesisError):
            node_job(tmp_path / "x.db", tmp_path / "s", node_plan(network="mainnet"))
    assert not (tmp_path / "x.db").exists()


def test_its_ledger_answers(pallas: Path, chain: Path, tmp_path: Path) -> None:
    golden = {vector["name"]: vector["hex"] for vector in json.loads((chain / "vectors/messages.json").read_text())}
    answers = {
        state_query.SYSTEM_START: golden["lsq.result.systemStart.preview"],
        state_query.INTERPRETER: golden["lsq.result.hardFork.golden"],
        state_query.BLOCK_NO: golden["lsq.result.chainBlockNo"],
    }
    (tmp_path / "answers").write_text("".join(f"{query.hex()} {result[4:]}\n" for query, result in answers.items()))
    with running(
        pallas_server(pallas, tmp_path / "s", chain / "preview/immutable", "--limit", "10", "--queries", tmp_path / "answers")
    ):
        session = open_session(Greeting(parse_address(tmp_path / "s"), "preview", 2))
        assert state_query.read_start(session.ask(state_query.SYSTEM_START)) == network("preview").history.start
        assert len(state_query.read_eras(session.ask(state_query.INTERPRETER))) == 2
        assert state_query.read_block_no(session.ask(state_query.BLOCK_NO)) == 59_314
        session.close()


# -- forks ---------------------------------------------------------------------------------------------------------


def written(blocks: Sequence[Offered], into: Path, name: str) -> str:
    """As a chunk file and its index."""
    chunk, index, at = b"", b"", 0
    for block in blocks:
        index += pack(">QHHI", at, 0, 0, crc32(block.raw)) + block.point.hash + pack(">Q", block.point.slot)
        chunk, at = chunk + block.raw, at + len(block.raw)
    (into / f"{name}.chunk").write_bytes(chunk)
    (into / f"{name}.secondary").write_bytes(index)
    return f"{name}.chunk"


def script(history: History, phase: int, into: Path) -> Path:
    """A phase in the server's own words. It says AwaitReply at a `wait` only."""
    lines: list[str] = []
    for step in history.phases[phase][0]:
        if isinstance(step, Back):
            lines.append(f"back {step.length}")
        elif isinstance(step, Fork):
            name = f"{int(step.folder.name):05}"
            written(history.forks[int(step.folder.name)], into, name)
            lines.append(f"fork {name}.chunk {step.skip} {step.blocks - step.skip}")
        elif isinstance(step, Wait):
            lines.append("wait 10")
        elif isinstance(step, Drop):
            lines.append("drop")
    file = into / f"script-{phase}"
    file.write_text("\n".join(lines))
    return file


@pytest.mark.parametrize("seed", range(SEEDS))
def test_its_forks_leave_what_the_last_chain_has(seed: int, pallas: Path, chain: Path, tmp_path: Path) -> None:
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", BUSY) if len(block.raw) > 900]
    history = History(10_000 + seed, bodies)
    dice = random.Random(seed)
    empty = tmp_path / "chunks"
    empty.mkdir()
    written(history.forks[0][:1], empty, "00000")
    for number, (_, last_slot) in enumerate(history.phases):
        once = last_slot < history.highest and dice.random() < 0.5
        steps = script(history, number, tmp_path)
        with running(pallas_server(pallas, tmp_path / f"{number}.s", empty, "--script", steps)):
            node_job(tmp_path / "forked.db", tmp_path / f"{number}.s", node_plan(f"end_slot = {last_slot}"), once=once)
    with serving(tmp_path / "straight.s", history.chain):
        node_job(tmp_path / "straight.db", tmp_path / "straight.s", node_plan(f"end_slot = {history.highest}"))
    same(rows(tmp_path / "forked.db"), rows(tmp_path / "straight.db"))
