"""What is kept, and whose spending is recorded, depends on `where` and `keep` alone: not on filters of rows, nor on restarts."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from nectar.errors import UnknowableError
from nectar.tables import Kind
from tests.determinism.plans import compiled, random_plan
from tests.determinism.running import run_in_pieces
from tests.determinism.stories import Ground
from tests.mysql.jobs import sqlite_rows
from tests.runner.jobs import between, content, job, plan_text, same

MINTED = '[filters]\nwhere = "has_mint"\n[filters.rows]\ntx_out = "value > 500 ada"\n'
TRANSACTIONS = "blocks = true\ntransactions = true"
CHUNKS, SLOTS = 240, 4_320  # of preview, from its genesis


def test_a_resumed_run_has_what_one_run_has(chain: Path, tmp_path: Path) -> None:
    """On real blocks: outputs whose rows a filter takes away are tracked all the same."""
    source, last = chain / "preview/immutable", CHUNKS * SLOTS - 1
    for name, ends in (("one", (last,)), ("two", (220 * SLOTS, last))):
        for end in ends:
            job(tmp_path / name, plan_text(source, between(-1, end), processors=TRANSACTIONS, more=MINTED))
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    same(one, two)
    assert len(one["tx"]) == 4_262


@pytest.mark.parametrize("seed", range(8))
def test_filters_of_rows_take_rows_away_and_nothing_else(seed: int, sample: Ground, tmp_path: Path) -> None:
    dice, text = random.Random(seed), ""
    while "[filters.rows]" not in text or "where" not in text:
        text = random_plan(dice, sample.named, 'start = "origin"')
    filtered = compiled(text)
    whole = compiled(re.sub(r"\[filters\.rows\]\n(.+ = '.+'\n)+", "", text))
    for plan, name in ((filtered, "filtered"), (whole, "whole")):
        run_in_pieces(plan, tmp_path / name, dice, 0, source=sample.files, workers=1)
    tables = [table.name for table in whole.tables if table.kind is Kind.FACT and table.name != "nectar_watched"]
    left, right = (sqlite_rows(tmp_path / name, tables) for name in ("filtered", "whole"))
    asked = {name for name, _ in filtered.filters.rows}
    for table in tables:
        ids, all_ids = {row[0] for row in left[table]}, {row[0] for row in right[table]}
        assert ids <= all_ids if table in asked else ids == all_ids, table
    assert left.keys() >= asked


@pytest.mark.parametrize("workers", [1, 2])
def test_what_came_before_an_unknown_answer_is_written_whatever_the_batches(workers: int, sample: Ground, tmp_path: Path) -> None:
    found = []
    for batch in (1, 7, 1_000):
        text = plan_text(
            sample.files,
            network=sample.named,
            more='[filters]\nwhere = "fee > 0.2 ada"\non_unknown = "error"',
            performance=f"batch_blocks = {batch}",
        )
        text = text.replace('start = "origin"', "start_slot = 60")  # Byron's fees are not known
        with pytest.raises(UnknowableError) as caught:
            job(tmp_path / f"{batch}.db", text, workers=workers)
        found.append((caught.value.where, content(tmp_path / f"{batch}.db")))
    for where, rows in found[1:]:
        assert where == found[0][0]
        same(rows, found[0][1])
