"""The costly half of a load, done in decoding processes: rows become the lines that LOAD DATA reads.

Each row is one line. Tabs separate its fields, NULL is ``\\N``, and bytes are hexadecimal, so that no server converts their
character set. The same fields become the literals of an INSERT where LOAD DATA is not allowed (see `statements`).
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from nectar.processors.rows import Row, RowBuffers
from nectar.sinks.base import Staged
from nectar.tables import Column, Table, Type

NULL = "\\N"
HEXED = frozenset({Type.HASH20, Type.HASH28, Type.HASH29, Type.HASH32, Type.NAME, Type.BYTES})
NUMBERS = frozenset({Type.ID, Type.INT, Type.U64, Type.U128, Type.LOVELACE})
ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}
"""The backslash comes first, because the other escapes contain one."""


class Lines(NamedTuple):
    """The lines of one table: UTF-8 text, each line ended by a line feed, and their number."""

    table: str
    text: bytes
    rows: int


class MysqlStager:
    """One field encoder for each column, built once."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._columns = {table.name: [_column(column) for column in table.columns] for table in tables}

    def stage(self, rows: RowBuffers) -> Staged:
        """Encode the rows. `lines_of` decodes the load form."""
        filled = [*((name, facts) for name, facts in rows.facts.items() if facts)]
        filled += [(name, list(keyed.values())) for name, keyed in rows.dimensions.items() if keyed]
        lines = [Lines(name, self._lines(name, table_rows), len(table_rows)) for name, table_rows in filled]
        counts = {table_lines.table: table_lines.rows for table_lines in lines}
        return Staged(pickle.dumps([tuple(table_lines) for table_lines in lines], pickle.HIGHEST_PROTOCOL), counts)

    def _lines(self, name: str, rows: Sequence[Row]) -> bytes:
        """Encode column by column: a column has one type, so one encoder does all its values."""
        columns = zip(*rows, strict=True)
        fields = [write(values) for write, values in zip(self._columns[name], columns, strict=True)]
        return ("\n".join(map("\t".join, zip(*fields, strict=True))) + "\n").encode()


def lines_of(staged: Staged) -> list[Lines]:
    """The lines of a batch, table by table. Unpickling is safe: Nectar's own processes wrote them."""
    return [Lines(*fields) for fields in pickle.loads(staged.load_form)] if staged.load_form else []


Write = Callable[[Sequence[Any]], Iterable[str]]


def _column(column: Column) -> Write:
    if column.type in HEXED:
        return _hexed_or_null if column.null else _hexed
    if column.type in NUMBERS:
        return _numbers_or_null if column.null else _numbers
    if column.type is Type.BOOL:
        return _bools
    if column.type is Type.RATIO:
        return _ratios
    return _texts


def _hexed(values: Sequence[Any]) -> Iterable[str]:
    return map(bytes.hex, values)


def _hexed_or_null(values: Sequence[Any]) -> Iterable[str]:
    return [NULL if value is None else value.hex() for value in values]


def _numbers(values: Sequence[Any]) -> Iterable[str]:
    return map(str, values)


def _numbers_or_null(values: Sequence[Any]) -> Iterable[str]:
    return [NULL if value is None else str(value) for value in values]


def _bools(values: Sequence[Any]) -> Iterable[str]:
    return [NULL if value is None else "1" if value else "0" for value in values]


def _ratios(values: Sequence[Any]) -> Iterable[str]:
    """Python's `repr`: the shortest text that reads back as the same number."""
    return [NULL if value is None else repr(float(value)) for value in values]


def _texts(values: Sequence[Any]) -> Iterable[str]:
    """Most columns need no escape, so the whole column is searched at once."""
    whole = "".join([value for value in values if value is not None])
    for char, escaped in ESCAPED.items():
        if char in whole:
            values = [value if value is None else value.replace(char, escaped) for value in values]
    return [NULL if value is None else value for value in values]
