"""Values read through the metadata are those that stand in the database, on every table of the full plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from nectar.tables import Column, Table, Type
from tests.metadata.filled import Filled

HIGHEST = (1 << 63) - 1
EDGES: Mapping[Type, tuple[Any, Any]] = {
    Type.ID: (-(1 << 63), HIGHEST),
    Type.INT: (-(1 << 63), HIGHEST),
    Type.U64: (0, (1 << 64) - 1),
    Type.U128: (0, (1 << 128) - 1),
    Type.LOVELACE: (-(1 << 63), HIGHEST),
    Type.BOOL: (False, True),
    Type.RATIO: (0.1, 1e300),
    Type.HASH20: (bytes(20), b"\xff" * 20),
    Type.HASH28: (bytes(28), b"\xff" * 28),
    Type.HASH29: (bytes(29), b"\xff" * 29),
    Type.HASH32: (bytes(32), b"\xff" * 32),
    Type.NAME: (b"", b"\xff" * 32),
    Type.BYTES: (b"", b"\x00\xff"),
    Type.TEXT: ("", "é🐝"),
    Type.LABEL: ("a", "b" * 64),
    Type.JSON: ({"msg": ["1", 2]}, [9_007_199_254_740_991, "9007199254740993", None]),
    Type.TIME: (datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
}
"""The lowest and the highest value of a type, as Python is to see it."""


def stored(value: Any, type_: Type, dialect: str) -> Any:
    """As docs/decisions/0003 and docs/tables.md say that it stands in the database."""
    if value is None:
        return None
    match type_:
        case Type.U64 if dialect == "sqlite" and value > HIGHEST:
            return f"{value:020d}"
        case Type.U128 if dialect == "sqlite":
            return str(value)
        case Type.BOOL:
            return int(value)
        case Type.JSON:
            return json.dumps(value, ensure_ascii=False)
        case Type.TIME:
            return f"{value:%Y-%m-%d %H:%M:%S}"
    return value


def expected(raw: Any, type_: Type) -> Any:
    """What Python is to see of what the driver gave."""
    if raw is None:
        return None
    match type_:
        case Type.U64 | Type.U128:
            return int(raw)
        case Type.BOOL:
            assert raw in (0, 1)
            return raw == 1
        case Type.JSON:
            return json.loads(raw)
        case Type.TIME:
            return datetime.strptime(f"{raw} +0000", "%Y-%m-%d %H:%M:%S %z")
    return raw


def read(filled: Filled, table: Table) -> list[Any]:
    with filled.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(filled.metadata.tables[table.name]))]


def in_order(rows: list[Any]) -> list[Any]:
    """`repr` tells 1 from True and from 1.0, which `==` does not."""
    return sorted(map(repr, rows))


def test_real_rows(filled: Filled) -> None:
    counts = {}
    for table in filled.tables:
        raws = filled.rows(table)
        counts[table.name] = len(raws)
        types = [column.type for column in table.columns]
        theirs = [tuple(expected(raw, type_) for raw, type_ in zip(row, types, strict=True)) for row in raws]
        assert in_order(read(filled, table)) == in_order(theirs), table.name
    assert min(counts[name] for name in ("block", "tx", "tx_out", "ma_tx_out", "tx_metadata", "redeemer", "pool_update")) > 0
    assert sum(counts.values()) > 5_000


def test_the_edges_of_every_column(empty: Filled) -> None:
    """Two rows in each table, written by the driver: the lowest values, NULL where it may stand, and the highest."""

    def low(column: Column) -> Any:
        return None if column.null else EDGES[column.type][0]

    for table in empty.tables:
        rows = [tuple(low(column) for column in table.columns), tuple(EDGES[column.type][1] for column in table.columns)]
        for row in rows:
            values = zip(row, table.columns, strict=True)
            empty.insert(table, [stored(value, column.type, empty.dialect) for value, column in values])
        assert in_order(read(empty, table)) == in_order(rows), table.name


def test_queries_with_large_unsigned_numbers(empty: Filled) -> None:
    """Equality, order and bounds across 2^63, where SQLite's form of the numbers changes."""
    label = empty.metadata.tables["tx_metadata"].c.key
    numbers = [0, 721, HIGHEST, HIGHEST + 1, 10**19, (1 << 64) - 1]
    with empty.engine.begin() as connection:
        for at, number in enumerate(numbers):
            connection.execute(sa.insert(label.table).values(id=at, key=number, bytes=b"", tx_id=0))
    table = next(table for table in empty.tables if table.name == "tx_metadata")
    assert {row[1] for row in empty.rows(table)} == {stored(number, Type.U64, empty.dialect) for number in numbers}
    with empty.engine.connect() as connection:

        def found(condition: sa.ColumnElement[bool]) -> list[int]:
            return list(connection.scalars(sa.select(label).where(condition).order_by(label)))

        for at, number in enumerate(numbers):
            assert found(label == number) == [number]
            assert found(label < number) == numbers[:at]
            assert found(label >= number) == numbers[at:]
            literal = sa.select(label).where(label == number).compile(empty.engine, compile_kwargs={"literal_binds": True})
            assert connection.exec_driver_sql(str(literal).replace("%", "%%")).scalars().all() == [
                stored(number, Type.U64, empty.dialect)
            ]
        assert found(label.in_(numbers[2:4])) == numbers[2:4]
        assert connection.scalar(sa.select(sa.func.max(label))) == numbers[-1]
        assert connection.scalar(sa.select(sa.func.sum(label)).where(label < 1_000)) == 721


def test_a_sum_that_sqlite_cannot_do_is_refused(empty: Filled) -> None:
    """SQLite adds its texts as REAL numbers, which are not exact; a server's sum is."""
    label = empty.metadata.tables["tx_metadata"].c.key
    numbers = [7, HIGHEST + 1, HIGHEST + 2]
    with empty.engine.begin() as connection:
        for at, number in enumerate(numbers):
            connection.execute(sa.insert(label.table).values(id=at, key=number, bytes=b"", tx_id=0))
        total = sa.select(sa.func.sum(label))
        if empty.dialect == "sqlite":
            with pytest.raises(ValueError, match="cannot compute exactly"):
                connection.scalar(total)
        else:
            assert connection.scalar(total) == sum(numbers)


def test_times_are_compared_as_moments(filled: Filled) -> None:
    block = filled.metadata.tables["block"].c
    with filled.engine.connect() as connection:
        times = sorted(connection.scalars(sa.select(block.time)))
        middle = times[len(times) // 2]
        assert middle.tzinfo is UTC
        for moment in (middle, middle.replace(tzinfo=None), middle.astimezone(datetime.now().astimezone().tzinfo)):
            assert set(connection.scalars(sa.select(block.time).where(block.time == moment))) == {middle}
        later = middle.replace(microsecond=1)
        count = sa.select(sa.func.count()).select_from(block.id.table)
        assert connection.scalar(count.where(block.time >= later)) == sum(time > middle for time in times)
        assert connection.scalar(count.where(block.time < later)) == sum(time <= middle for time in times)


def test_values_inside_json(filled: Filled) -> None:
    documents = filled.metadata.tables["tx_metadata"].c.json
    key = {"sqlite": "msg", "mysql": "metadata"}[filled.dialect]
    with filled.engine.connect() as connection:
        everything = [document for document in connection.scalars(sa.select(documents)) if isinstance(document, dict)]
        lists = [document[key] for document in everything if isinstance(document.get(key), list)]
        first = documents[key][0].as_string()
        assert sorted(connection.scalars(sa.select(first).where(first.is_not(None)))) == sorted(texts[0] for texts in lists)
        assert len(lists) > 3
