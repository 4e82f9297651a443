"""Code that stands in texts (of tests, docs, workflows) names modules and files that there are."""

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
MADE_UP = frozenset({"nectar.db", "nectar.toml", "nectar.sql", "nectar.log"})
OF_ANOTHER_TREE = ("tests/mutants/test_tool.py", "CONTRIBUTING.md", "tests/house/test_contributing.py")
"""These make modules up; what CONTRIBUTING.md says is done by a test of its own."""


def texts() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [
        name
        for name in listed
        if name.endswith(KINDS) and not name.startswith(("docs/decisions/", "tests/data/", *OF_ANOTHER_TREE))
    ]


def is_there(dotted: str) -> bool:
    """A module, or what stands in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


@pytest.mark.parametrize("name", texts())
def test_names_are_there(name: str) -> None:
    text = (ROOT / name).read_text()
    named = {dotted for dotted in DOTTED.findall(text) if dotted not in MADE_UP}
    named |= {
        f"{module}.{one.split(' as ')[0].strip()}"
        for module, names in IMPORTED.findall(text)
        for one in names.split(",")
        if one.strip()
    }
    gone = sorted(dotted for dotted in named - MADE_UP if not is_there(dotted))
    gone += sorted({path for path in PATH.findall(text) if not (ROOT / path).exists()})
    assert gone == []
