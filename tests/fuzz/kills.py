"""A job that is killed at any moment, again and again: the database it leaves at last is a straight run's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.conftest import ROOT
from tests.runner.jobs import content, job, plan_text, same

LONGEST = 1.2
"""Seconds after which a job is killed at the latest; it takes about one to begin."""


def killed(chain: Path, scratch: Path, rng: Random, kills: int) -> int:
    """Runs one job with at least `kills` kills, over again from nothing when it is done; compares each database. Gives the kills."""
    scratch.mkdir(parents=True, exist_ok=True)
    text = plan_text(chain / "preview" / "immutable", 'start = "origin"\nend_slot = 500000', performance="batch_blocks = 100")
    straight, plan, file = scratch / "straight.db", scratch / "plan.toml", scratch / "killed.db"
    if not straight.exists():
        job(straight, text)
    right = content(straight)
    plan.write_text(text)
    command = [sys.executable, "-m", "nectar", "run", str(plan), "--db", str(file), "--progress", "off"]
    done = 0
    while done < kills:
        file.unlink(missing_ok=True)
        while True:
            patience = rng.uniform(0.2, LONGEST) if done < kills else 120.0
            running = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            try:
                _, errors = running.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                running.kill()
                running.communicate()
                done += 1
                continue
            assert running.returncode == 0, errors.decode()
            break
        same(content(file), right)
    return done
