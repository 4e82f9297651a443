"""A thing's first transaction is the first of those whose rows name it; what no row names is not there."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.compiler.compiled import CompiledPlan
from nectar.tables import Kind, Place, Table
from tests.determinism.plans import compiled, random_plan
from tests.determinism.running import run_in_pieces
from tests.determinism.stories import Ground
from tests.mysql.jobs import sqlite_rows

SEEDS = range(int(os.environ.get("NECTAR_SEEDS", "9")))
UNNAMED = {"script", "datum", "cost_model"}
"""What a transaction shows by itself, as an output of genesis does its account."""


def first_names(plan: CompiledPlan, found: dict[str, list[Any]], dimension: Table) -> dict[Any, int]:
    """By SQL's rows alone: the lowest slot and transaction (times 2, plus 1 for blocks) where each thing is named."""
    first: dict[Any, int] = {}
    for table in plan.tables:
        for at, column in enumerate(table.columns):
            if column.references == f"{dimension.name}.id":
                for row, place in zip(found[table.name], places(table, found[table.name]), strict=True):
                    if row[at] is not None:
                        first[row[at]] = min(first.get(row[at], place), place)
    return first


def places(table: Table, rows: list[Any]) -> Iterator[int]:
    """The transaction of each row; of a block's, where its transactions begin."""
    at = table.column_names.index(table.first) if table.first else 0
    for row in rows:
        yield {Place.IN_TX: row[at] >> ITEM_BITS, Place.TX: row[at], Place.BLOCK: row[at] >> 1 << TX_BITS}[
            table.place or Place.TX
        ]


@pytest.mark.parametrize("seed", SEEDS)
def test_first(seed: int, sample: Ground, tmp_path: Path) -> None:
    dice = random.Random(seed)
    plan = compiled(random_plan(dice, sample.named, 'start = "origin"', filtered=seed % 3 > 0))
    run_in_pieces(plan, tmp_path / "x.db", dice, 0, source=sample.files, workers=1)
    found = sqlite_rows(tmp_path / "x.db", [table.name for table in plan.tables])
    for dimension in (table for table in plan.tables if table.kind is Kind.DIMENSION):
        first = first_names(plan, found, dimension)
        known = dict(zip((row[0] for row in found[dimension.name]), places(dimension, found[dimension.name]), strict=True))
        unit = TX_BITS if dimension.place is Place.BLOCK else 0
        for key, place in known.items():
            shown = dimension.name in UNNAMED or place < 0
            named = first.get(key, place if shown else None)
            assert named is not None, (dimension.name, key)
            assert place == named >> unit << unit or (shown and place < named), (dimension.name, key)
        assert first.keys() <= known.keys() or dimension.name in UNNAMED, dimension.name
    assert found["block"]
