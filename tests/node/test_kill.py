"""A job on a node, killed at any moment: run again, it leaves what a job that was let be leaves."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from nectar.nodeserver.script import Back, Fork, Step, Wait
from tests.conftest import ROOT
from tests.node.forging import Forge, real_blocks
from tests.node.histories import BUSY
from tests.node.jobs import node_job, node_plan, rows
from tests.node.serving import serving
from tests.runner.jobs import same

ROUNDS = 4 if not os.environ.get("NECTAR_LONG") else 40


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment(seed: int, chain: Path, tmp_path: Path) -> None:
    dice = random.Random(seed)
    bodies = [block.raw for block in real_blocks(chain / "preview/immutable", BUSY) if len(block.raw) > 900]
    forge = Forge(bodies, dice)
    chains = [forge.extend([], 1_200)]
    script: list[Step] = [Fork(Path("0"), 0, 1_200)]
    for _ in range(30):
        held = len(chains[-1]) - dice.choice((0, 1, 2, 5, 30))
        chains.append(forge.extend(chains[-1][:held], dice.choice((31, 32, 35))))
        script += [Wait(0.05), Back(held), Fork(Path(str(len(chains) - 1)), held, len(chains[-1]))]
    last, highest = chains[-1], max(block.point.slot for blocks in chains for block in blocks)
    while last[-1].point.slot <= highest:
        last = forge.extend(last, 1)
    chains.append(last)
    script += [Wait(0.05), Fork(Path(str(len(chains) - 1)), len(chains[-2]), len(last))]
    text = node_plan(f"end_slot = {last[-1].point.slot}")
    plan, database = tmp_path / "plan.toml", tmp_path / "x.db"
    plan.write_text(text)
    command = [
        sys.executable,
        "-m",
        "nectar",
        "run",
        str(plan),
        "--socket",
        str(tmp_path / "s"),
        "--db",
        str(database),
        "--progress",
        "off",
    ]
    kills = 0
    with serving(tmp_path / "s", [], script, chains):
        while True:
            job = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            try:
                _, errors = job.communicate(timeout=dice.uniform(0.4, 1.5) if kills < 8 else 60)
            except subprocess.TimeoutExpired:
                job.kill()
                job.communicate()
                kills += 1
                continue
            assert job.returncode == 0, errors.decode()
            break
    assert kills >= 2
    with serving(tmp_path / "straight", last):
        node_job(tmp_path / "straight.db", tmp_path / "straight", text, once=False)
    same(rows(database), rows(tmp_path / "straight.db"))
