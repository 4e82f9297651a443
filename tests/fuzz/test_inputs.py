"""A small share of the long run: the same inputs each time, none of which may end in an error that was not designed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.run import run, tries

COUNTS = {
    "blocks": 800,
    "blocks for a server": 400,
    "messages": 3_000,
    "plans": 500,
    "profiles": 500,
    "connection texts": 1_000,
    "chunk files": 40,
    "server packets": 60,
}


@pytest.mark.parametrize("kind", COUNTS)
def test_every_input_ends_as_designed(kind: str, chain: Path, tmp_path: Path) -> None:
    tally = run(kind, tries(chain, tmp_path)[kind], 2, range(COUNTS[kind]))
    assert not tally.findings
    assert sum(tally.ends.values()) == COUNTS[kind]
    assert len(tally.ends) > 1
