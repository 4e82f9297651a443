"""Copies of the tree, outside of it: one records which functions tests run, the others get small bugs."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import sys
from pathlib import Path

from tests.cache import CACHE
from tests.conftest import CASES, WHOLE_CHAIN

TEXTS = ("nectar", "tests", "grammar", "schemas", "plans", "docs", "benchmarks", "deploy", ".ci")
FILES = ("pyproject.toml", "README.md", "Makefile", "CHANGELOG.md", "LICENSE", ".gitignore")
LARGE = ("tests/data",)
LINKED = (".venv", ".venv-oracle")
HOOK = """
_there = {{"__name__": "nectar_recorder"}}
with open({recorder!r}) as _file:
    exec(compile(_file.read(), {recorder!r}, "exec"), _there)
_there["begin"]({raw!r}, {root!r})
"""


def cache() -> Path:
    return CACHE / "mutants"


def copy(root: Path, to: Path) -> Path:
    """Makes a copy at `to`, in place of an old one. Large folders and virtual environments are linked."""
    if to.exists():
        shutil.rmtree(to)
    to.mkdir(parents=True)
    skipped = {str(root / folder) for folder in LARGE}

    def left_out(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or f"{folder}/{name}" in skipped]

    for name in TEXTS:
        if (root / name).is_dir():
            shutil.copytree(root / name, to / name, ignore=left_out, symlinks=True)
    for name in FILES:
        if (root / name).is_file():
            shutil.copy2(root / name, to / name)
    for name in (*LARGE, *LINKED):
        if (root / name).exists():
            (to / name).symlink_to((root / name).resolve())
    return to


def precompile(tree: Path) -> None:
    """Compiles the modules, to be checked by content: only a module with a planted bug is compiled again."""
    by_content = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(tree / "nectar", quiet=1, invalidation_mode=by_content)


def recording(root: Path, to: Path, raw: Path) -> Path:
    """A copy whose nectar writes the functions that run to the folder `raw`."""
    tree = copy(root, to)
    with (tree / "nectar/__init__.py").open("a") as file:
        file.write(HOOK.format(root=str(tree), raw=str(raw), recorder=str(tree / "tests/mutants/recorder.py")))
    return tree


def environment(tree: Path) -> dict[str, str]:
    """The environment of tests in a copy. They find the whole chain and the cases where the real tree finds them."""
    data = {"NECTAR_CHAIN_DATA": str(WHOLE_CHAIN), "NECTAR_CASES": str(CASES)}
    return {**os.environ, **data, "PYTHONPATH": str(tree), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
