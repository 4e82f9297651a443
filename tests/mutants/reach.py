"""Which functions each test runs, and how long it takes. This is recorded once for each file of tests, outside of the tree."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants.copies import environment, recording
from tests.mutants.plugin import RAW, name_of

SHUNNED = ("tests/fuzz", "tests/mutants", "tests/interop", "tests/tidb", "tests/test_wheel.py", "tests/test_leftovers.py")
"""Tests that take long, or that run nothing of the rooms that are measured."""


MODULE = "<module>"


@dataclass
class Reach:
    """`ran`: test -> the functions that it runs, ``file qualified-name``. `seconds`: test -> its time, with its fixtures."""

    files: dict[str, str] = field(default_factory=dict)
    ran: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Reach:
        return cls(**json.loads(path.read_text())) if path.is_file() else cls()

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"files": self.files, "ran": self.ran, "seconds": self.seconds}))

    def tests_of(self, file: str, function: str, importers: Collection[str] = ()) -> list[str]:
        """The tests that run the function; for MODULE, those that run any function of the file. Near tests come first, then quick ones.

        `importers`: files whose functions may use what the file defines outside of functions.
        """
        files = {file, *importers}
        tests = [test for test, ran in self.ran.items() if any(_is_of(name, files, function) for name in ran)]
        return sorted(tests, key=lambda test: (not is_near(test, file), self.seconds[test], test))


def is_near(test: str, file: str) -> bool:
    """Whether the test's folder is named as one of the file's: tests/decode is near nectar/decode, tests/mysql near nectar/sinks/mysql."""
    return test.split("/")[1] in file.split("/")[1:]


def importers(root: Path, file: str) -> list[str]:
    """Files of Nectar that import this module or a name from it."""
    package, _, module = file.removesuffix(".py").replace("/", ".").rpartition(".")
    statement = re.compile(rf"^ *from {re.escape(package)}(\.{module} import | import .*\b{module}\b)", re.MULTILINE)
    return [str(path.relative_to(root)) for path in sorted((root / "nectar").rglob("*.py")) if statement.search(path.read_text())]


def _is_of(ran: str, files: Collection[str], function: str) -> bool:
    """Whether `ran` names the function, or one inside of it: a class stands for its methods."""
    file, _, name = ran.partition(" ")
    return file in files and (function == MODULE or name == function or name.startswith(f"{function}."))


def files_of_tests(root: Path, wanted: Iterable[str]) -> list[str]:
    """The files of tests among `wanted`, which are files or folders, without the shunned ones."""
    paths = set()
    for name in wanted:
        path = root / name
        paths |= {path} if path.is_file() else set(path.rglob("test_*.py"))
    names = sorted(str(path.relative_to(root)) for path in paths)
    return [name for name in names if not name.startswith(SHUNNED)]


def recorded(root: Path, place: Path, files: list[str], workers: int, *, afresh: bool = False) -> Reach:
    """The reach of all tests. New and changed `files` are run to record them; with `afresh` all of them are."""
    reach = Reach() if afresh else Reach.read(place / "reach.json")
    now = {file: hashlib.sha256((root / file).read_bytes()).hexdigest() for file in files}
    stale = [file for file in files if reach.files.get(file) != now[file]]
    if stale:
        raw = place / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for old in raw.iterdir():
            old.unlink()
        tree = recording(root, place / "recording", raw)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.plugin", "-p", "no:cacheprovider", *stale]
        more = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
        print(f"recording {len(stale)} files of tests", file=sys.stderr, flush=True)
        subprocess.run([*command, *more], cwd=tree, env=environment(tree) | {RAW: str(raw)}, stdout=sys.stderr)
        _gather(reach, raw, stale)
        reach.files |= {file: now[file] for file in stale}
        reach.write(place / "reach.json")
    return reach


def _gather(reach: Reach, raw: Path, files: list[str]) -> None:
    """Adds the tests that passed. A file's slowest fixture counts for each of its tests, because any of them may come first."""
    for test in [test for test in reach.ran if test.partition("::")[0] in files]:
        del reach.ran[test], reach.seconds[test]
    steps_of: dict[str, dict[str, Any]] = defaultdict(dict)
    for path in raw.glob("tests.*.jsonl"):
        for line in path.read_text().splitlines():
            step = json.loads(line)
            steps_of[step["test"]][step["when"]] = step
    slowest: dict[str, float] = defaultdict(float)
    for test, steps in steps_of.items():
        file = test.partition("::")[0]
        slowest[file] = max(slowest[file], steps["setup"]["seconds"])
    for test, steps in steps_of.items():
        ran = raw / f"{name_of(test)}.ran"
        if "call" in steps and all(step["outcome"] == "passed" for step in steps.values()) and ran.is_file():
            reach.ran[test] = sorted(set(ran.read_text().splitlines()))
            reach.seconds[test] = round(steps["call"]["seconds"] + slowest[test.partition("::")[0]], 3)
