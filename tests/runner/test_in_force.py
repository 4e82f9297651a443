"""Deposits and lifetimes that are parameters: genesis' own, as long as no proposal of another one can have taken effect."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.point import Point
from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.coverage import Coverage
from nectar.processors.rows import RowBuffers
from nectar.runner.sink_layout import layout
from nectar.sinks.base import Commit
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.tables import Type
from tests.runner.jobs import EVERYTHING, compiled, plan_text

EPOCH = 86_400  # slots of preview's
CONWAY = 646 * EPOCH  # its first slot, at which Conway's genesis takes effect
NUMBERS = (Type.ID, Type.INT, Type.U64, Type.LOVELACE, Type.BOOL, Type.RATIO)
FILLER: dict[Type, Any] = {**dict.fromkeys(NUMBERS, 0), **dict.fromkeys((Type.TEXT, Type.LABEL, Type.JSON, Type.TIME), "")}
DEPOSITS = (2_000_000, 500_000_000)


class Chain:
    """Rows by hand, of blocks a day apart."""

    def __init__(self, path: Path, processors: str = EVERYTHING) -> None:
        self.path, self.told = path, layout(compiled(plan_text(Path("/nowhere"), processors=processors)))
        self.rows = RowBuffers(self.told.tables)

    def add(self, table: str, slot: int, **values: Any) -> None:
        names = next(one for one in self.told.tables if one.name == table).columns
        filler = {column.name: None if column.null else FILLER.get(column.type, b"p" * 28) for column in names}
        row = filler | {"id": slot << TX_BITS + ITEM_BITS} | values
        self.rows.facts[table].append(tuple(row[column.name] for column in names))

    def block(self, slot: int) -> None:
        self.add("block", slot, id=slot * 2 + 1, epoch_no=slot // EPOCH, slot_no=slot, hash=slot.to_bytes(32, "big"))
        self.add("tx", slot, id=slot << TX_BITS, block_id=slot * 2 + 1, hash=slot.to_bytes(32, "little"), valid_contract=1)

    def ask(self, sql: str, first: int = -1) -> list[tuple[Any, ...]]:
        sink = SqliteSink(self.path, self.told)
        staged = SqliteStager(self.told.tables, self.told.definitions).stage(self.rows)
        sink.commit(Commit(staged, Point(CONWAY * 2, b"h" * 32), 1, Coverage(first, CONWAY * 2)))
        assert sink.finish(None, lambda: False).whole
        sink.close()
        db = sqlite3.connect(self.path)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


def registered(chain: Chain, *slots: int) -> None:
    """An account, and a pool of its own, at each slot."""
    for slot in slots:
        chain.block(slot)
        chain.add("stake_registration", slot, tx_id=slot << TX_BITS, epoch_no=slot // EPOCH)
        chain.add("pool_update", slot, registered_tx_id=slot << TX_BITS, hash_id=slot.to_bytes(28, "big"), margin=0.0)


BOTH = "SELECT s.deposit, p.deposit FROM stake_registration AS s JOIN pool_update AS p ON p.id = s.id ORDER BY s.id"


def test_genesis_deposits_are_in_force_until_another_can_be(tmp_path: Path) -> None:
    """An update proposed in epoch 5 takes effect with epoch 6 at the earliest; one that says the same changes nothing."""
    chain = Chain(tmp_path / "x.db")
    registered(chain, 0, 3 * EPOCH, 6 * EPOCH - 1, 6 * EPOCH, 9 * EPOCH)
    chain.add("param_proposal", 2 * EPOCH, key_deposit=2_000_000, pool_deposit=500_000_000)
    chain.add("param_proposal", 5 * EPOCH, key_deposit=1, pool_deposit=2)
    assert chain.ask(BOTH) == [DEPOSITS, DEPOSITS, DEPOSITS, (None, None), (None, None)]


def test_each_parameter_stands_for_itself_and_what_a_certificate_says_stays(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "x.db")
    registered(chain, 9 * EPOCH)
    chain.add("stake_registration", 10 * EPOCH, tx_id=10 * EPOCH << TX_BITS, deposit=7)
    chain.add("param_proposal", 5 * EPOCH, pool_deposit=2, max_epoch=9)
    assert chain.ask(BOTH) == [(2_000_000, None)]
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT deposit FROM stake_registration ORDER BY id").fetchall() == [(2_000_000,), (7,)]
    db.close()


def test_a_pool_pays_once_until_it_is_gone(tmp_path: Path) -> None:
    """A change of a registered pool costs nothing; one that comes after its retirement does."""
    chain = Chain(tmp_path / "x.db")
    for slot in (0, EPOCH, 5 * EPOCH):
        chain.block(slot)
        chain.add("pool_update", slot, registered_tx_id=slot << TX_BITS, margin=0.0)
    chain.add("pool_retire", 2 * EPOCH, announced_tx_id=2 * EPOCH << TX_BITS, retiring_epoch=4)
    chain.block(2 * EPOCH)
    chain.block(5 * EPOCH - 20)
    assert chain.ask("SELECT deposit FROM pool_update ORDER BY id") == [(500_000_000,), (None,), (500_000_000,)]


def test_without_the_origin_nothing_is_proven(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "x.db")
    registered(chain, 3 * EPOCH)
    chain.add("gov_action_proposal", CONWAY, type="InfoAction", description="{}")
    assert chain.ask(BOTH, first=0) == [(None, None)]
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT expiration FROM gov_action_proposal").fetchall() == [(None,)]
    db.close()


@pytest.mark.parametrize(
    ("processors", "after"), [(EVERYTHING, DEPOSITS), (EVERYTHING.replace("governance = true", ""), (None, None))]
)
def test_from_conway_on_governance_must_be_looked_at(
    processors: str, after: tuple[int | None, int | None], tmp_path: Path
) -> None:
    """Anyone may propose parameters there, and only that processor has the proposals."""
    chain = Chain(tmp_path / "x.db", processors)
    registered(chain, CONWAY - 1, CONWAY)
    assert chain.ask(BOTH) == [DEPOSITS, after]


def test_an_action_expires_after_the_lifetime_in_force(tmp_path: Path) -> None:
    """Thirty epochs on preview; a change proposed in epoch 650 is enacted with epoch 652 at the earliest."""
    chain = Chain(tmp_path / "x.db")
    for epoch in (646, 650, 651, 652, 700):
        chain.block(epoch * EPOCH)
        chain.add("gov_action_proposal", epoch * EPOCH, type="InfoAction", description="{}", tx_id=epoch * EPOCH << TX_BITS)
    chain.add("param_proposal", 649 * EPOCH, gov_action_lifetime=30)
    chain.add("param_proposal", 650 * EPOCH, gov_action_lifetime=6)
    found = chain.ask("SELECT expiration FROM gov_action_proposal ORDER BY id")
    assert found == [(676,), (680,), (681,), (None,), (None,)]
    db = sqlite3.connect(tmp_path / "x.db")
    states = "ratified_epoch, enacted_epoch, dropped_epoch, expired_epoch"
    assert set(db.execute(f"SELECT {states} FROM gov_action_proposal")) == {(None,) * 4}
    db.close()
