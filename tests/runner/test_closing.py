"""What the closing passes fill, against the truth of a sample chain of all eras: Byron's implied fees, failed transactions,
deposits, refunds, donations; and pools that come, go and come again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.point import Point
from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.coverage import Coverage
from nectar.processors.rows import RowBuffers
from nectar.runner.sink_layout import layout
from nectar.samplechain.make import make_sample_chain
from nectar.sinks.base import Commit
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.stage import SqliteStager
from tests.runner.jobs import between, compiled, content, job, plan_text, same

BLOCKS = 2_500


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "chain"
    make_sample_chain(folder, BLOCKS, 11)
    return folder


@pytest.fixture(scope="module")
def facts(made: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (made / "expected.jsonl").read_text().splitlines()]


def text(made: Path, first: int, last: int) -> str:
    return plan_text(made / "immutable", between(first, last), network=str(made / "genesis"))


@pytest.fixture(scope="module")
def database(made: Path, facts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("db") / "x.db"
    assert job(path, text(made, -1, facts[-1]["slot"]), workers=2).blocks == BLOCKS
    return path


@pytest.fixture
def db(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database)
    yield connection
    connection.close()


def test_every_transaction(db: sqlite3.Connection, facts: list[dict[str, Any]]) -> None:
    found = {
        row[0]: row[1:] for row in db.execute("SELECT hash, valid_contract, fee, out_sum, deposit, treasury_donation FROM tx")
    }
    txs = [tx for block in facts for tx in block["txs"]]
    kinds = {(block["era"] == "BYRON", tx["valid"]) for block in facts for tx in block["txs"]}
    assert kinds == {(True, True), (False, True), (False, False)}
    assert sum(tx["deposit"] < 0 for tx in txs) > 5
    for tx in txs:
        expected = (int(tx["valid"]), tx["fee"], tx["out_sum"], tx["deposit"], tx["donation"])
        assert found[bytes.fromhex(tx["hash"])] == expected, tx


def test_every_block_and_epoch(db: sqlite3.Connection, facts: list[dict[str, Any]], made: Path) -> None:
    found = dict(db.execute("SELECT hash, fees FROM block").fetchall())
    assert {block["hash"]: found[bytes.fromhex(block["hash"])] for block in facts} == {b["hash"]: b["fees"] for b in facts}
    sums = {
        no: (fees, int(out_sum), txs, blocks)
        for no, fees, out_sum, txs, blocks in db.execute("SELECT no, fees, out_sum, tx_count, blk_count FROM epoch")
    }
    for epoch in json.loads((made / "expected.json").read_text())["epochs"]:
        if epoch["blocks"]:
            assert sums[epoch["epoch_no"]] == (epoch["fees"], epoch["out_sum"], epoch["txs"], epoch["blocks"])


def test_links_and_what_is_unspent(db: sqlite3.Connection, facts: list[dict[str, Any]], made: Path) -> None:
    whole = json.loads((made / "expected.json").read_text())
    unspent = db.execute("SELECT count(*), sum(value) FROM tx_out WHERE consumed_by_tx_id IS NULL").fetchone()
    assert unspent == (whole["unspent_outputs"], whole["unspent_at_end"])
    assert db.execute("SELECT count(*) FROM tx_in WHERE tx_out_id IS NULL").fetchone() == (0,)
    sql = (
        "SELECT t.valid_contract, r.script_hash IS NULL FROM redeemer AS r JOIN tx AS t ON t.id = r.tx_id WHERE purpose = 'spend'"
    )
    spends = db.execute(sql).fetchall()
    assert set(spends) == {(1, 0)}  # a failed transaction has no redeemers
    assert spends.count((1, 0)) > 20
    assert db.execute("SELECT count(*) FROM voting_procedure WHERE gov_action_proposal_id IS NULL").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM voting_procedure").fetchone()[0] > 5
    before = dict(db.execute("SELECT b.hash, p.hash FROM block AS b JOIN block AS p ON p.id = b.previous_id"))
    assert all(before[bytes.fromhex(block["hash"])].hex() == block["prev"] for block in facts[1:])


@pytest.mark.parametrize("cuts", [(1, 0), (2, 0, 1), (3, 1, 2, 0)])
def test_pieces_in_any_order(
    cuts: tuple[int, ...], database: Path, made: Path, facts: list[dict[str, Any]], tmp_path: Path
) -> None:
    """A piece ends anywhere, in Byron too, where a boundary block shares its slot with the block after it."""
    edges = [-2, *(facts[BLOCKS * at // len(cuts)]["slot"] for at in range(1, len(cuts))), facts[-1]["slot"]]
    for at in cuts:
        job(tmp_path / "x.db", text(made, edges[at] + 1, edges[at + 1]))
    same(content(tmp_path / "x.db"), content(database))


def test_a_pools_epochs(tmp_path: Path, made: Path) -> None:
    """Registered, changed, retired with a change of mind, gone, back again; rows by hand, for no chain of ours does it all."""
    plan = compiled(text(made, -1, 100))
    told = layout(plan)
    rows = RowBuffers(told.tables)
    blocks = [(slot, slot // 100) for slot in range(0, 1_500, 50)]
    columns = {table.name: table.column_names for table in told.tables}

    def add(name: str, **values: Any) -> None:
        filler = {"size": 1, "time": "", "hash": b"", "valid_contract": 1, "previous_hash": b"", "slot_leader_id": b"x" * 28}
        numbers = dict.fromkeys(columns[name], 0) | filler | {"previous_id": None, "active_epoch_no": None, "meta_id": None}
        rows.facts[name].append(tuple((numbers | values)[column] for column in columns[name]))

    for slot, epoch in blocks:
        add("block", id=slot * 2 + 1, epoch_no=epoch, slot_no=slot, hash=slot.to_bytes(32, "big"), vrf_key="", op_cert=b"")
        add("tx", id=slot << TX_BITS, block_id=slot * 2 + 1, hash=slot.to_bytes(32, "little"), fee=0, deposit=0)
    expected = []

    def register(slot: int, active: int, at: int = 0) -> None:
        add(
            "pool_update",
            id=(slot << TX_BITS + ITEM_BITS) + at,
            hash_id=b"p" * 28,
            cert_index=at,
            registered_tx_id=slot << TX_BITS,
            vrf_key_hash=b"v" * 32,
            reward_addr_id=b"r" * 29,
            margin=0.0,
        )
        expected.append((slot, active))

    def retire(slot: int, epoch: int, at: int = 0) -> None:
        add(
            "pool_retire",
            id=(slot << TX_BITS + ITEM_BITS) + at,
            hash_id=b"p" * 28,
            cert_index=at,
            announced_tx_id=slot << TX_BITS,
            retiring_epoch=epoch,
        )

    register(0, 0 + 2)
    register(50, 0 + 3)
    retire(100, 3)
    register(250, 2 + 3)  # before the epoch came: it stays
    retire(300, 5)
    retire(350, 7)  # later than first said
    register(550, 5 + 3)  # still registered in epoch 5
    retire(600, 7)
    register(700, 7 + 3)  # epoch 7's first block: registered at the end of the block before
    retire(750, 8)
    register(850, 8 + 2)  # gone since epoch 8 began
    register(850, 8 + 3, at=1)
    sink = SqliteSink(tmp_path / "x.db", told)
    staged = SqliteStager(told.tables, told.definitions).stage(rows)
    sink.commit(Commit(staged, Point(1_450, b"h" * 32), 1, Coverage(-1, 1_450)))
    assert sink.finish(None, lambda: False).whole
    sink.close()
    db = sqlite3.connect(tmp_path / "x.db")
    found = db.execute(f"SELECT registered_tx_id >> {TX_BITS}, active_epoch_no FROM pool_update ORDER BY id").fetchall()
    db.close()
    assert found == expected
