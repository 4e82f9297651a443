"""A rollback at the tip to before every block that a node is known to have sent lately: refused, or followed by who means it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from nectar.errors import SourceError
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Back, Fork, Step
from nectar.sources.node import source
from tests.node.jobs import node_job, node_plan, rows
from tests.node.parting import Chains
from tests.node.serving import serving
from tests.node.waiting import parted_by_a_commit
from tests.runner.jobs import same

LONG = source.REMEMBERED + 300
HELD = {"to the origin": 0, "to a point that is not kept": 171, "to the newest that is forgotten": LONG - source.REMEMBERED - 1}


@pytest.fixture(scope="module")
def long(chains: Chains) -> list[Offered]:
    return chains.forge.extend(chains.long, LONG - len(chains.long))


def _newest(database: Path) -> tuple[int, bytes]:
    db = sqlite3.connect(database)
    row = db.execute("SELECT slot, hash FROM nectar_checkpoint ORDER BY slot DESC LIMIT 1").fetchone()
    db.close()
    return int(row[0]), bytes(row[1])


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
@pytest.mark.parametrize("processors", ["blocks = true", "metadata = true"])
def test_it_is_refused_and_nothing_is_touched(
    held: int, processors: str, chains: Chains, long: list[Offered], tmp_path: Path
) -> None:
    other = chains.parting(held, 5)
    then: list[Step] = [Back(held), Fork(Path("1"), held, len(other))]
    script = parted_by_a_commit([Fork(Path("0"), 0, LONG)], tmp_path / "x.db", long[-1].point.slot, then)
    with serving(tmp_path / "s", [], script, [long, other]), pytest.raises(SourceError) as caught:
        node_job(tmp_path / "x.db", tmp_path / "s", node_plan(processors=processors), once=False)
    assert caught.value.code == "NEC-W012"
    assert "nothing was changed" in caught.value.hint
    asked = re.search(r"--accept-deep-rollback (\d+)", caught.value.hint)
    assert asked is not None
    assert int(asked[1]) >= LONG - held
    assert _newest(tmp_path / "x.db") == long[-1].point


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
@pytest.mark.parametrize("processors", ["blocks = true", "metadata = true"])
def test_it_is_followed_by_who_means_it(held: int, processors: str, chains: Chains, long: list[Offered], tmp_path: Path) -> None:
    other = chains.parting(held, 5, beyond=long[-1].point.slot)
    then: list[Step] = [Back(held), Fork(Path("1"), held, len(other))]
    script = parted_by_a_commit([Fork(Path("0"), 0, LONG)], tmp_path / "x.db", long[-1].point.slot, then)
    text = node_plan(f"end_slot = {other[-1].point.slot}", processors=processors)
    with serving(tmp_path / "s", [], script, [long, other]):
        summary = node_job(tmp_path / "x.db", tmp_path / "s", text, once=False, accept_deep_rollback=LONG)
    assert summary.rollbacks == 1
    with serving(tmp_path / "straight", other):
        node_job(tmp_path / "y.db", tmp_path / "straight", text)
    same(rows(tmp_path / "x.db"), rows(tmp_path / "y.db"))
