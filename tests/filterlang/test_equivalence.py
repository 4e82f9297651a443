"""One tree, three back ends: for random tests and random rows, Python, SQLite and a real MariaDB choose the same rows.

NECTAR_LONG=1 asks twenty times as much.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nectar.compiler.ddl import mysql, sqlite
from nectar.compiler.filters import target_of
from nectar.filterlang import to_python as python_of
from nectar.filterlang import to_sql as sql_of
from nectar.filterlang import tree
from nectar.filterlang.scopes import Scope
from nectar.filterlang.table_scope import table_scope
from nectar.filterlang.to_python import Surely, to_python
from nectar.filterlang.to_sql import NotInSql, to_sql
from nectar.processors.rows import RowBuffers
from nectar.runner.decoding.filtering import filter_functions
from nectar.runner.decoding.row_filter import referenced_value
from nectar.sinks.sqlite.u64 import to_sqlite_u64
from nectar.tables import Kind, Table, Type
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.compiler.mariadb import SERVER, Client, mariadb
from tests.filterlang.random_rows import random_test, rows

TABLES = (
    "tx",
    "tx_out",
    "ma_tx_out",
    "ma_tx_mint",
    "tx_metadata",
    "withdrawal",
    "pool_update",
    "voting_procedure",
    "drep_registration",
)
ROWS = 60
TESTS = 60 * (20 if os.environ.get("NECTAR_LONG") else 1)

COMPILED = compiled_from(EVERY_TABLE)
NAMED: dict[str, Table] = {table.name: table for table in COMPILED.tables}
POINTED = {column.references.partition(".")[0] for name in TABLES for column in NAMED[name].columns} | {"stake_address"}
DIMENSIONS = [table.name for table in COMPILED.tables if table.kind is Kind.DIMENSION and table.name in POINTED]


def made_rows() -> dict[str, list[tuple[Any, ...]]]:
    made = random.Random(1)
    return {name: rows(NAMED[name], ROWS, made) for name in (*DIMENSIONS, *TABLES)}


DATA = made_rows()
SCOPES: dict[str, Scope] = {name: table_scope(NAMED[name], COMPILED.tables) for name in TABLES}
Ask = Callable[[str, str], list[Any]]
"""(table, condition) -> keys of the rows, ascending."""


def buffers() -> RowBuffers:
    out = RowBuffers(COMPILED.tables)
    for name in DIMENSIONS:
        out.dimensions[name] = {row[0]: row for row in DATA[name]}
    return out


OUT = buffers()
ENV = {**filter_functions(COMPILED), "pointed": referenced_value}


def surely(name: str, test: tree.Test) -> Surely:
    return to_python(test, ENV, [SCOPES[name]])


def by_python(name: str, choose: Callable[..., bool]) -> list[Any]:
    return sorted(row[0] for row in DATA[name] if choose(row, OUT))


@pytest.fixture(scope="module")
def ask_sqlite() -> Iterator[Ask]:
    db = sqlite3.connect(":memory:")
    for name, found in DATA.items():
        table = NAMED[name]
        db.execute(sqlite.create_table(table))
        unsigned = [column.type is Type.U64 for column in table.columns]
        for row in found:
            values = [to_sqlite_u64(v) if u and v is not None else v for v, u in zip(row, unsigned, strict=True)]
            db.execute(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(row))})', values)

    def ask(name: str, condition: str) -> list[Any]:
        return sorted(key for (key,) in db.execute(f'SELECT t."id" FROM "{name}" t WHERE {condition}'))

    yield ask
    db.close()


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return f"_utf8mb4 x'{value.encode().hex()}'" if isinstance(value, str) else repr(value)


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    if SERVER is None and not os.environ.get("CI"):
        pytest.skip("no MariaDB here (Debian: apt-get install mariadb-server)")
    with mariadb() as client:
        client.run("CREATE DATABASE n CHARACTER SET latin1")
        for name, found in DATA.items():
            values = ",\n".join(f"({', '.join(map(literal, row))})" for row in found)
            client.run(f"{mysql.create_table(NAMED[name])};\nINSERT INTO `{name}` VALUES {values};", "n")
        yield client


def some_tests(seed: int) -> Iterator[tuple[str, tree.Test]]:
    made = random.Random(seed)
    for _ in range(TESTS):
        for name in TABLES:
            yield name, random_test(SCOPES[name], made)


def conditions(test: tree.Test, name: str, dialect: str) -> list[str] | None:
    """Surely true, surely false; None when the database cannot be asked."""
    target = target_of(COMPILED.network, COMPILED.tables, dialect)
    try:
        return [to_sql(test, target, [SCOPES[name]], wanted) for wanted in (True, False)]
    except NotInSql:
        return None


def compare_all(ask: Ask, dialect: str, seed: int) -> tuple[int, int]:
    """(tests compared, rows chosen)."""
    compared = chosen = 0
    for name, test in some_tests(seed):
        asked = conditions(test, name, dialect)
        if asked is None:
            continue
        mine = surely(name, test)
        for condition, choose in zip(asked, (mine.true, mine.false), strict=True):
            wanted = by_python(name, choose)
            assert ask(name, condition) == wanted, (test, condition)
            chosen += len(wanted)
        compared += 1
    return compared, chosen


def test_python_and_sqlite_choose_the_same_rows(ask_sqlite: Ask) -> None:
    compared, chosen = compare_all(ask_sqlite, "sqlite", 2)
    assert compared > TESTS * len(TABLES) * 0.9
    assert chosen > compared * 10


def test_python_and_mariadb_choose_the_same_rows(server: Client) -> None:
    """All questions in one go: each answer is a line."""
    wanted: list[tuple[str, str, list[Any]]] = []
    for name, test in some_tests(3):
        asked = conditions(test, name, "mysql")
        if asked is not None:
            mine = surely(name, test)
            wanted += [(name, one, by_python(name, choose)) for one, choose in zip(asked, (mine.true, mine.false), strict=True)]
    for begin in range(0, len(wanted), 200):
        part = wanted[begin : begin + 200]
        questions = "".join(
            f"SELECT COALESCE(GROUP_CONCAT(t.`id` ORDER BY t.`id`), '') FROM `{name}` t WHERE {sql};\n" for name, sql, _ in part
        )
        answers = server.run("SET SESSION group_concat_max_len = 100000;\n" + questions, "n")
        lines = ["".join(line) for line in answers if not line[0].startswith("Warning")]
        assert len(lines) == len(part)
        for (_, sql, keys), line in zip(part, lines, strict=True):
            assert line == ",".join(map(str, keys)), sql


def test_true_and_false_never_both() -> None:
    for name, test in some_tests(4):
        mine = surely(name, test)
        assert not set(by_python(name, mine.true)) & set(by_python(name, mine.false))


def test_a_wrong_null_rule_in_sql_is_found(ask_sqlite: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if `not` were put before a condition, where NULL stays NULL, and read as true."""

    def wrong(test: tree.Test, target: Any, scopes: Any = (), wanted: bool = True) -> str:
        right = sql_of.to_sql(test, target, scopes, True)
        return right if wanted else f"({right}) IS NOT TRUE"

    monkeypatch.setattr("tests.filterlang.test_equivalence.to_sql", wrong)
    with pytest.raises(AssertionError):
        compare_all(ask_sqlite, "sqlite", 2)


def test_a_wrong_null_rule_in_python_is_found(ask_sqlite: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_of._Writer, "nullable", lambda self, term: False)
    with pytest.raises((AssertionError, TypeError)):
        compare_all(ask_sqlite, "sqlite", 2)


def test_a_wrong_comparison_is_found(ask_sqlite: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sql_of._FALSE_OP, "<", ">")
    with pytest.raises(AssertionError):
        compare_all(ask_sqlite, "sqlite", 2)
