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
"""These are created when the range is loaded."""
_NOT_NAMED = (StatementKind.TABLE, StatementKind.PRE_SPLIT)  # tables are compared by columns; a schema does not show a split


class Difference(NamedTuple):
    """`later`: a run creates it when the range is loaded, so nothing is wrong."""

    table: str
    what: str
    later: bool = False


def schema_differences(compiled: CompiledPlan, dialect: str, schema: Schema) -> list[Difference]:
    """Differences in the plan's order, then tables that the plan does not have. A database may have further indexes."""
    return list(_differ(compiled, dialect, schema))


def _differ(compiled: CompiledPlan, dialect: str, schema: Schema) -> Iterator[Difference]:
    every = statements(compiled, dialect)
    added = {statement.name for statement in every if statement.kind is StatementKind.VIEW_COLUMN}
    tables = (*own_tables(dialect), *compiled.tables)
    for table in tables:
        columns = schema.tables.get(table.name)
        if columns is None:
            yield Difference(table.name, "is not there")
        else:
            own = {name: form for name, form in columns.items() if name not in added}
            yield from _column_differences(table, _expected(table, dialect), own)
    for statement in every:
        if statement.kind in _NOT_NAMED or statement.table not in schema.tables:
            continue
        if statement.name not in _names_of_kind(statement, schema):
            later = statement.kind in LATER
            what = f"{statement.kind.value} {statement.name} is not there{' yet' if later else ''}"
            yield Difference(statement.table, what, later)
    names = {table.name for table in tables}
    for name in schema.tables:
        if name not in names:
            yield Difference(name, "is there, and not of this plan")


def _names_of_kind(statement: Statement, schema: Schema) -> Collection[str]:
    """The schema's names of the statement's kind."""
    if statement.kind is StatementKind.VIEW:
        return schema.views
    return schema.tables[statement.table] if statement.kind is StatementKind.VIEW_COLUMN else schema.indexes


def _expected(table: Table, dialect: str) -> Columns:
    speak, key = DIALECTS[dialect], key_of(table)
    return {
        column.name: column_shape(speak.column_type(table, column), column.null and column.name not in key)
        for column in table.columns
    }


def _column_differences(table: Table, expected: Columns, columns: Columns) -> Iterator[Difference]:
    for name, form in expected.items():
        if name not in columns:
            yield Difference(table.name, f"column {name} is not there")
        elif columns[name] != form:
            yield Difference(table.name, f"column {name} is {_type_text(*columns[name])}, and {_type_text(*form)} in the plan")
    for name in columns:
        if name not in expected:
            yield Difference(table.name, f"column {name} is there, and not of this plan")


def _type_text(type_: str, null: bool) -> str:
    return f"{type_}{'' if null else ' not null'}"
