"""What SQLAlchemy reads of a filled database's catalogue is what `nectar.metadata` says: a second opinion on the DDL."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from nectar.metadata import metadata
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.metadata.filled import Filled

SPOKEN = {
    "sqlite": {
        "BIGINT": "INTEGER",
        "BOOLEAN": "INTEGER",
        "DOUBLE": "REAL",
        "VARCHAR(64)": "TEXT",
        "JSON": "TEXT",
        "ANY": "NUMERIC",  # SQLAlchemy's word for a type that it does not know; what the catalogue says is compared below
    },
    "mysql": {"BOOL": "TINYINT", "JSON": "LONGTEXT", "NUMERIC(39, 0)": "DECIMAL(39, 0)"},
}
"""A type as the metadata writes it -> as SQLAlchemy reads it."""


def written(type_: sa.types.TypeEngine[object], dialect: sa.Dialect) -> str:
    """Without a collation and without the width that integers are shown with."""
    text = re.sub(r" (CHARACTER SET|COLLATE|CHARSET) \w+", "", type_.compile(dialect=dialect))
    return re.sub(r"^(\w*INT)\(\d+\)", r"\1", text)


def test_columns_types_nulls_and_keys(filled: Filled) -> None:
    reflected = sa.MetaData()
    reflected.reflect(filled.engine, views=True)
    described = filled.metadata.tables
    assert set(reflected.tables) == set(described)
    spoken, dialect = SPOKEN[filled.dialect], filled.engine.dialect
    for name, table in described.items():
        columns = list(reflected.tables[name].columns)
        assert [column.name for column in columns] == [column.name for column in table.columns], name
        for ours, theirs in zip(table.columns, columns, strict=True):
            type_ = written(ours.type, dialect)
            assert written(theirs.type, dialect) == spoken.get(type_, type_), (name, ours.name)
            row_id = filled.dialect == "sqlite" and ours.primary_key  # an INTEGER PRIMARY KEY says no NOT NULL
            assert table.info["view"] or row_id or theirs.nullable == ours.nullable, (name, ours.name)
        if not table.info["view"]:
            assert list(reflected.tables[name].primary_key.columns.keys()) == list(table.primary_key.columns.keys()), name
            assert not reflected.tables[name].foreign_keys, name


def test_unsigned_columns_of_sqlite_are_any(sqlite_engine: sa.Engine) -> None:
    """SQLAlchemy does not know the type ANY, so the catalogue is asked."""
    described = metadata(compiled_from(EVERY_TABLE)).tables
    with sqlite_engine.connect() as connection:
        for name, table in described.items():
            if not table.info["view"]:
                rows = connection.exec_driver_sql(f'PRAGMA table_info("{name}")').all()
                unsigned = {column.name for column in table.columns if column.info["type"] == "u64"}
                assert {row.name for row in rows if row.type == "ANY"} == unsigned, name


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "tidb"])
def test_each_reference_is_a_relation_between_columns_of_one_type(dialect: str) -> None:
    compiled = compiled_from(EVERY_TABLE)
    described = metadata(compiled, dialect)
    names = {table.name for table in compiled.tables}
    spoken = sa.create_engine("mysql+pymysql://" if dialect != "sqlite" else "sqlite://").dialect
    count = 0
    for table in compiled.tables:
        for column in table.columns:
            relations = described.tables[table.name].columns[column.name].foreign_keys
            target = column.references.partition(".")[0]
            assert [relation.target_fullname for relation in relations] == ([column.references] if target in names else [])
            for relation in relations:
                count += 1
                own, theirs = (side.type.compile(dialect=spoken) for side in (relation.parent, relation.column))
                assert own == theirs, (table.name, column.name)
    assert count == sum(column.references != "" for table in compiled.tables for column in table.columns) > 80


def test_a_relation_to_a_table_that_the_plan_lacks_is_left_out() -> None:
    compiled = compiled_from(EVERY_TABLE.replace("scripts = true\n", ""))
    tx_in = metadata(compiled).tables["tx_in"]
    assert not tx_in.c.redeemer_id.foreign_keys
    assert {relation.target_fullname for relation in tx_in.c.tx_in_id.foreign_keys} == {"tx.id"}


def test_docs_are_comments() -> None:
    compiled = compiled_from(EVERY_TABLE)
    described = metadata(compiled).tables
    for table in compiled.tables:
        assert described[table.name].comment == table.doc
        for column in table.columns:
            known = described[table.name].columns[column.name]
            assert (known.comment, known.info["source"], known.info["differs"]) == (column.doc, column.source, column.differs)
