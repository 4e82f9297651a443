"""Every processor has its file, its registry line, its schema entry and its tests; every declaration is whole."""

from __future__ import annotations

import json

import pytest

from nectar.compiler.ddl import mysql, sqlite
from nectar.processors.registry import PROCESSORS
from nectar.tables import Kind, Place, Table, Type
from tests.conftest import ROOT

PROMISED = {
    "blocks": "block slot_leader epoch meta schema_version",
    "transactions": ("tx tx_in tx_out collateral_tx_in reference_tx_in collateral_tx_out tx_cbor extra_key_witness address"),
    "multi_assets": "multi_asset ma_tx_mint ma_tx_out",
    "metadata": "tx_metadata",
    "scripts": "script datum redeemer redeemer_data cost_model",
    "certificates": (
        "stake_address stake_registration stake_deregistration delegation pool_hash pool_update pool_owner pool_relay"
        " pool_retire pool_metadata_ref treasury reserve pot_transfer param_proposal"
    ),
    "withdrawals": "withdrawal",
    "governance": (
        "drep_hash drep_registration delegation_vote committee_hash committee_registration committee_de_registration"
        " voting_anchor gov_action_proposal treasury_withdrawal committee committee_member constitution voting_procedure"
        " param_proposal"
    ),
}
"""What was promised to be filled exactly from blocks and genesis."""

SHELF = ROOT / "nectar" / "processors"
HASHES = {Type.HASH20, Type.HASH28, Type.HASH29, Type.HASH32}


def every_table() -> dict[str, Table]:
    return {table.name: table for processor in PROCESSORS.values() for table in processor.TABLES}


TABLES = every_table()


def test_the_registry_is_the_promise_in_order() -> None:
    assert list(PROCESSORS) == list(PROMISED)


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_table_is_declared(name: str) -> None:
    declared = {table.name for table in PROCESSORS[name].TABLES}
    assert set(PROMISED[name].split()) <= declared


@pytest.mark.parametrize("name", PROMISED)
def test_a_processor_has_its_file_its_schema_entry_and_its_tests(name: str) -> None:
    module = PROCESSORS[name]
    assert name == module.NAME
    assert (SHELF / name / "__init__.py").is_file() or (SHELF / f"{name}.py").is_file()
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text())
    assert name in schema["properties"]["processors"]["properties"]
    tests = ROOT / "tests" / "processors"
    assert list(tests.glob(f"test_{name}*.py")) + list(tests.glob(f"{name}/test_*.py"))


def test_the_schema_and_the_shelf_know_no_processor_besides() -> None:
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text())
    assert set(schema["properties"]["processors"]["properties"]) == set(PROCESSORS)
    folders = {path.parent.name for path in SHELF.glob("*/__init__.py")}
    assert folders <= set(PROCESSORS)


@pytest.mark.parametrize("name", PROMISED)
def test_the_tables_of_every_option_are_declared_under_their_names(name: str) -> None:
    names = {table.name for table in PROCESSORS[name].TABLES}
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text())
    options = dict.fromkeys(option_names(schema, name), True)
    for chosen in ({}, options):
        assert {table.name for table in PROCESSORS[name].tables(chosen)} <= names


def option_names(schema: dict[str, object], processor: str) -> set[str]:
    """Every key that stands in a `properties` below the processor's schema entry."""
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            for one in node.values():
                walk(one)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    properties = schema["properties"]
    assert isinstance(properties, dict)
    walk(properties["processors"]["properties"][processor])
    return found


def test_one_name_is_one_declaration() -> None:
    for processor in PROCESSORS.values():
        for table in processor.TABLES:
            assert TABLES[table.name] is table


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_declared_whole(name: str) -> None:
    table = TABLES[name]
    assert table.doc
    assert table.columns
    assert len(set(table.column_names)) == len(table.columns)
    assert not table.columns[0].null
    assert name == name.lower()
    for column in table.columns:
        assert column.doc, column.name
        assert column.doc[-1] == ".", f"{column.name}: {column.doc}"
        assert column.name == column.name.lower()
        assert column.type in sqlite.TYPES
        assert column.type in mysql.TYPES


@pytest.mark.parametrize("name", TABLES)
def test_kind_place_and_key_agree(name: str) -> None:
    table = TABLES[name]
    key = table.columns[0]
    if table.kind is Kind.FACT:
        assert key.type is Type.ID
        assert isinstance(table.place, Place)
        assert not table.first
    elif table.kind is Kind.DIMENSION:
        assert key.type in HASHES | {Type.BYTES}
        assert isinstance(table.place, Place)
        first = next(column for column in table.columns if column.name == table.first)
        assert first.type is Type.ID
        assert not first.null
    else:
        assert table.place is None
        assert not table.first


@pytest.mark.parametrize("name", TABLES)
def test_what_a_column_points_at_is_there_and_of_its_type(name: str) -> None:
    for column in TABLES[name].columns:
        if not column.references:
            continue
        table, _, target = column.references.partition(".")
        assert table in TABLES, f"{name}.{column.name} -> {column.references}"
        found = {one.name: one.type for one in TABLES[table].columns}
        assert target in found, f"{name}.{column.name} -> {column.references}"
        assert found[target] is column.type, f"{name}.{column.name} -> {column.references}"


def test_no_index_repeats_the_key() -> None:
    for table in TABLES.values():
        for index in table.indexes:
            assert index.columns != (table.columns[0].name,)


def test_the_table_reference_names_every_table_and_column() -> None:
    page = (ROOT / "docs" / "tables.md").read_text()
    for table in TABLES.values():
        section = page.split(f"### `{table.name}`\n", 1)[1].split("\n### ", 1)[0]
        for column in table.columns:
            assert f"| `{column.name}` | {sqlite.column_type(table, column)} | {mysql.column_type(table, column)} |" in section


def test_the_schema_and_the_guide_name_the_types_that_filters_know() -> None:
    from nectar.filterlang.scopes import TYPES

    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text())
    assert schema["properties"]["filters"]["properties"]["skip_tx_types"]["items"]["enum"] == list(TYPES)
