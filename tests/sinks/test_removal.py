"""Which rows are taken away: of every table exactly those of the slots that are named, whatever the row's place within its slot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
import pytest

from nectar.cardano.position import HIGHEST_ID
from nectar.runner.sink_layout import layout
from nectar.sinks.mysql.rollback import dimensions_after, facts_of_slots
from nectar.sinks.sqlite.rollback import forget_after, remove_facts
from nectar.tables import Kind, Place, Table
from tests.runner.jobs import compiled, plan_text

TABLES = [table for table in layout(compiled(plan_text(Path("none")))).tables if table.place is not None]
FACTS = [table for table in TABLES if table.kind is Kind.FACT]
THINGS = [table for table in TABLES if table.kind is Kind.DIMENSION]
SLOTS = (0, 1, 5, 6, 7, 8, 9)
Remove = Callable[[apsw.Connection, Sequence[Table], int, int | None], None]
Forget = Callable[[apsw.Connection, Sequence[Table], int], None]


def remove_on_server(db: apsw.Connection, tables: Sequence[Table], first: int, last: int | None) -> None:
    for statement in facts_of_slots(tables, first, last):
        db.execute(statement)


def forget_on_server(db: apsw.Connection, tables: Sequence[Table], slot: int) -> None:
    for statement in dimensions_after(tables, slot):
        db.execute(statement)


def ids_of(table: Table, slot: int) -> list[int]:
    """The first, the second and the last id that the table can have in the slot."""
    assert table.place is not None
    each = {Place.BLOCK: 2, Place.TX: 1 << 15, Place.IN_TX: 1 << 31}[table.place]
    return sorted({slot * each, slot * each + 1, (slot + 1) * each - 1})


def filled(tables: Sequence[Table]) -> apsw.Connection:
    """The tables with nothing but the column that says their place."""
    db = apsw.Connection(":memory:")
    db.execute("CREATE TABLE nectar_quarantine (slot)")
    db.executemany("INSERT INTO nectar_quarantine VALUES (?)", [(slot,) for slot in SLOTS])
    for table in tables:
        by = table.cut_by if table.kind is Kind.FACT else table.first
        more = ", consumed_by_tx_id" if table.name == "tx_out" else ""
        db.execute(f'CREATE TABLE "{table.name}" ("{by}" INTEGER{more})')
        rows = [(one,) for slot in SLOTS for one in ids_of(table, slot)]
        db.executemany(f'INSERT INTO "{table.name}" ("{by}") VALUES (?)', rows)
    return db


def left(db: apsw.Connection, table: str, column: str) -> list[int]:
    return [value for (value,) in db.execute(f'SELECT "{column}" FROM "{table}" ORDER BY 1')]


@pytest.mark.parametrize("remove", [remove_facts, remove_on_server])
@pytest.mark.parametrize(("first", "last"), [(6, 8), (6, 6), (0, 0), (-1, 5), (5, None), (0, None), (10, None)])
def test_facts_of_a_range(first: int, last: int | None, remove: Remove) -> None:
    db = filled(FACTS)
    remove(db, FACTS, first, last)
    stay = [slot for slot in SLOTS if slot < first or (last is not None and slot > last)]
    assert left(db, "nectar_quarantine", "slot") == stay
    for table in FACTS:
        slots = SLOTS if table.recorded_at and last is not None else stay
        assert left(db, table.name, table.cut_by) == [one for slot in slots for one in ids_of(table, slot)], table.name


@pytest.mark.parametrize("forget", [forget_after, forget_on_server])
@pytest.mark.parametrize("slot", [-1, 0, 5, 9])
def test_things_first_seen_after_a_slot(slot: int, forget: Forget) -> None:
    db = filled(THINGS)
    forget(db, THINGS, slot)
    for table in THINGS:
        assert left(db, table.name, table.first) == [one for at in SLOTS if at <= slot for one in ids_of(table, at)], table.name


@pytest.mark.parametrize("forget", [forget_after, forget_on_server])
def test_spending_after_a_slot_never_happened(forget: Forget) -> None:
    outputs = [table for table in FACTS if table.name == "tx_out"]
    db = filled(outputs)
    spends = [slot << 15 | index for slot in SLOTS for index in (0, 32_767)]
    db.execute("DELETE FROM tx_out")
    db.executemany("INSERT INTO tx_out VALUES (?, ?)", list(enumerate(spends)))
    forget(db, outputs, 6)
    assert [spend for (spend,) in db.execute("SELECT consumed_by_tx_id FROM tx_out ORDER BY id")] == [
        spend if spend >> 15 <= 6 else None for spend in spends
    ]


def test_the_highest_id_is_taken_too() -> None:
    for remove in (remove_facts, remove_on_server):
        db = filled(FACTS[:1])
        db.execute(f'INSERT INTO "{FACTS[0].name}" ("{FACTS[0].cut_by}") VALUES (?)', (HIGHEST_ID,))
        remove(db, FACTS[:1], 0, None)
        assert left(db, FACTS[0].name, FACTS[0].cut_by) == []
