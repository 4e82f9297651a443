"""SQLite 3.37 or newer: STRICT tables, ids as row ids, plain tables for dimensions (docs/decisions/0002)."""

from __future__ import annotations

from collections.abc import Mapping

from nectar.compiler.internal_tables import key_of
from nectar.tables import Column, Index, Table, Type

NOTE = "SQLite 3.37 or newer (STRICT tables). Unsigned 64-bit columns are ANY: numbers below 2^63, above it text of 20 digits."

TYPES: Mapping[Type, str] = {
    Type.ID: "INTEGER",
    Type.INT: "INTEGER",
    Type.U64: "ANY",
    Type.U128: "TEXT",
    Type.LOVELACE: "INTEGER",
    Type.BOOL: "INTEGER",
    Type.RATIO: "REAL",
    Type.HASH20: "BLOB",
    Type.HASH28: "BLOB",
    Type.HASH29: "BLOB",
    Type.HASH32: "BLOB",
    Type.NAME: "BLOB",
    Type.BYTES: "BLOB",
    Type.TEXT: "TEXT",
    Type.LABEL: "TEXT",
    Type.JSON: "TEXT",
    Type.TIME: "TEXT",
}


def column_type(_table: Table, column: Column) -> str:
    return TYPES[column.type]


def create_table(table: Table) -> str:
    """An integer key must be spelled `INTEGER PRIMARY KEY`: only then is it the row id and needs no index."""
    key = key_of(table)
    row_id = len(key) == 1 and column_type(table, table.columns[0]) == "INTEGER"
    lines = [
        f"{_quoted(column.name)} {column_type(table, column)}"
        + (" PRIMARY KEY" if row_id and column.name == key[0] else "" if column.null else " NOT NULL")
        for column in table.columns
    ]
    if not row_id:
        lines.append(f"PRIMARY KEY ({_list(key)})")
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {_quoted(table.name)} (\n  {body}\n) STRICT"


def create_index(table: Table, index: Index) -> str:
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX IF NOT EXISTS {_quoted(index.name)} ON {_quoted(table.name)} ({_list(index.columns)})"


def json_column(_table: str, _name: str, _value: str) -> str:
    return ""


def json_index(table: str, name: str, value: str) -> str:
    """An index on the expression itself."""
    return f"CREATE INDEX IF NOT EXISTS {_quoted(f'idx_{name}')} ON {_quoted(table)} ({value})"


def create_view(name: str, select: str) -> str:
    return f"CREATE VIEW IF NOT EXISTS {_quoted(name)} AS\n{select}"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
