"""How a database's tables differ from those that a plan makes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.ddl.statements import Statement, StatementKind, statements
from nectar.compiler.internal_tables import key_of, own_tables
from nectar.sinks.introspect import Columns, Schema, column_shape
from nectar.tables import Table

LATER = (StatementKind.DEFERRED_INDEX, StatementKind.VIEW_COLUMN, StatementKind.VIEW_INDEX, StatementKind.VIEW)
"""What is made when the range is loaded."""
_ELSEWHERE = (StatementKind.TABLE, StatementKind.PRE_SPLIT)  # looked at by its columns; nothing that a schema shows


class Difference(NamedTuple):
    """`later`: a run makes it when the range is loaded; nothing is wrong."""

    table: str
    what: str
    later: bool = False


def differences(compiled: CompiledPlan, dialect: str, there: Schema) -> list[Difference]:
    """In the plan's order; then tables that it does not have. Indexes beyond the plan's are anybody's right."""
    return list(_differ(compiled, dialect, there))


def _differ(compiled: CompiledPlan, dialect: str, there: Schema) -> Iterator[Difference]:
    every = statements(compiled, dialect)
    added = {one.name for one in every if one.kind is StatementKind.VIEW_COLUMN}
    tables = (*own_tables(dialect), *compiled.tables)
    for table in tables:
        found = there.tables.get(table.name)
        if found is None:
            yield Difference(table.name, "is not there")
        else:
            yield from _columns(table, _expected(table, dialect), {n: f for n, f in found.items() if n not in added})
    for one in every:
        if one.kind in _ELSEWHERE or one.table not in there.tables:
            continue
        if one.name not in _of_kind(one, there):
            later = one.kind in LATER
            yield Difference(one.table, f"{one.kind.value} {one.name} is not there{' yet' if later else ''}", later)
    names = {table.name for table in tables}
    for name in there.tables:
        if name not in names:
            yield Difference(name, "is there, and not of this plan")


def _of_kind(one: Statement, there: Schema) -> Collection[str]:
    """The names among which the statement's own must be."""
    if one.kind is StatementKind.VIEW:
        return there.views
    return there.tables[one.table] if one.kind is StatementKind.VIEW_COLUMN else there.indexes


def _expected(table: Table, dialect: str) -> Columns:
    speak, key = DIALECTS[dialect], key_of(table)
    return {
        column.name: column_shape(speak.column_type(table, column), column.null and column.name not in key)
        for column in table.columns
    }


def _columns(table: Table, ours: Columns, there: Columns) -> Iterator[Difference]:
    for name, form in ours.items():
        if name not in there:
            yield Difference(table.name, f"column {name} is not there")
        elif there[name] != form:
            yield Difference(table.name, f"column {name} is {_said(*there[name])}, and {_said(*form)} in the plan")
    for name in there:
        if name not in ours:
            yield Difference(table.name, f"column {name} is there, and not of this plan")


def _said(type_: str, null: bool) -> str:
    return f"{type_}{'' if null else ' not null'}"
