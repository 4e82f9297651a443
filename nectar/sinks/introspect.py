"""The tables, columns, indexes and views that a database has. Each family reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

_WIDTH = re.compile(r"((?:tiny|small|medium|big)?int)\(\d+\)")


class ColumnShape(NamedTuple):
    """A column's type, in small letters and without an integer's display width; whether the column may be NULL."""

    type: str
    null: bool


Columns: TypeAlias = dict[str, ColumnShape]


class Schema(NamedTuple):
    """`tables` by name, with their columns in order; the names of indexes and of views."""

    tables: dict[str, Columns]
    indexes: frozenset[str]
    views: frozenset[str]


def column_shape(type_: str, null: bool) -> ColumnShape:
    return ColumnShape(_WIDTH.sub(r"\1", type_.lower()), null)


def schema_of(columns: Iterable[tuple[str, str, ColumnShape]], indexes: Iterable[str], views: Iterable[str]) -> Schema:
    """`columns`: (table, name, shape) in order. Those of views are left out."""
    view_names = frozenset(views)
    tables: dict[str, Columns] = {}
    for table, name, shape in columns:
        if table not in view_names:
            tables.setdefault(table, {})[name] = shape
    return Schema(tables, frozenset(indexes), view_names)
