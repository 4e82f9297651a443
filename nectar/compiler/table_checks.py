"""Checks the tables of a plan against each other; a fault is a mistake in a processor's declaration."""

from __future__ import annotations

from collections.abc import Iterable

from nectar.compiler.internal_tables import OWN_TABLES
from nectar.tables import Table

LONGEST_NAME = 64
"""Characters in the name of a table, column or index in MySQL and TiDB."""


def check_declarations(tables: Iterable[Table]) -> None:
    """Errors: ValueError when a name is used twice or too long for a database, or an index has a column that its table lacks."""
    taken: set[str] = set()
    for table in (*OWN_TABLES, *tables):
        _take(table.name, taken)
        names = set(table.column_names)
        if len(names) < len(table.columns):
            raise ValueError(f"table {table.name} has two columns of one name")
        for index in table.indexes:
            _take(index.name, taken)
            if missing := [name for name in index.columns if name not in names]:
                raise ValueError(f"index {index.name} is on columns that {table.name} does not have: {', '.join(missing)}")


def _take(name: str, taken: set[str]) -> None:
    """Adds a name to those in use. Tables and indexes share one namespace in SQLite."""
    if name in taken or not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"the name {name} is used twice, or longer than {LONGEST_NAME} characters")
    taken.add(name)
