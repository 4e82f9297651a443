"""The SQL: run by a real SQLite, the same bytes always, and nothing in it that some database does not have."""

from __future__ import annotations

import re
import sqlite3

import pytest

from nectar.compiler.ddl import mysql, sqlite
from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.ddl.statements import StatementKind, render, statements
from nectar.compiler.internal_tables import OWN_TABLES, key_of
from nectar.compiler.table_checks import check_declarations
from nectar.tables import Column, Index, Kind, Place, Table, Type
from tests.compiler.making import ALL, EVERY_TABLE, HEAD, compiled_from

MISSING_SOMEWHERE = ("FOREIGN", "REFERENCES", "TRIGGER", "CHECK", "RETURNING", "AUTO_INCREMENT", "AUTOINCREMENT", "JSON")
MOST_KEY_BYTES = 3072  # of an index in InnoDB and in TiDB (max-index-length)
KEY_BYTES = {"LONGTEXT": 4 * mysql.INDEX_PREFIX, "LONGBLOB": mysql.INDEX_PREFIX, "DECIMAL(39,0)": 18}


def key_bytes(kind: str) -> int:
    """Of a column of this MySQL type within an index."""
    length = re.search(r"\((\d+)\)", kind)
    if kind in KEY_BYTES or length is None:
        return KEY_BYTES.get(kind, 8)
    return int(length[1]) * (4 if kind.startswith("VARCHAR") else 1) + 2


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(render(compiled_from(EVERY_TABLE), "sqlite"))
    return connection


def test_sqlite_has_every_table_as_declared(database: sqlite3.Connection) -> None:
    compiled = compiled_from(EVERY_TABLE)
    for table in (*OWN_TABLES, *compiled.tables):
        info = database.execute(f'PRAGMA table_info("{table.name}")').fetchall()
        assert [row[1] for row in info] == list(table.column_names)
        assert [row[2] for row in info] == [sqlite.column_type(table, column) for column in table.columns]
        assert [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]] == list(key_of(table))
        for column, row in zip(table.columns, info, strict=True):
            row_id = row[2] == "INTEGER" and key_of(table) == (column.name,)
            assert bool(row[3]) is (not column.null and not row_id)
    names = {row[0] for row in database.execute("SELECT name FROM pragma_table_list WHERE strict AND schema = 'main'")}
    assert names == {table.name for table in (*OWN_TABLES, *compiled.tables)}


def test_an_integer_key_is_the_row_id_itself(database: sqlite3.Connection) -> None:
    """No index beside it: SQLite would name one sqlite_autoindex_<table>_1."""
    indexed = {row[0] for row in database.execute("SELECT tbl_name FROM sqlite_master WHERE name LIKE 'sqlite_autoindex%'")}
    for table in compiled_from(EVERY_TABLE).tables:
        assert (table.name in indexed) is (table.columns[0].type not in (Type.ID, Type.INT)), table.name


def test_sqlite_has_every_index_as_declared(database: sqlite3.Connection) -> None:
    compiled = compiled_from(EVERY_TABLE)
    for table, index in (*compiled.essential_indexes, *compiled.deferred_indexes):
        info = database.execute(f'PRAGMA index_info("{index.name}")').fetchall()
        assert [row[2] for row in info] == list(index.columns), (table.name, index.name)


def test_it_can_be_run_twice(database: sqlite3.Connection) -> None:
    database.executescript(render(compiled_from(EVERY_TABLE), "sqlite"))


def test_exactly_the_enabled_tables() -> None:
    compiled = compiled_from(HEAD + "[processors]\nwithdrawals = true\n")
    names = [statement.name for statement in statements(compiled, "sqlite") if statement.kind is StatementKind.TABLE]
    assert names[:4] == ["nectar_checkpoint", "nectar_coverage", "nectar_plan", "nectar_quarantine"]
    assert set(names[4:]) == {table.name for table in compiled.tables} >= {"withdrawal"}
    assert "tx_out" not in names


def test_mysql_and_tidb_are_one_text_but_for_regions() -> None:
    compiled = compiled_from(EVERY_TABLE)
    shared = [kind for kind in StatementKind if kind is not StatementKind.PRE_SPLIT]
    assert render(compiled, "mysql") == render(compiled, "mysql", shared) == render(compiled, "tidb", shared)
    assert render(compiled, "mysql") != render(compiled, "sqlite")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_that_some_database_lacks(dialect: str) -> None:
    for statement in statements(compiled_from(EVERY_TABLE), dialect):
        bare = re.sub(r"[`\"].*?[`\"]", "", statement.sql).upper()
        for word in MISSING_SOMEWHERE:
            assert not re.search(rf"\b{word}\b", bare), statement.sql
        assert ";" not in statement.sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_name_is_quoted(dialect: str) -> None:
    quote = '"' if dialect == "sqlite" else "`"
    compiled = compiled_from(EVERY_TABLE)
    for statement in statements(compiled, dialect):
        assert f"{quote}{statement.name}{quote}" in statement.sql
    for table in compiled.tables:
        text = DIALECTS[dialect].create_table(table)
        assert all(f"  {quote}{column.name}{quote} " in text for column in table.columns)


