"""Index to N, roll back to M: the database that indexing to M makes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.errors import SinkError
from nectar.runner.committing.committer import epochs_of
from nectar.runner.sink_layout import layout
from nectar.sinks.sqlite.sink import SqliteSink
from tests.runner.jobs import EVERYTHING, between, compiled, content, job, plan_text, same

LAST = 20 * 43_200
WITH_ALL = EVERYTHING.replace("transactions = true", "transactions = { address_table = true, tx_cbor = true }")


class Far(NamedTuple):
    processors: str
    database: Path
    content: dict[str, list[Any]]


@pytest.fixture(scope="module")
def source(chain: Path) -> Path:
    return chain / "preview/immutable"


def roll_back(database: Path, text: str, slot: int) -> Point:
    """To the last block at or before the slot."""
    db = sqlite3.connect(database)
    sql = "SELECT slot_no, hash FROM block WHERE slot_no <= ? ORDER BY id DESC LIMIT 1"
    point = Point(*db.execute(sql, (slot,)).fetchone())
    db.close()
    plan = compiled(text)
    sink = SqliteSink(database, layout(plan))
    sink.roll_back(Numbered(point, 7), epochs_of(plan.network.history, point.slot, point.slot + 1_000_000), 99)
    assert all(known.point.slot <= point.slot for known in sink.known_blocks())
    assert sink.known_blocks()[0] == Numbered(point, 7)
    assert sink.highest_block_no() == 99
    sink.close()
    return point


@pytest.fixture(scope="module", params=["deferred", "live"])
def far(request: pytest.FixtureRequest, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Far:
    """Everything up to LAST, with inputs resolved afterwards or as blocks come."""
    processors = WITH_ALL.replace("{ address", f'{{ resolve_inputs = "{request.param}", address')
    database = tmp_path_factory.mktemp("far") / "far.db"
    job(database, plan_text(source, between(-1, LAST), processors=processors))
    return Far(processors, database, content(database))


@pytest.mark.parametrize("slot", [18 * 43_200 + 11, 16 * 43_200, 14 * 43_200 - 1])
def test_rolled_back_is_as_if_it_had_never_been(slot: int, far: Far, source: Path, tmp_path: Path) -> None:
    database = tmp_path / "far.db"
    shutil.copy(far.database, database)
    to_the_end = plan_text(source, between(-1, LAST), processors=far.processors)
    point = roll_back(database, to_the_end, slot)
    near = plan_text(source, between(-1, point.slot), processors=far.processors)
    job(tmp_path / "near.db", near)
    rolled_back = content(database)
    same(rolled_back, content(tmp_path / "near.db"))
    assert len(rolled_back["block"]) < len(far.content["block"])

    job(database, to_the_end)
    same(content(database), far.content)


def test_rolling_back_to_the_origin_leaves_genesis(source: Path, tmp_path: Path) -> None:
    text = plan_text(source, between(-1, 90_000))
    job(tmp_path / "x.db", text)
    plan = compiled(text)
    sink = SqliteSink(tmp_path / "x.db", layout(plan))
    sink.roll_back(Numbered(ORIGIN), epochs_of(plan.network.history, 0, 90_000), -1)
    assert [tuple(one) for one in sink.coverage()] == [(-1, -1)]
    sink.close()
    left = content(tmp_path / "x.db")
    assert {row[0] for row in left["block"]} == {-2}
    assert left["epoch"] == []
    assert len(left["tx"]) == len(left["tx_out"]) == 8
    assert all(row[-1] is None for row in left["tx_out"])


def test_a_second_writer_that_rolled_back_is_found_out(source: Path, tmp_path: Path) -> None:
    text = plan_text(source, between(-1, 90_000))
    job(tmp_path / "x.db", text)
    plan = compiled(text)
    ours, theirs = (SqliteSink(tmp_path / "x.db", layout(plan)) for _ in range(2))
    theirs.roll_back(Numbered(ORIGIN), None, -1)
    with pytest.raises(SinkError) as caught:
        ours.roll_back(Numbered(ORIGIN), None, -1)
    assert caught.value.code == "NEC-K004"
    ours.close()
    theirs.close()
