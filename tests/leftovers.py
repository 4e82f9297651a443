"""Runs a command and fails when it leaves anything in the working folder: `python tests/leftovers.py COMMAND...`.

A file that is new, changed or gone is one, ignored by git or not. What tools keep for themselves is none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CACHES = {
    ".git",
    ".venv",
    ".venv-oracle",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".import_linter_cache",
}
LEFT = 1


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file's size and the time of its last change, by its path; of an empty folder, nothing to compare."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in CACHES]
        for name in names + [name for name in folders if (Path(place) / name).is_symlink()]:
            path = Path(place) / name
            about = path.lstat()
            found[str(path.relative_to(folder))] = (about.st_size, about.st_mtime_ns)
        if not folders and not names:
            found[f"{Path(place).relative_to(folder)}/"] = (0, 0)
    return found


def differences(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    """One line each, in the order of paths."""
    words = {(False, True): "new", (True, False): "gone", (True, True): "changed"}
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return [f"{words[name in before, name in after]}: {name}" for name in names]


def main(command: list[str]) -> int:
    """The command's own exit code when that is an error."""
    before = files(Path.cwd())
    code = subprocess.run(command).returncode
    left = differences(before, files(Path.cwd()))
    if left:
        print("\n".join(["the tests left something in the tree:", *(f"  {line}" for line in left)]), file=sys.stderr)
    return code or (LEFT if left else 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