def test_an_index_fits_innodb_and_tidb() -> None:
    compiled = compiled_from(EVERY_TABLE)
    for table, index in (*compiled.essential_indexes, *compiled.deferred_indexes):
        types = {column.name: mysql.column_type(table, column) for column in table.columns}
        assert sum(key_bytes(types[name]) for name in index.columns) <= MOST_KEY_BYTES
        if index.unique:
            assert not any(types[name] in mysql.LONG for name in index.columns), "unique over a prefix is another thing"
    for table in (*OWN_TABLES, *compiled.tables):
        assert not {mysql.column_type(table, column) for column in table.columns if column.name in key_of(table)} & mysql.LONG


def test_an_address_is_never_cut_and_indexed_by_its_beginning() -> None:
    compiled = compiled_from(ALL)
    (tx_out,) = [statement.sql for statement in statements(compiled, "mysql") if statement.name == "tx_out"]
    assert "`address` LONGTEXT NOT NULL" in tx_out
    (index,) = [statement.sql for statement in statements(compiled, "mysql") if statement.name == "idx_tx_out_address"]
    assert index.endswith("ON `tx_out` (`address`(128))")


def test_tidb_alone_is_told_of_clustering() -> None:
    for statement in statements(compiled_from(EVERY_TABLE), "tidb"):
        if statement.kind is StatementKind.TABLE:
            assert statement.sql.count("/*T![clustered_index] CLUSTERED */") == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_fingerprint_is_in_a_comment_and_the_name_cannot_leave_it(dialect: str) -> None:
    compiled = compiled_from(EVERY_TABLE)
    lines = render(compiled, dialect).splitlines()
    assert lines[0] == "-- Nectar plan a plan on preview"
    assert lines[1] == f"-- fingerprint {compiled.fingerprint}"


@pytest.mark.parametrize(
    ("policy", "essential", "deferred"), [("essential", False, False), ("deferred", False, True), ("all", True, False)]
)
def test_the_policy_splits_the_indexes(policy: str, essential: bool, deferred: bool) -> None:
    compiled = compiled_from(ALL + f'[storage]\nindexes = "{policy}"\n')
    every = {index.name: index.essential for table in compiled.tables for index in table.indexes}
    kept = {index.name for _, index in compiled.essential_indexes}
    late = {index.name for _, index in compiled.deferred_indexes}
    assert kept == {name for name, needed in every.items() if needed or essential}
    assert late == {name for name, needed in every.items() if not needed and deferred}


def test_sections_apart() -> None:
    compiled = compiled_from(ALL)
    deferred = render(compiled, "sqlite", (StatementKind.DEFERRED_INDEX,))
    first = render(compiled, "sqlite", (StatementKind.TABLE, StatementKind.ESSENTIAL_INDEX))
    assert "CREATE TABLE" not in deferred
    assert deferred.count("CREATE INDEX") == len(compiled.deferred_indexes)
    assert first.count("CREATE TABLE") == len(OWN_TABLES) + len(compiled.tables)


def _table(name: str, *indexes: Index) -> Table:
    columns = (Column("id", Type.ID, "Key."), Column("index", Type.U64, "Place."))
    return Table(name, "A table.", Kind.FACT, columns, Place.TX, indexes)


@pytest.mark.parametrize(
    "tables",
    [
        (_table("a", Index("i", ("index",))), _table("b", Index("i", ("index",)))),
        (_table("a", Index("b", ("index",))), _table("b")),
        (_table("a", Index("i", ("nothing",))),),
        (_table("a" * 65),),
        (_table("nectar_plan"),),
    ],
    ids=["index twice", "index named as a table", "no such column", "too long", "Nectar's own name"],
)
def test_a_wrong_declaration_is_found(tables: tuple[Table, ...]) -> None:
    with pytest.raises(ValueError, match=r"twice|not have"):
        check_declarations(tables)


def test_reserved_words_are_columns_in_sqlite_and_mysql_texts() -> None:
    assert '"index" ANY NOT NULL' in sqlite.create_table(_table("a"))
    assert "`index` BIGINT UNSIGNED NOT NULL" in mysql.create_table(_table("a"))
