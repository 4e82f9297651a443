"""Code inside texts (of tests, pages, workflows) names modules and files that exist."""

from __future__ import annotations

import importlib
import re
import subprocess

import pytest

from tests.conftest import ROOT

DOTTED = re.compile(r"(?<![\w./@-])(nectar(?:\.[a-z_]\w*)+)")
IMPORTED = re.compile(r"from (nectar(?:\.\w+)*) import ([\w, ]+)")
PATH = re.compile(r"(?<![\w./-])(nectar/(?:\w+/)*\w+\.py)")
KINDS = (".py", ".md", ".toml", ".yaml", ".yml", ".sh")
NO_MODULES = frozenset({"nectar.db", "nectar.toml", "nectar.sql", "nectar.log", "nectar.checkpoint"})
"""Files, and a table of a database."""
WITH_TOYS = (
    "CONTRIBUTING.md",
    "tests/house/test_circles.py",
    "tests/house/test_contributing.py",
    "tests/mutants/test_tool.py",
)
"""These make modules up. A test of its own follows CONTRIBUTING.md."""


def texts() -> list[str]:
    """The project's files that can hold code, relative to the root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [
        name for name in listed if name.endswith(KINDS) and not name.startswith(("docs/decisions/", "tests/data/", *WITH_TOYS))
    ]


def exists(dotted: str) -> bool:
    """Whether it is a module, or a name in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(value, name):
                return False
            value = getattr(value, name)
        return True
    return False


@pytest.mark.parametrize("name", texts())
def test_named_modules_and_files_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    named = set(DOTTED.findall(text))
    for module, imports in IMPORTED.findall(text):
        named |= {f"{module}.{imported.split(' as ')[0].strip()}" for imported in imports.split(",") if imported.strip()}
    absent = sorted(dotted for dotted in named - NO_MODULES if not exists(dotted))
    absent += sorted({path for path in PATH.findall(text) if not (ROOT / path).exists()})
    assert absent == []
