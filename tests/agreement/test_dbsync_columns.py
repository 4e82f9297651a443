"""Tables and columns against cardano-db-sync's own (13.7): a column of a shared table is there,
what differs is said, and so is a table that is not there."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from nectar.compiler.table_reference import ABSENT, table_page
from nectar.processors.registry import PROCESSORS
from nectar.tables import Column, Table, Type
from tests.conftest import ROOT

FITS: dict[str, set[Type]] = {
    "bigint": {Type.ID, Type.INT, Type.U64, Type.LOVELACE, Type.HASH20, Type.HASH28, Type.HASH29, Type.HASH32, Type.BYTES},
    "integer": {Type.INT},
    "word31type": {Type.INT, Type.U64},
    "word63type": {Type.INT, Type.U64},
    "word64type": {Type.U64, Type.INT},
    "int65type": {Type.LOVELACE, Type.INT},
    "word128type": {Type.U128},
    "txindex": {Type.INT},
    "lovelace": {Type.LOVELACE, Type.U64},
    "double": {Type.RATIO},
    "boolean": {Type.BOOL},
    "timestamp": {Type.TIME},
    "jsonb": {Type.JSON},
    "bytea": {Type.BYTES, Type.HASH32},
    "hash28type": {Type.HASH28},
    "hash32type": {Type.HASH32, Type.BYTES},
    "addr29type": {Type.HASH29},
    "asset32type": {Type.NAME},
    "varchar": {Type.TEXT, Type.LABEL},
    **{key: {Type.LABEL} for key in ("govactiontype", "scriptpurposetype", "scripttype", "anchortype", "voterrole", "vote")},
}
"""What a type of db-sync's may be here: its ids and references are sequence numbers, Nectar's are places and hashes."""


def theirs() -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    with (ROOT / "tests/data/dbsync-13.7-columns.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found.setdefault((row["table"], row["variant"]), {})[row["column"]] = row["type"]
    return found


def ours() -> Iterator[tuple[Table, str]]:
    seen = set()
    for name, processor in PROCESSORS.items():
        for table in processor.TABLES:
            if table.name not in seen:
                seen.add(table.name)
                yield table, ""
        if name == "transactions":
            yield from (
                (table, "address table") for table in processor.tables({"address_table": True}) if table.name.endswith("tx_out")
            )


SHARED = [pytest.param(table, theirs()[table.name, variant], id=f"{table.name} {variant}".strip()) for table, variant in ours()]


def test_every_table_is_there_or_its_absence_is_said() -> None:
    absent = {name for names in ABSENT.values() for name in names}
    assert {table.name for table, _ in ours()} | absent == {name for name, _ in theirs()}
    said = table_page().split("## Tables of db-sync that Nectar does not have")[1]
    assert all(f"`{name}`" in said for name in absent)


@pytest.mark.parametrize(("table", "columns"), SHARED)
def test_every_column_is_there(table: Table, columns: dict[str, str]) -> None:
    assert columns.keys() - set(table.column_names) == set()


@pytest.mark.parametrize(("table", "columns"), SHARED)
def test_a_column_of_our_own_or_of_another_type_says_so(table: Table, columns: dict[str, str]) -> None:
    for column in table.columns:
        if column.name not in columns:
            assert "Nectar's own" in column.differs or column.name == "id", column.name
        else:
            assert column.differs or _fits(column, columns[column.name]), (column.name, columns[column.name])


def _fits(column: Column, theirs: str) -> bool:
    return column.type in FITS[theirs]
