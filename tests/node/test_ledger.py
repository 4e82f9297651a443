"""What a node's ledger is asked: eras, parameters at the tip, outputs that a filter asks about."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cbor2 import CBORTag, dumps, loads

from nectar.cardano.point import Point
from nectar.cardano.position import TX_BITS
from nectar.decode.block import decode_block
from nectar.decode.want import Want
from nectar.errors import GenesisError
from nectar.filterlang.access import created_outputs
from nectar.genesis.files import network
from nectar.nodeserver.queries import answer
from nectar.nodeserver.script import Back, Fork, Forward, Step, Wait
from nectar.runner.follow.ledger_state import history_with
from nectar.runner.signals import Stop
from nectar.sources.node import state_query
from nectar.sources.node.chain_sync import Tip
from tests.node.forging import PREVIEW, forged, real_blocks
from tests.node.jobs import node_job, node_plan, rows
from tests.node.serving import serving
from tests.node.waiting import parted_by_a_commit, stop_at
from tests.runner.jobs import compiled, job, plan_text, same

FIRST, LAST = 220 * 4_320, 222 * 4_320
BABBAGE = 5
SOMEWHERE = Point(100, bytes(32))
RESOLVED = 'transactions = { resolve_inputs = "off" }\nmulti_assets = true'
WHERE = '[filters]\nwhere = "any(tx.inputs, value > 3000 ada)"\n'


def golden(vectors: Path, name: str) -> bytes:
    rows = (line.split("\t") for line in (vectors / "golden-queries-results.tsv").read_text().splitlines())
    return bytes.fromhex([row[3] for row in rows if row[1] == name][-1])


def test_eras_are_those_that_genesis_files_give() -> None:
    for name in ("preview", "preprod", "mainnet"):
        known = network(name)
        reply = answer(state_query.INTERPRETER, known, Tip(SOMEWHERE, 0))
        assert reply is not None
        assert history_with(known.history, state_query.read_eras(reply)) == known.history
        start = answer(state_query.SYSTEM_START, known, Tip(SOMEWHERE, 0))
        assert start is not None
        assert state_query.read_start(start) == known.history.start


def test_a_node_knows_an_era_that_genesis_files_do_not() -> None:
    eras = list(loads(answer(state_query.INTERPRETER, PREVIEW, Tip(SOMEWHERE, 0)) or b""))
    known = replace(PREVIEW.history, first_epochs={k: v for k, v in PREVIEW.history.first_epochs.items() if k != "conway"})
    assert history_with(known, state_query.read_eras(dumps(eras))).era_at(56_000_000) == "conway"
    assert known.era_at(56_000_000) == "babbage"


def test_a_network_of_other_lengths_is_refused() -> None:
    eras = list(loads(answer(state_query.INTERPRETER, PREVIEW, Tip(SOMEWHERE, 0)) or b""))
    eras[-1][2][0] = 432_000
    with pytest.raises(GenesisError) as caught:
        history_with(PREVIEW.history, state_query.read_eras(dumps(eras)))
    assert caught.value.code == "NEC-N007"
    assert "432,000" in caught.value.what


def test_the_golden_history_is_read(chain: Path) -> None:
    messages = json.loads((chain / "vectors/messages.json").read_text())
    (golden_hex,) = (vector["hex"] for vector in messages if vector["name"] == "lsq.result.hardFork.golden")
    eras = state_query.read_eras(state_query.read_result(bytes.fromhex(golden_hex)))
    assert [era.start.slot for era in eras] == sorted(era.start.slot for era in eras)
    assert eras[-1].end is None or eras[-1].end.slot > 0
    first, second = eras[0], eras[1]
    assert first.end is not None
    assert first.picoseconds_of(first.end.slot) == second.start.time
    assert first.epoch_of(first.end.slot) == second.start.epoch


def test_parameters_of_an_epoch_are_kept_at_the_tip(chain: Path, tmp_path: Path) -> None:
    parameters = golden(chain / "vectors", "Result_Babbage_EmptyPParams")

    def answers(query: bytes, tip: Tip) -> bytes | None:
        return parameters if query == state_query.parameters(BABBAGE) else None

    blocks = real_blocks(chain / "preview/immutable", 199 * 4_320, 201 * 4_320)
    plan = node_plan(
        f"start_slot = {199 * 4_320}", processors="blocks = { epoch_param = true }\nscripts = true\ntransactions = true"
    )
    before = sum(1 for block in blocks if block.point.slot < 10 * 86_400)
    script: list[Step] = [
        Forward(before - 2),
        *(step for _ in range(5) for step in (Wait(0.1), Forward(1))),
        Forward(len(blocks)),
    ]
    whole = real_blocks(chain / "preview/immutable", 0, 199 * 4_320 - 1)
    stop = Stop()
    offered, database = (
        serving(tmp_path / "s", [*whole, *blocks], [Forward(len(whole)), *script], answers=answers),
        tmp_path / "x.db",
    )
    with offered, stop_at(database, blocks[-1].point.slot, stop):
        node_job(database, tmp_path / "s", plan, once=False, stop=stop)
    db = sqlite3.connect(tmp_path / "x.db")
    rows = db.execute(
        "SELECT id, epoch_no, min_fee_a, max_tx_size, max_epoch, influence, protocol_major, block_id FROM epoch_param"
    ).fetchall()
    # golden: every parameter of the ledger's empty set, protocol version 7
    assert {row[1:7] for row in rows} == {(9, 0, 2048, 0, 0.0, 7), (10, 0, 2048, 0, 0.0, 7)}
    for row_id, epoch, *_, block in rows:
        assert row_id == epoch * 86_400 * 2 + 1
        assert db.execute("SELECT epoch_no FROM block WHERE id = ?", (block,)).fetchall() == [(epoch,)]
    (at_boundary,) = (row[-1] for row in rows if row[1] == 10)
    (first,) = db.execute("SELECT min(id) FROM block WHERE epoch_no = 10").fetchone()
    assert at_boundary == first
    db.close()


@pytest.mark.parametrize("held", ["within the epoch", "before the epoch"])
def test_parameters_told_after_a_block_that_is_undone_are_told_again(held: str, chain: Path, tmp_path: Path) -> None:
    """The row must not point to a block that never happened; an epoch that never began has none."""
    parameters = golden(chain / "vectors", "Result_Babbage_EmptyPParams")

    def answers(query: bytes, tip: Tip) -> bytes | None:
        return parameters if query == state_query.parameters(BABBAGE) else None

    first = 4 * 86_400  # of epoch 4, in Babbage
    blocks = real_blocks(chain / "preview/immutable", 0, first + 900)
    begun = sum(1 for block in blocks if block.point.slot < first)
    parted = begun + 5 if held == "within the epoch" else begun - 2
    kept = blocks[: begun + 10]
    other, slot = blocks[:parted], kept[-1].point.slot
    for number in range(parted, parted + 4):
        beyond = slot + 20 * (number - parted + 1)
        other = [*other, forged(blocks[number].raw, other[-1].block_no + 1, beyond, other[-1].point)]
    plan = node_plan(
        f"start_slot = {first - 4_320}", processors="blocks = { epoch_param = true }\nscripts = true\ntransactions = true"
    )
    stop, database = Stop(), tmp_path / "x.db"
    then: list[Step] = [Back(parted), Fork(Path("1"), parted, len(other))]
    script = parted_by_a_commit([Fork(Path("0"), 0, len(kept))], database, kept[-1].point.slot, then)
    with serving(tmp_path / "s", [], script, [kept, other], answers=answers), stop_at(database, other[-1].point.slot, stop):
        summary = node_job(database, tmp_path / "s", plan, once=False, stop=stop)
    assert summary.rollbacks == 1
    with closing(sqlite3.connect(database)) as db:
        sql = "SELECT p.epoch_no, b.epoch_no, b.slot_no FROM epoch_param p LEFT JOIN block b ON b.id = p.block_id"
        assert db.execute(sql).fetchall() == [(4, 4, other[-1].point.slot)]


def test_a_range_that_is_loaded_again_keeps_what_was_told_of_it(chain: Path, tmp_path: Path) -> None:
    parameters = golden(chain / "vectors", "Result_Babbage_EmptyPParams")
    blocks, first = real_blocks(chain / "preview/immutable", 0, 4 * 86_400 + 900), 4 * 86_400
    processors = "blocks = { epoch_param = true }\nscripts = true\ntransactions = true"
    lines = f"start_slot = {first - 4_320}"
    with serving(
        tmp_path / "s", blocks, answers=lambda query, tip: parameters if query == state_query.parameters(BABBAGE) else None
    ):
        node_job(tmp_path / "x.db", tmp_path / "s", node_plan(lines, processors=processors))
    before = rows(tmp_path / "x.db")
    assert len(before["epoch_param"]) == 1
    with serving(tmp_path / "t", blocks):
        again = node_plan(f"{lines}\nend_slot = {blocks[-1].point.slot}\nskip_existing = false", processors=processors)
        assert node_job(tmp_path / "x.db", tmp_path / "t", again).blocks > 200
    same(rows(tmp_path / "x.db"), before)


@pytest.fixture(scope="module")
def unspent(chain: Path) -> dict[tuple[bytes, int], Any]:
    """Every output of preview's first blocks, as a node's ledger would tell it."""
    outputs: dict[tuple[bytes, int], Any] = {}
    for block in real_blocks(chain / "preview/immutable", 0, LAST):
        for tx in decode_block(block.raw, Want.TXS | Want.OUTPUTS).txs:
            outputs |= {(tx.hash, out.index): {0: out.address, 1: out.value} for out in created_outputs(tx)}
    return outputs


@pytest.mark.parametrize("on_unknown", ["drop", "keep"])
def test_outputs_made_before_the_plan_begins_are_asked_for_at_the_tip(
    on_unknown: str, chain: Path, tmp_path: Path, unspent: dict[tuple[bytes, int], Any]
) -> None:
    asked: list[int] = []

    def answers(query: bytes, tip: Tip) -> bytes | None:
        match loads(query):
            case [0, [0, [5, [15, names]]]]:
                pairs = names.value if isinstance(names, CBORTag) else names
                asked.append(len(pairs))
                return dumps([{pair: unspent[pair] for pair in map(tuple, pairs) if pair in unspent}])
        return None

    before = real_blocks(chain / "preview/immutable", 0, FIRST - 1)
    blocks = real_blocks(chain / "preview/immutable", FIRST, LAST)
    filters = WHERE + f'on_unknown = "{on_unknown}"'
    with serving(tmp_path / "s", [*before, *blocks], [Forward(len(before)), *[Forward(1)] * len(blocks)], answers=answers):
        plan = node_plan(f"start_slot = {FIRST}\nend_slot = {blocks[-1].point.slot}", processors=RESOLVED, more=filters)
        node_job(tmp_path / "tip.db", tmp_path / "s", plan, once=False)
    always = f'start = "origin"\nend_slot = {LAST}'
    whole = plan_text(chain / "preview/immutable", always, processors=RESOLVED, more=WHERE)
    job(tmp_path / "whole.db", whole)
    assert asked
    sql = "SELECT id, hash FROM tx WHERE id >= ? ORDER BY id"
    kept = [sqlite3.connect(tmp_path / name).execute(sql, (FIRST << TX_BITS,)).fetchall() for name in ("tip.db", "whole.db")]
    assert kept[0] == kept[1]
    assert len(kept[0]) > 10


def test_every_filter_that_asks_is_one_that_follows() -> None:
    """What the tests above rely on: the filter looks at what is spent."""
    assert compiled(node_plan(processors=RESOLVED, more=WHERE)).filters.ordered
