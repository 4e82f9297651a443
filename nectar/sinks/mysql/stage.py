"""The costly half of a load, done in decoding processes: rows become the lines that LOAD DATA reads.

One line a row, its fields parted by tabs, NULL as ``\\N``; bytes in hexadecimal, so that no server's idea of character sets can
touch them. The same fields become the literals of an INSERT where LOAD DATA is not allowed (see `statements`).
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
"""The backslash first: the others bring one with them."""


class Lines(NamedTuple):
    """One table's: UTF-8 text, each line ended by a line feed, and how many there are."""

    table: str
    text: bytes
    rows: int


class MysqlStager:
    """Knows each table's columns by heart."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._columns = {table.name: [_column(column) for column in table.columns] for table in tables}

    def stage(self, rows: RowBuffers) -> Staged:
        """`lines_of` reads the load form."""
        filled = [*((name, facts) for name, facts in rows.facts.items() if facts)]
        filled += [(name, list(things.values())) for name, things in rows.dimensions.items() if things]
        lines = [Lines(name, self._lines(name, some), len(some)) for name, some in filled]
        counts = {one.table: one.rows for one in lines}
        return Staged(pickle.dumps([tuple(one) for one in lines], pickle.HIGHEST_PROTOCOL), counts)

    def _lines(self, name: str, rows: Sequence[Row]) -> bytes:
        """Column by column, which is where the types are the same."""
        columns = zip(*rows, strict=True)
        fields = [write(values) for write, values in zip(self._columns[name], columns, strict=True)]
        return ("\n".join(map("\t".join, zip(*fields, strict=True))) + "\n").encode()


def lines_of(staged: Staged) -> list[Lines]:
    """Of a batch, table by table. Our own processes made it."""
    return [Lines(*one) for one in pickle.loads(staged.load_form)] if staged.load_form else []


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
    """As Python writes them: the shortest text that is read back as the same number."""
    return [NULL if value is None else repr(float(value)) for value in values]


def _texts(values: Sequence[Any]) -> Iterable[str]:
    """Most columns have nothing to escape: seen once for all of one."""
    whole = "".join([value for value in values if value is not None])
    for char, escaped in ESCAPED.items():
        if char in whole:
            values = [value if value is None else value.replace(char, escaped) for value in values]
    return [NULL if value is None else value for value in values]
