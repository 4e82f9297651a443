"""SQLAlchemy's type of each column: what stands in the database becomes an exact Python value, the same on every dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from nectar.compiler.internal_tables import key_of
from nectar.sinks.sqlite.u64 import from_sqlite_u64, to_sqlite_u64
from nectar.tables import Column, Table, Type

SERVERS = ("mysql", "mariadb")
"""SQLAlchemy's names of the dialects that MySQL, MariaDB and TiDB speak."""


class _Any(UserDefinedType[Any]):
    """SQLite's ANY: a value keeps the storage class that it was written with."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "ANY"

    def literal_processor(self, dialect: sa.Dialect) -> Callable[[Any], str]:
        return lambda value: f"'{value}'" if isinstance(value, str) else str(value)


class U64(TypeDecorator[int]):
    """0 .. 2^64-1. SQLite has an INTEGER below 2^63 and text of 20 digits from there on (docs/decisions/0003)."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Any() if dialect.name == "sqlite" else mysql.BIGINT(unsigned=True))

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> Any:
        return to_sqlite_u64(value) if value is not None and dialect.name == "sqlite" else value

    process_literal_param = process_bind_param

    def process_result_value(self, value: int | str | Decimal | float | None, dialect: sa.Dialect) -> int | None:
        """ValueError for a REAL, which SQLite makes of arithmetic with text: it is not exact."""
        if isinstance(value, float):
            raise ValueError("SQLite cannot compute exactly with numbers from 2^63 on: read the values and compute in Python")
        return None if value is None else from_sqlite_u64(value) if isinstance(value, int | str) else int(value)


class U128(TypeDecorator[int]):
    """A sum beyond 64 bits: decimal text in SQLite, where only equality of the column is the numbers' own."""

    impl = sa.Numeric(39, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Numeric(39, 0))

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: str | Decimal | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment with its time zone, UTC. One without a zone, in a query, is taken as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat(sep=" ") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: str | datetime | None, dialect: sa.Dialect) -> datetime | None:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return None if moment is None else moment.replace(tzinfo=UTC)


def _binary(on_servers: TypeEngine[bytes]) -> TypeEngine[bytes]:
    return sa.LargeBinary().with_variant(on_servers, *SERVERS)


_TYPES: Mapping[Type, TypeEngine[Any]] = {
    Type.ID: sa.BigInteger(),
    Type.INT: sa.BigInteger(),
    Type.U64: U64(),
    Type.U128: U128(),
    Type.LOVELACE: sa.BigInteger(),
    Type.BOOL: sa.Boolean(),
    Type.RATIO: sa.Double(),
    Type.HASH20: _binary(mysql.BINARY(20)),
    Type.HASH28: _binary(mysql.BINARY(28)),
    Type.HASH29: _binary(mysql.BINARY(29)),
    Type.HASH32: _binary(mysql.BINARY(32)),
    Type.NAME: _binary(mysql.VARBINARY(32)),
    Type.BYTES: _binary(mysql.LONGBLOB()),
    Type.TEXT: sa.Text().with_variant(mysql.LONGTEXT(), *SERVERS),
    Type.LABEL: sa.String(64),
    Type.JSON: sa.JSON(),
    Type.TIME: UtcTime(),
}
_KEY_BYTES = _binary(mysql.VARBINARY(64))


def type_of(table: Table, column: Column) -> TypeEngine[Any]:
    """Bytes that are a key, or point at one, have a greatest length on servers."""
    if column.type is Type.BYTES and (column.references or column.name in key_of(table)):
        return _KEY_BYTES
    return _TYPES[column.type]
