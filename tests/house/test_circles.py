"""No two modules import each other, on any way round: imports for type checking and within functions count too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT


def modules(root: Path) -> dict[str, Path]:
    """By dotted name. A package's own module bears the package's name."""
    paths = [path.relative_to(root) for path in (root / "nectar").rglob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): root / path for path in paths}


def imports(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def order(root: Path) -> list[str]:
    """Every module after those that it imports. Errors: CycleError."""
    known = modules(root)
    graph = {name: {other for other in imports(path, known) if other in known and other != name} for name, path in known.items()}
    return list(TopologicalSorter(graph).static_order())


def test_no_module_is_in_a_circle() -> None:
    assert len(order(ROOT)) > 300


@pytest.mark.parametrize("way_back", ["from nectar import one", "def later():\n    import nectar.one"])
def test_a_circle_is_seen(way_back: str, tmp_path: Path) -> None:
    (tmp_path / "nectar").mkdir()
    (tmp_path / "nectar/one.py").write_text("from nectar.two import later\n")
    (tmp_path / "nectar/two.py").write_text(f"{way_back}\n")
    with pytest.raises(CycleError):
        order(tmp_path)
