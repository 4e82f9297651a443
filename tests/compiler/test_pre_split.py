"""Regions that TiDB is asked to split ahead: whose, where, how many, and that every other server reads a comment."""

from __future__ import annotations

import re

import pytest

from nectar.cardano.position import ITEMS
from nectar.compiler.ddl.pre_split import LARGE, LEAST_STEP, REGIONS, pre_splits, slots_of
from nectar.compiler.ddl.statements import StatementKind, statements
from nectar.tables import Kind, Place
from tests.compiler.making import EVERY_TABLE, compiled_from

SPLIT = re.compile(r"/\*T! SPLIT TABLE `(\w+)` BETWEEN \((\S+)\) AND \((\S+)\) REGIONS (\d+) \*/")


def splits(sync: str = "", slots: tuple[int, int] | None = None) -> dict[str, tuple[str, str, int]]:
    found = [one for one in statements(compiled_from(EVERY_TABLE + sync), "tidb", slots) if one.kind is StatementKind.PRE_SPLIT]
    read = [SPLIT.fullmatch(one.sql) for one in found]
    assert all(read)
    assert [one.table for one in found] == [one[1] for one in read if one]
    return {one[1]: (one[2], one[3], int(one[4])) for one in read if one}


def test_every_large_table_is_one_and_is_split() -> None:
    tables = {table.name: table for table in compiled_from(EVERY_TABLE).tables}
    assert set(splits(slots=(0, 86_399))) == LARGE <= set(tables)
    for table in (tables[name] for name in LARGE):
        assert table.kind is Kind.DIMENSION or table.place is not None


def test_facts_are_split_over_the_range_and_hashes_over_all() -> None:
    """Bounds are ids of the range's first slot and of the one after its last."""
    found = splits("[sync]\nstart_slot = 1000\nend_slot = 4999\n")
    assert found["tx"] == (str(1000 * Place.TX.value), str(5000 * Place.TX.value), REGIONS)
    assert found["tx_out"] == (str(1000 * Place.IN_TX.value), str(5000 * Place.IN_TX.value), REGIONS)
    assert found["datum"] == ("x'00'", "x'ff'", REGIONS)


def test_all_the_ids_of_the_range_lie_between_the_bounds() -> None:
    """And the origin's do not make it begin before the first slot."""
    low, high, _ = splits(slots=(-1, 4_319))["tx_in"]
    assert (int(low), int(high)) == (0, 4_320 * Place.IN_TX.value)
    assert (4_319 * Place.TX.value + Place.TX.value - 1) * ITEMS + ITEMS - 1 < int(high)


@pytest.mark.parametrize(
    ("sync", "expected"),
    [
        ('start = "origin"\nend_slot = 99', (0, 99)),
        ('start = "origin"\nend = { epoch = 2 }', (0, 259_199)),
        ("start_slot = 5", None),
        ('start = "tip-100"\nend_slot = 99', None),
        ('start = "origin"', None),
    ],
)
def test_the_range_is_what_the_plan_says(sync: str, expected: tuple[int, int] | None) -> None:
    assert slots_of(compiled_from(EVERY_TABLE + f"[sync]\n{sync}\n")) == expected


def test_an_open_end_is_what_the_runner_says() -> None:
    assert slots_of(compiled_from(EVERY_TABLE + "[sync]\nstart_slot = 5\n"), 77) == (5, 77)
    assert slots_of(compiled_from(EVERY_TABLE + "[sync]\nstart_slot = 5\nend_slot = 9\n"), 77) == (5, 9)


def test_without_a_range_hashes_alone() -> None:
    assert {low for low, _, _ in splits().values()} == {"x'00'"}
    assert set(splits()) == {table.name for table in compiled_from(EVERY_TABLE).tables if table.kind is Kind.DIMENSION} & LARGE


def test_no_region_is_smaller_than_tidb_takes() -> None:
    compiled = compiled_from(EVERY_TABLE)
    for slots in ((7, 7), (0, 1), (0, 10_000)):
        for _, sql in pre_splits(compiled.tables, slots):
            _, low, high, regions = SPLIT.fullmatch(sql).groups()  # type: ignore[union-attr]
            if not low.startswith("x"):
                assert (int(high) - int(low)) // int(regions) >= LEAST_STEP


def test_no_other_dialect_has_them() -> None:
    for dialect in ("sqlite", "mysql"):
        made = statements(compiled_from(EVERY_TABLE), dialect, (0, 86_399))
        assert not [one for one in made if one.kind is StatementKind.PRE_SPLIT]
