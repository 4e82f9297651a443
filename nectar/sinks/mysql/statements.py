"""The statements that load lines (see `stage`): LOAD DATA, or INSERTs that say the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from nectar.sinks.mysql.stage import ESCAPED, HEXED, NULL, NUMBERS, Lines
from nectar.tables import Column, Kind, Table, Type

_FORM = r"CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'"
_ESCAPES = str.maketrans(ESCAPED)
_BARE = NUMBERS | {Type.BOOL, Type.RATIO}


def load_data(table: Table, source: str) -> str:
    """`source` is the quoted name of the file that the server asks the client for.

    With LOCAL the server only warns of a row that does not fit, so the caller must compare the counts.
    """
    fields = ", ".join(f"@c{at}" if column.type in HEXED else f"`{column.name}`" for at, column in enumerate(table.columns))
    sets = ", ".join(f"`{column.name}` = UNHEX(@c{at})" for at, column in enumerate(table.columns) if column.type in HEXED)
    return f"LOAD DATA LOCAL INFILE {source} INTO TABLE `{table.name}` {_FORM} ({fields})" + (f" SET {sets}" if sets else "")


def inserts(table: Table, lines: Lines, most: int, *, named: bool) -> Iterator[tuple[str, int]]:
    """Statements of at most about `most` bytes, and the number of rows of each. `named`: see `IncomingRow`."""
    head = f"INSERT INTO `{table.name}` ({', '.join(f'`{name}`' for name in table.column_names)}) VALUES\n"
    tail = _upsert(table, IncomingRow(named)) if table.kind is Kind.DIMENSION else ""
    writers = [_literal(column) for column in table.columns]
    rows: list[str] = []
    size = room = most - len(head) - len(tail)
    for line in lines.text.decode().split("\n")[:-1]:
        fields = line.split("\t")
        row = "(" + ",".join([write(field) for write, field in zip(writers, fields, strict=True)]) + ")"
        if rows and size < len(row) + 2:
            yield head + ",\n".join(rows) + tail, len(rows)
            rows, size = [], room
        rows.append(row)
        size -= len(row) + 2
    if rows:
        yield head + ",\n".join(rows) + tail, len(rows)


class IncomingRow(NamedTuple):
    """How an upsert refers to its new row: by an alias where the server allows one (`Product.names_rows`), else by VALUES()."""

    named: bool

    @property
    def head(self) -> str:
        return "AS came ON DUPLICATE KEY UPDATE" if self.named else "ON DUPLICATE KEY UPDATE"

    def of(self, column: str) -> str:
        return f"came.`{column}`" if self.named else f"VALUES(`{column}`)"


def _upsert(table: Table, incoming: IncomingRow) -> str:
    """The row with the earliest position stays. The position is set last, because the other columns compare with it."""
    key, first = table.columns[0].name, table.first
    was = f"`{table.name}`"
    earlier = f"{incoming.of(first)} < {was}.`{first}`"
    others = [name for name in table.column_names if name not in (key, first)]
    changes = [f"`{name}` = IF({earlier}, {incoming.of(name)}, {was}.`{name}`)" for name in others]
    return f"\n{incoming.head} {', '.join([*changes, f'`{first}` = LEAST({was}.`{first}`, {incoming.of(first)})'])}"


def _literal(column: Column) -> Callable[[str], str]:
    """Turns a field of a line into an SQL literal. Lines and texts escape alike, but for the quote."""
    if column.type in HEXED:
        return lambda field: "NULL" if field == NULL else f"x'{field}'"
    if column.type in _BARE:
        return lambda field: "NULL" if field == NULL else field
    return lambda field: "NULL" if field == NULL else "'" + field.replace("'", "''") + "'"


def literal(value: object) -> str:
    """A whole number, text, bytes or None as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return "'" + value.translate(_ESCAPES).replace("'", "''") + "'" if isinstance(value, str) else str(value)


def with_values(sql: str, values: Mapping[str, int]) -> str:
    """`sql` with each `:name` replaced by its whole number."""
    return re.sub(r":(\w+)\b", lambda match: str(values[match[1]]), sql)
