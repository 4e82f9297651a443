"""A filled file, and commands on copies of it, for the tests of files and tables that vanish or are damaged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.databases import environment
from tests.commands import run_nectar
from tests.conftest import ROOT
from tests.runner.jobs import job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"
TEXT = plan_text(SAMPLE, "end_slot = 20000", processors=FEW, performance="batch_blocks = 100")
MORE = plan_text(SAMPLE, "end_slot = 40000", processors=FEW, performance="batch_blocks = 100")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "x.db"
    job(path, TEXT)
    return path


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled, tmp_path / "x.db"))


def command(*words: object, folder: Path, code: int = 1, before: Callable[[], None] | None = None) -> str:
    if before is None:
        done = run_nectar(*words, folder=folder, environment=environment(HOME=str(ROOT)))
    else:
        done = subprocess.run(
            [sys.executable, "-m", "nectar", *map(str, words)],
            cwd=folder,
            env=environment(HOME=str(ROOT)),
            capture_output=True,
            text=True,
            preexec_fn=before,
            timeout=120,
        )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def plan_in(folder: Path, text: str = MORE) -> Path:
    (folder / "plan.toml").write_text(text)
    return folder / "plan.toml"


# -- while a job is running --------------------------------------------------------------------------------------------
