"""Unsigned 64-bit numbers in a real SQLite: order, equality, the way back."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.sinks.sqlite.u64 import from_sqlite_u64, to_sqlite_u64

EDGES = [0, 1, 2**53, 2**63 - 1, 2**63, 2**63 + 1, 9_999_999_999_999_999_999, 10_000_000_000_000_000_000, 2**64 - 2, 2**64 - 1]
NUMBERS = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from(EDGES), st.integers(2**63 - 5, 2**63 + 5))


@pytest.fixture(scope="module")
def column() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n ANY) STRICT")
    connection.execute("CREATE INDEX i ON t (n)")
    return connection


def fill(column: sqlite3.Connection, numbers: list[int]) -> None:
    column.execute("DELETE FROM t")
    column.executemany("INSERT INTO t (n) VALUES (?)", [(to_sqlite_u64(n),) for n in numbers])


@settings(max_examples=200, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=2, max_size=30), pivot=NUMBERS)
def test_sqlite_orders_and_compares_them_as_numbers(column: sqlite3.Connection, numbers: list[int], pivot: int) -> None:
    fill(column, numbers)

    def select(sql: str, *values: int) -> list[int]:
        return [from_sqlite_u64(row[0]) for row in column.execute(sql, [to_sqlite_u64(v) for v in values])]

    assert select("SELECT n FROM t ORDER BY n") == sorted(numbers)
    assert select("SELECT n FROM t NOT INDEXED ORDER BY n DESC") == sorted(numbers, reverse=True)
    assert select("SELECT n FROM t WHERE n >= ? ORDER BY n", pivot) == sorted(n for n in numbers if n >= pivot)
    assert select("SELECT n FROM t WHERE n < ? ORDER BY n", pivot) == sorted(n for n in numbers if n < pivot)
    assert select("SELECT n FROM t WHERE n = ?", numbers[0]) == [numbers[0]] * numbers.count(numbers[0])
    assert select("SELECT max(n) FROM t") == [max(numbers)]
    assert select("SELECT DISTINCT n FROM t ORDER BY n") == sorted(set(numbers))


@given(number=NUMBERS)
def test_there_and_back(number: int) -> None:
    assert from_sqlite_u64(to_sqlite_u64(number)) == number


def test_a_strict_any_column_keeps_text_of_digits_as_text(column: sqlite3.Connection) -> None:
    """The reason for STRICT: elsewhere ANY would turn the digits into a REAL and lose the last ones."""
    fill(column, EDGES)
    kinds = dict(column.execute("SELECT typeof(n), count(*) FROM t GROUP BY 1").fetchall())
    assert kinds == {"integer": 4, "text": 6}
    loose = sqlite3.connect(":memory:")
    loose.execute("CREATE TABLE t (n ANY)")
    loose.execute("INSERT INTO t VALUES (?)", (to_sqlite_u64(2**64 - 1),))
    assert loose.execute("SELECT typeof(n) FROM t").fetchone() == ("real",)
    loose.close()


@pytest.mark.parametrize("number", [-1, 2**64])
def test_outside_the_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not an unsigned 64-bit number"):
        to_sqlite_u64(number)
