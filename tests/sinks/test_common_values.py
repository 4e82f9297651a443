"""SQL of filters and views stays linear where one value is common: an address, a policy, a pool that every transaction has.

SQLite guesses how often a value is there by its column's mean. A statement that begins, for each transaction, with all rows of a
value that is asked for is right, and takes the square of the time.
"""

from __future__ import annotations

from functools import cache

import apsw
import pytest

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.filters import target_of
from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import COLLECTIONS
from nectar.filterlang.to_sql import NotInSql, to_sql
from nectar.processors.rows import RowBuffers
from nectar.runner.sink_layout import layout
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.tables import Kind, Table, Type
from tests.compiler.making import ALL, EVERY_TABLE, compiled_from
from tests.sinks.made_up import LENGTHS, filled
from tests.sinks.sqlite_steps import steps_of

PLANS = {"plain": ALL, "address table": EVERY_TABLE}
FEW, MANY = 500, 2_000
ASKED = [
    (scope.name, field.name, parent)
    for scope in COLLECTIONS.values()
    for field in scope.fields.values()
    for parent in (("t", "x1") if scope.name == "assets" else ("t",))
    if field.type not in (T.JSON, T.BOOL)
]


@cache
def compiled(name: str) -> CompiledPlan:
    return compiled_from(PLANS[name])


@cache
def database(name: str, count: int) -> apsw.Connection:
    """The nth transaction has the nth row of each table, and all else is alike."""
    made = layout(compiled(name), "sqlite")
    db = apsw.Connection(":memory:")
    rows, kept = RowBuffers(compiled(name).tables), filled(compiled(name), count)
    for table in compiled(name).tables:
        for row in (*kept.facts.get(table.name, ()), *kept.dimensions.get(table.name, {}).values()):
            same = _alike(table, row)
            if table.kind is Kind.DIMENSION:
                rows.dimensions[table.name][same[0]] = same
            elif table.kind is Kind.FACT:
                rows.facts[table.name].append(same)
    db.deserialize("main", SqliteStager(made.tables, made.definitions).stage(rows).load_form)
    for statement in (*made.definitions, *made.kept_indexes, *made.deferred_indexes):
        db.execute(statement.sql)
    db.execute("ANALYZE")
    return db


def _alike(table: Table, row: tuple[object, ...]) -> tuple[object, ...]:
    """Its key, and what ties it to its transaction, stay; an asset's name too, so that its policy has many."""
    own = {"name", "tx_out_id", "tx_out_index", "id", "ident"} | {table.cut_by if table.kind is Kind.FACT else table.first}
    made = list(row)
    for at, column in enumerate(table.columns[1:], 1):
        tied = column.references in ("tx.id", "block.id") or column.name in own
        if not tied and column.type in LENGTHS and row[at] is not None:
            made[at] = bytes(LENGTHS[column.type])
        if not tied and column.type is Type.HASH28 and column.name == "payment_cred":
            made[at] = bytes(28)
    return tuple(made)


def statement(name: str, scope: str, field: str, parent: str) -> str:
    """Which transactions have an element whose `field` is what every element's is."""
    target = target_of(compiled(name).network, compiled(name).tables, "sqlite")
    what = COLLECTIONS[scope].fields[field]
    each = tree.Each(scope, "x2" if parent == "x1" else "x1", parent)
    found: tree.Test = tree.Any(
        each, tree.Compare("==", tree.Ref(scope, field, each.var), tree.Value(what.type, _value(what.type, what.length)))
    )
    if parent == "x1":
        found = tree.Any(tree.Each("outputs", "x1", "t"), found)
    return f'SELECT t."id" FROM "tx" t JOIN "block" b ON b."id" = t."block_id" WHERE {to_sql(found, target)}'


def _value(kind: T, length: int) -> int | str | bytes:
    if kind is T.TEXT or kind is T.ADDRESS:
        return "spend"
    if kind in (T.BYTES, T.POLICY, T.POOL, T.STAKE_ADDRESS, T.DREP, T.ASSET):
        return bytes({T.POLICY: 28, T.POOL: 28, T.STAKE_ADDRESS: 29, T.DREP: 29, T.ASSET: 20}.get(kind, length or 8))
    return 0


@pytest.mark.parametrize(("scope", "field", "parent"), ASKED, ids=["-".join(one) for one in ASKED])
@pytest.mark.parametrize("name", PLANS)
def test_four_times_the_rows_take_about_four_times_as_long(name: str, scope: str, field: str, parent: str) -> None:
    try:
        sql = statement(name, scope, field, parent)
    except NotInSql:
        assert scope in ("scripts", "datums")
        return
    few, many = (steps_of(database(name, count), sql) for count in (FEW, MANY))
    assert many < 6 * few + 20, sql
