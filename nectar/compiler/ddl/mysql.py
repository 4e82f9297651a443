"""MySQL 8, MariaDB 10.6 and TiDB: one text for all three. What only TiDB understands is in TiDB's comments."""

from __future__ import annotations

from collections.abc import Mapping

from nectar.compiler.internal_tables import key_of
from nectar.tables import Column, Index, Table, Type

NOTE = "One text for MySQL 8, MariaDB 10.6 and TiDB: what stands in /*T! */ is read by TiDB alone."

LABEL_LENGTH = 64
JSON_LENGTH = 255
INDEX_PREFIX = 128
"""Characters (of at most 4 bytes) or bytes of a long column that an index holds; a whole index holds at most 3,072 bytes."""

TYPES: Mapping[Type, str] = {
    Type.ID: "BIGINT",
    Type.INT: "BIGINT",
    Type.U64: "BIGINT UNSIGNED",
    Type.U128: "DECIMAL(39,0)",
    Type.LOVELACE: "BIGINT",
    Type.BOOL: "TINYINT",
    Type.RATIO: "DOUBLE",
    Type.HASH20: "BINARY(20)",
    Type.HASH28: "BINARY(28)",
    Type.HASH29: "BINARY(29)",
    Type.HASH32: "BINARY(32)",
    Type.NAME: "VARBINARY(32)",
    Type.BYTES: "LONGBLOB",
    Type.TEXT: "LONGTEXT",
    Type.LABEL: f"VARCHAR({LABEL_LENGTH})",
    Type.JSON: "LONGTEXT",
    Type.TIME: "DATETIME",
}
KEY_BYTES = "VARBINARY(64)"
LONG = frozenset({"LONGBLOB", "LONGTEXT"})
"""Types of which an index holds only the beginning."""


def column_type(table: Table, column: Column) -> str:
    """Bytes that are a key, or point at one, get a greatest length: MySQL refuses a key without one (error 1170)."""
    if column.type is Type.BYTES and (column.references or column.name in key_of(table)):
        return KEY_BYTES
    return TYPES[column.type]


def create_table(table: Table) -> str:
    lines = [f"{_quoted(c.name)} {column_type(table, c)}{' NULL' if c.null else ' NOT NULL'}" for c in table.columns]
    key = ", ".join(map(_quoted, key_of(table)))
    lines.append(f"PRIMARY KEY ({key}) /*T![clustered_index] CLUSTERED */")
    body = ",\n  ".join(lines)
    tail = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
    return f"CREATE TABLE IF NOT EXISTS {_quoted(table.name)} (\n  {body}\n) {tail}"


def create_index(table: Table, index: Index) -> str:
    """Without `IF NOT EXISTS`, which MySQL 8 does not know; a second index of one name gives error 1061."""
    types = {column.name: column_type(table, column) for column in table.columns}
    parts = ", ".join(_quoted(name) + (f"({INDEX_PREFIX})" if types[name] in LONG else "") for name in index.columns)
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX {_quoted(index.name)} ON {_quoted(table.name)} ({parts})"


def json_column(table: str, name: str, value: str) -> str:
    """A generated column with the value's beginning. Its index follows apart: TiDB refuses both in one statement (error 8200)."""
    column = f"VARCHAR({JSON_LENGTH}) COLLATE utf8mb4_bin GENERATED ALWAYS AS (LEFT({value}, {JSON_LENGTH})) VIRTUAL"
    return f"ALTER TABLE {_quoted(table)} ADD COLUMN {_quoted(name)} {column}"


def json_index(table: str, name: str, _value: str) -> str:
    return f"CREATE INDEX {_quoted(f'idx_{name}')} ON {_quoted(table)} ({_quoted(name)})"


def create_view(name: str, select: str) -> str:
    return f"CREATE OR REPLACE VIEW {_quoted(name)} AS\n{select}"


def _quoted(name: str) -> str:
    return f"`{name}`"
