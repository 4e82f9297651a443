"""One name, one meaning: a public class has a name of its own, and so has a public function beyond its room."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SHELVES = frozenset({"rows", "tables", "want", "read_state", "look_ups", "create_table", "create_index", "create_view"})
"""Functions that each family of a shelf has, with one meaning: the shelf's registry chooses among them."""


def public(path: Path) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a class) of each definition at a module's top."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield node.name, isinstance(node, ast.ClassDef)


def homes() -> dict[str, set[str]]:
    """Where each public name is defined: classes by module, functions by room, which is a folder of nectar/."""
    homes_of: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "nectar").rglob("*.py"):
        module = path.relative_to(ROOT / "nectar").with_suffix("")
        for name, is_class in public(path):
            homes_of[name].add(str(module) if is_class else module.parts[0])
    return homes_of


def test_each_public_name_has_one_home() -> None:
    double = {name: sorted(rooms) for name, rooms in homes().items() if len(rooms) > 1 and name not in SHELVES}
    assert double == {}
