"""What compiling each of the project's plans prints, byte for byte.

After a change that is meant: NECTAR_UPDATE_GOLDEN=1 pytest tests/compiler
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nectar.compiler.compile import compile_plan
from nectar.compiler.ddl.statements import render
from nectar.compiler.plan_json import as_json
from nectar.config.plan.load import load_plan
from tests.compiler.making import PLANS
from tests.conftest import ROOT

SPLITS = re.compile(r"\n-- Regions of .*?\n(?:/\*T! SPLIT .*\n)+")
GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("NECTAR_UPDATE_GOLDEN"))
OUTPUTS = ("json", "sqlite.sql", "mysql.sql")


def output(plan: Path, kind: str) -> str:
    """`plan` relative to the checkout, so that no machine's path is in the text."""
    compiled = compile_plan(load_plan(plan))
    return as_json(compiled) if kind == "json" else render(compiled, kind.removesuffix(".sql"))


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
def test_the_output_is_the_golden_one(plan: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = output(plan.relative_to(ROOT), kind)
    golden = GOLDEN / f"{plan.stem}.{kind}"
    if UPDATE:
        golden.write_text(text)
    assert golden.is_file(), "new plan: run NECTAR_UPDATE_GOLDEN=1 pytest tests/compiler"
    assert text == golden.read_text(), f"{golden.name} differs; if that is meant: NECTAR_UPDATE_GOLDEN=1 pytest tests/compiler"


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{plan.stem}.{kind}" for plan in PLANS for kind in OUTPUTS}
    assert {path.name for path in GOLDEN.iterdir()} == expected
    assert len(PLANS) >= 7


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_bytes_do_not_depend_on_the_hash_seed(seed: str, tmp_path: Path) -> None:
    """Through the command itself: what it writes is what stands in the golden files."""
    env = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "nectar", "plan", "compile", "plans/full.toml", "--out", str(tmp_path), "--dialect", "tidb"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plan.json").read_text() == (GOLDEN / "full.json").read_text()
    header, body = (tmp_path / "schema.sql").read_text(), (tmp_path / "deferred.sql").read_text()
    golden = (GOLDEN / "full.mysql.sql").read_text()
    assert SPLITS.sub("", header).rstrip("\n") + "\n\n" + body.split("\n\n", 1)[1] == golden
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deferred.sql", "plan.json", "schema.sql"]
