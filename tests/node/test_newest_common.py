"""The newest block that a database and a node have in common is found exactly, wherever among them it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.runner.follow.rollback import newest_common
from nectar.sources.node.connection import parse_address
from nectar.sources.node.source import NodeSource, node_facts
from tests.conftest import ROOT
from tests.node.forging import PREVIEW, real_blocks
from tests.node.serving import serving

SAMPLE = ROOT / "tests/data/preview/immutable"
OURS = 800


@pytest.mark.parametrize("held", [0, 1, 311, 437, 500, 799, 800])
def test_the_newest_of_many(held: int, tmp_path: Path) -> None:
    blocks = real_blocks(SAMPLE)[: OURS + 100]
    theirs = [block.point for block in blocks]
    ours = [*theirs[:held], *(Point(point.slot, bytes(32)) for point in theirs[held:OURS])]
    with serving(tmp_path / "s", blocks):
        source = NodeSource(parse_address(tmp_path / "s"), node_facts(PREVIEW))
        try:
            assert newest_common(source, ours, []) == (theirs[held - 1] if held else ORIGIN)
        finally:
            source.close()
