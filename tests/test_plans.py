"""The plans that come with the project: each runs on real blocks of its network."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.commands import run_nectar
from tests.conftest import ROOT

PLANS = sorted((ROOT / "plans").glob("*.toml"))
MAINNET = ("mainnet/immutable", "start_slot = 21600000")


def runnable(plan: Path, chain: Path, folder: Path) -> Path:
    """The plan's own text, with a source and a range of the data at hand."""
    text = plan.read_text()
    if plan.name.startswith("preview-"):
        text = text.replace("../tests/data", str(ROOT / "tests/data"))
    else:
        network = re.search(r'^network = "(\w+)"', text, re.MULTILINE)
        assert network is not None
        home, start = MAINNET if network[1] == "mainnet" else ("preview/immutable", 'start = "origin"\nend = { epoch = 0 }')
        text = re.sub(r"(?ms)^\[source\].*?(?=^\[)", "", text)
        text = re.sub(r"(?ms)^\[sync\].*?(?=^\[)", "", text)
        text += f'\n[source]\nkind = "immutable"\npath = "{chain / home}"\n[sync]\n{start}\n'
    path = folder / plan.name
    path.write_text(text)
    return path


def test_each_promised_plan_exists() -> None:
    names = {plan.stem for plan in PLANS}
    assert names >= {"full", "nft-only", "pool-analysis", "governance", "research-era", "fast-catch-up", "wallet-watch"}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_each_validates(plan: Path) -> None:
    done = run_nectar("plan", "validate", plan)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_each_runs_on_real_blocks(plan: Path, chain: Path, tmp_path: Path) -> None:
    database = tmp_path / "out.db"
    done = run_nectar("run", runnable(plan, chain, tmp_path), "--db", database, "--progress", "off")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["blocks"] > 300
    db = sqlite3.connect(database)
    (blocks,) = db.execute("SELECT count(*) FROM block").fetchone()
    is_filtered = "[filters]" in plan.read_text() and "every = true" not in plan.read_text()
    assert blocks < summary["blocks"] if is_filtered else blocks >= summary["blocks"]
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert ("tx_metadata" in tables) == (
        "metadata" in plan.read_text().split("[processors]")[1].split("[")[0].replace("metadata = false", "")
    )
