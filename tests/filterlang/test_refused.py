"""What a plan's filters and views are refused for once they stand in a plan: rows, inputs, databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.compiler.filters import target_of
from nectar.compiler.load import read_plan
from nectar.errors import PlanError
from nectar.filterlang.patterns import pattern_trouble
from nectar.filterlang.search import any_string
from nectar.filterlang.table_scope import table_scope
from nectar.genesis.files import network
from tests.compiler.making import EVERY_TABLE, compiled_from

PLAN = """[plan]
network = "preview"
[sync]
start = "origin"
[processors]
transactions = true
metadata = true
"""
VIEW = '[[views]]\nname = "v"\nfrom = "tx"\nwhere = '
ROWS = "[filters.rows]\n"
REFUSED = {
    ROWS + 'tx_out = "any(assets, quantity > 1)"': ("NEC-F011", "a row has no collections"),
    ROWS + 'tx_out = "value is null"': ("NEC-F040", "value always has a value"),
    ROWS + 'tx_out = "address is null"': ("NEC-F040", "address always has a value"),
    VIEW + '"any(withdrawals, amount > 1 ada)"': ("NEC-F052", "table withdrawal is not filled by this plan"),
    VIEW + """'any(metadata, json["a\\u0007"] == "x")'""": ("NEC-F052", "such characters cannot stand in a database's JSON path"),
    '[filters]\nwhere = "sum(inputs.value) > 5 ada"': ("NEC-F050", "what is not known when they are made"),
    '[filters]\nwhere = "sum(inputs.index) > 5"': ("NEC-F050", "what is not known when they are made"),
    '[filters]\nwhere = "not (2 ada < sum(inputs.value))"': ("NEC-F050", "what is not known when they are made"),
}


@pytest.mark.parametrize("more", REFUSED)
def test_it_is_refused_with_what_is_wrong(more: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN + more + "\n")
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan.toml")
    code, what = REFUSED[more]
    assert [one.code for one in caught.value.complaints] == [code]
    assert what in caught.value.complaints[0].what


@pytest.mark.parametrize(
    "where", ["any(inputs, value > 2 ada)", "count(inputs) > 3", "count(inputs, value > 2 ada) > 1", "sum(outputs.value) > 5 ada"]
)
def test_at_the_origin_inputs_are_known(where: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(f'{PLAN}[filters]\nwhere = "{where}"\n')
    assert read_plan(tmp_path / "plan.toml").filters.where is not None


def test_eras_are_told_to_databases_by_their_first_slots() -> None:
    """Mainnet's hard forks by their epochs, and the numbers that a block's era tag has. An epoch had 432,000 slots from Shelley on."""
    forks = {1: 0} | {
        tag: 4_492_800 + (epoch - 208) * 432_000 for tag, epoch in {2: 208, 3: 236, 4: 251, 5: 290, 6: 365, 7: 507}.items()
    }
    assert target_of(network("mainnet"), (), "sqlite").eras == tuple((slot, tag) for tag, slot in forks.items())


def test_what_may_be_missing_in_a_table_is_what_its_columns_say() -> None:
    tables = compiled_from(EVERY_TABLE).tables
    for table in tables:
        scope = table_scope(table, tables)
        for column in table.columns:
            if column.name in scope.fields:
                assert scope.fields[column.name].null == column.null, (table.name, column.name)
        assert not scope.fields.get("address") or scope.fields["address"].shown
        assert not any(field.shown for name, field in scope.fields.items() if not name.endswith("address"))


@pytest.mark.parametrize("count", range(1, 12))
def test_each_of_several_strings_is_found(count: int) -> None:
    strings = [bytes([65 + number]) * 9 for number in range(count)]
    found = any_string(strings)
    assert all(found(b"before " + one + b" after") for one in strings)
    assert not found(b"nothing of it")


def test_a_pattern_may_cost_a_megabyte_and_no_more() -> None:
    assert pattern_trouble(r"\pL{50}") == ""
    assert "too costly" in pattern_trouble(r"\pL{100}")
