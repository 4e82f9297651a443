"""The check that tests leave the tree as it was, and the targets of the Makefile."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def watched(folder: Path, script: str) -> tuple[int, list[str]]:
    """The exit code, and what was told to be left."""
    command = [sys.executable, str(ROOT / "tests/leftovers.py"), sys.executable, "-c", f"from pathlib import Path\n{script}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, [line.strip() for line in done.stderr.splitlines() if line.startswith("  ")]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A plain folder: git knows nothing of it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("text")
    (tmp_path / "link").symlink_to("docs")
    return tmp_path


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("", []),
        ("Path('docs/__pycache__').mkdir(); Path('docs/__pycache__/x.pyc').write_text('')", []),
        ("Path('nectar-crash-1.txt').write_text('')", ["new: nectar-crash-1.txt"]),
        ("Path('docs/x.db').write_text('')", ["new: docs/x.db"]),
        ("Path('docs/page.md').write_text('another')", ["changed: docs/page.md"]),
        ("Path('docs/page.md').write_text('text')", ["changed: docs/page.md"]),
        ("Path('docs/page.md').rename('x.md')", ["new: docs/", "gone: docs/page.md", "new: x.md"]),
        ("Path('empty').mkdir()", ["new: empty/"]),
        ("Path('link').unlink()", ["gone: link"]),
    ],
)
def test_what_is_left_is_told(tree: Path, script: str, left: list[str]) -> None:
    assert watched(tree, script) == (int(bool(left)), left)


def test_an_error_of_the_command_stays_one(tree: Path) -> None:
    assert watched(tree, "raise SystemExit(7)") == (7, [])
    assert watched(tree, "Path('x').write_text(''); raise SystemExit(7)") == (7, ["new: x"])


def test_the_tree_is_watched_when_everything_is_tested() -> None:
    recipe = re.search(r"^test:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert "tests/leftovers.py $(BIN)/pytest" in recipe[1]
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_no_report_of_a_crash_is_in_the_tree() -> None:
    assert list(ROOT.glob("**/nectar-crash-*")) == []


def test_every_target_does_something(tmp_path: Path) -> None:
    """One that has no recipe says "nothing to be done", and exit code 0."""
    make = shutil.which("make")
    assert make is not None
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE)
    for target in " ".join(targets).split():
        assert re.search(rf"^{target}:.*\n\t", text, re.MULTILINE), target
    assert subprocess.run([make, "-n", "check"], cwd=ROOT, capture_output=True).returncode != 0 or "check:" in text
