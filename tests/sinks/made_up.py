"""Rows of every table that fit together: the nth transaction has the nth row of each, which names what the nth rows of others are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nectar.compiler.compiled import CompiledPlan
from nectar.processors.rows import Row, RowBuffers
from nectar.sinks.base import Definition, Layout
from nectar.tables import Column, Kind, Place, Table, Type
from tests.compiler.making import ALL, EVERY_TABLE, compiled_from
from tests.compiler.test_mariadb import VIEWS

LENGTHS = {Type.HASH20: 20, Type.HASH28: 28, Type.HASH29: 29, Type.HASH32: 32, Type.NAME: 8, Type.BYTES: 8}
FILTERED = '\n[filters]\nwhere = "any(tx.outputs, value > 5000 ada)"\n'
ASKING = '\n[filters]\nwhere = "any(tx.inputs, value > 5000 ada)"\non_unknown = "keep"\n'
LIVE = ALL.replace("transactions = true", 'transactions = { resolve_inputs = "live" }')
PLANS = {
    "plain": ALL + VIEWS,
    "address table": EVERY_TABLE + VIEWS,
    "live": LIVE,
    "filtered": ALL + FILTERED,
    "asks about inputs": ALL + ASKING,
    "no blocks": ALL.replace("blocks = true\n", ""),
}
"""Such as have every closing statement in each of its spellings."""
FILTERED_PLANS = ("filtered", "asks about inputs")
EPOCHS = 100


def plan(name: str) -> CompiledPlan:
    return compiled_from(PLANS[name])


def filled(compiled: CompiledPlan, count: int) -> RowBuffers:
    rows = RowBuffers(compiled.tables)
    for table in compiled.tables:
        for row in _rows(table, count):
            if table.kind is Kind.DIMENSION:
                rows.dimensions[table.name][row[0]] = row
            elif table.kind is Kind.FACT:
                rows.facts[table.name].append(row)
    return rows


def _rows(table: Table, count: int) -> Iterator[Row]:
    for number in range(1, count + 1):
        yield tuple(_value(table, at, column, number) for at, column in enumerate(table.columns))


def _value(table: Table, at: int, column: Column, number: int) -> Any:
    if column.type in LENGTHS:
        return number.to_bytes(LENGTHS[column.type], "big")
    if column.null and column.name not in ("redeemer_id", "prev_index", "retiring_epoch"):
        return None
    if column.type is Type.ID:
        in_tx = table.place is Place.IN_TX if at == 0 else column.name == "redeemer_id"
        return number * (Place.IN_TX.value // Place.TX.value if in_tx else 1)
    if column.type in (Type.U64, Type.U128, Type.LOVELACE):
        return number
    if column.type is Type.INT:
        return 0 if "index" in column.name else number % EPOCHS
    return {Type.BOOL: 1, Type.RATIO: 0.5, Type.JSON: "{}", Type.TIME: "2024-01-01 00:00:00"}.get(column.type, "spend")


def statements_at_the_end(layout: Layout) -> Iterator[tuple[str, str]]:
    """Every one that completes rows from rows, with its name, apart from what only makes room for it."""
    for one in (*layout.derived, *layout.live):
        for sql in one.sql.split(";"):
            if sql.strip().startswith(("UPDATE", "INSERT", "WITH")):
                yield one.name, sql.strip()
    if layout.epoch_sql:
        yield "epochs", layout.epoch_sql


def indexes_by_then(layout: Layout, look_ups: tuple[Definition, ...]) -> list[Definition]:
    return list({one.name: one for one in (*layout.kept_indexes, *look_ups)}.values())


BOUNDS = {"low": 0, "high": 1 << 40, "first": 0, "last": EPOCHS}
