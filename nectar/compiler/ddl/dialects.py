"""The dialects that `--dialect` can name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nectar.compiler.ddl import mysql, sqlite
from nectar.tables import Column, Index, Table


class Dialect(Protocol):
    """What a dialect's module has. Statements end without a semicolon; `NOTE` names the servers that they are for."""

    NOTE: str

    def column_type(self, table: Table, column: Column, /) -> str: ...

    def create_table(self, table: Table) -> str: ...

    def create_index(self, table: Table, index: Index) -> str: ...

    def json_column(self, table: str, name: str, value: str, /) -> str:
        """Adds the value as a generated column; "" where an index can be on the value itself."""

    def json_index(self, table: str, name: str, value: str, /) -> str: ...

    def create_view(self, name: str, select: str) -> str: ...


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": sqlite,
    "mysql": mysql,
    "tidb": mysql,
}
