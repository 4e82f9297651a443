"""What makes views quick: indexes on the columns that they compare, and generated columns for JSON values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nectar.cardano.network import Network
from nectar.compiler.filters import CompiledView, scope_of_view, target_of
from nectar.compiler.internal_tables import key_of
from nectar.filterlang import tree
from nectar.filterlang.scopes import COLLECTIONS
from nectar.filterlang.to_sql import json_value
from nectar.tables import Index, Table

SHOWN = 255  # characters of a JSON value that its column holds
_COLUMN = re.compile(r'\{t\}\."(\w+)"')
_LINK = re.compile(r'\{x\}\."(\w+)" = ')


class JsonColumn(NamedTuple):
    """A value inside a JSON column that views compare. `name`: its generated column. `sql`: the value."""

    table: str
    name: str
    sql: str


def view_indexes(views: Iterable[CompiledView], tables: Sequence[Table]) -> Iterator[tuple[Table, Index]]:
    """Indexes on columns that views compare and no other index begins with."""
    named = {table.name: table for table in tables}
    names: set[str] = set()
    for view in views:
        table = named[view.table]
        scope = scope_of_view(table, tables)
        for test in tree.walk(view.test):
            for ref in tree.refs_of(test):
                what = scope.fields.get(ref.field) if ref.var == "t" and not ref.path else None
                column = _COLUMN.fullmatch(what.sql) if what is not None else None
                if column is not None and _can_use_index(test):
                    yield from _index(table, column[1], names)


def link_indexes(views: Iterable[CompiledView], tables: Sequence[Table]) -> Iterator[tuple[Table, Index]]:
    """Indexes by which views find a transaction's rows on servers, where ranges of ids are not used for that."""
    named = {table.name: table for table in tables}
    names: set[str] = set()
    for view in views:
        for test in tree.walk(view.test):
            for each in tree.each_of(test):
                scope = COLLECTIONS[each.scope]
                link = _LINK.match(scope.link)
                if link is not None and scope.table in named:
                    yield from _index(named[scope.table], link[1], names)


def _can_use_index(test: tree.Test) -> bool:
    """Whether an index can help: a test for a value, a list, a bound or a beginning."""
    if isinstance(test, tree.Glob):
        return not test.pattern.startswith("*")
    return isinstance(test, tree.Compare | tree.In | tree.Starts)


def _index(table: Table, column: str, names: set[str]) -> Iterator[tuple[Table, Index]]:
    name = f"idx_{table.name}_{column}"
    known = {key_of(table)[0], *(index.columns[0] for index in table.indexes)}
    if column not in known and name not in names and column in table.column_names:
        names.add(name)
        yield table, Index(name, (column,))


def json_columns(views: Iterable[CompiledView], network: Network, tables: Sequence[Table], dialect: str) -> list[JsonColumn]:
    """Values inside JSON that views compare for equality, in the order of the views."""
    named = {table.name: table for table in tables}
    columns: dict[tuple[str, str], JsonColumn] = {}
    for view in views:
        scope = scope_of_view(named[view.table], tables)
        for test in tree.walk(view.test):
            for ref in tree.refs_of(test):
                if ref.path and ref.var == "t" and isinstance(test, tree.Compare | tree.In):
                    sql = json_value(ref, target_of(network, tables, dialect), [scope]).replace("t.", "")
                    name = f"nectar_json_{len(columns) + 1}"
                    columns.setdefault((view.table, sql), JsonColumn(view.table, name, sql))
    return list(columns.values())
