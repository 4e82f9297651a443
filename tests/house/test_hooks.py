"""The hooks before a commit run what `make lint` runs, by programs and files that exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.conftest import ROOT

ENTRIES = re.findall(r"entry: \.venv/bin/(\S+) ?(.*)", (ROOT / ".pre-commit-config.yaml").read_text())


def test_the_hooks_check_what_lint_checks() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    checks = {tuple(re.findall(r"/([\w-]+)(?: (check|format))?", line)[0]) for line in recipe[1].splitlines()}
    hooks = {(program, arguments.split()[0] if program == "ruff" else "") for program, arguments in ENTRIES}
    assert checks <= hooks
    assert len(checks) > 3


def test_each_hook_finds_its_program_and_files() -> None:
    programs = Path(sys.executable).parent
    assert all((programs / program).exists() for program, _ in ENTRIES)
    files = [word for _, arguments in ENTRIES for word in arguments.split() if "/" in word]
    assert files
    assert all((ROOT / file).exists() for file in files)
