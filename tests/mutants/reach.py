"""Which tests run which functions, and how long they take: recorded once for each file of tests, kept outside of the tree."""

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
"""Tests of these run for long, or run nothing of the rooms that are measured."""


MODULE = "<module>"


@dataclass
class Reach:
    """`ran`: test -> the functions that it runs, ``file qualified-name``; `seconds`: what it takes, its fixtures with it."""

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
        """Those that run the function, or any of the file where the change stands outside of functions: those of the same folder
        first, and the quickest first among them. `importers`: files of which any function uses what stands outside of functions."""
        files = {file, *importers}
        found = [test for test, ran in self.ran.items() if any(_is_of(one, files, function) for one in ran)]
        return sorted(found, key=lambda test: (not is_near(test, file), self.seconds[test], test))


def is_near(test: str, file: str) -> bool:
    """tests/decode is what tests nectar/decode first of all; tests/sinks and tests/mysql are for nectar/sinks/mysql."""
    return test.split("/")[1] in file.split("/")[1:]


def importers(root: Path, file: str) -> list[str]:
    """Files of Nectar that import this module, or something of it by name."""
    package, _, module = file.removesuffix(".py").replace("/", ".").rpartition(".")
    said = re.compile(rf"^ *from {re.escape(package)}(\.{module} import | import .*\b{module}\b)", re.MULTILINE)
    return [str(path.relative_to(root)) for path in sorted((root / "nectar").rglob("*.py")) if said.search(path.read_text())]


def _is_of(ran: str, files: Collection[str], function: str) -> bool:
    """A class's body runs when the module is imported; its methods are what tests of it run."""
    there, _, name = ran.partition(" ")
    return there in files and (function == MODULE or name == function or name.startswith(f"{function}."))


def files_of_tests(root: Path, wanted: Iterable[str]) -> list[str]:
    """Those under `wanted`, which are files or folders, that are not shunned."""
    found = set()
    for one in wanted:
        path = root / one
        found |= {path} if path.is_file() else set(path.rglob("test_*.py"))
    names = sorted(str(path.relative_to(root)) for path in found)
    return [name for name in names if not name.startswith(SHUNNED)]


def recorded(root: Path, place: Path, files: list[str], workers: int, *, afresh: bool = False) -> Reach:
    """What is known, with all of `files` that are new or have changed run once more; `afresh`: with all of them."""
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
    """Only tests that passed; a file's dearest fixture is counted for each of its tests, as any of them may come first."""
    for test in [test for test in reach.ran if test.partition("::")[0] in files]:
        del reach.ran[test], reach.seconds[test]
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    for path in raw.glob("tests.*.jsonl"):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            told[one["test"]][one["when"]] = one
    dearest: dict[str, float] = defaultdict(float)
    for test, steps in told.items():
        file = test.partition("::")[0]
        dearest[file] = max(dearest[file], steps["setup"]["seconds"])
    for test, steps in told.items():
        ran = raw / f"{name_of(test)}.ran"
        if "call" in steps and all(one["outcome"] == "passed" for one in steps.values()) and ran.is_file():
            reach.ran[test] = sorted(set(ran.read_text().splitlines()))
            reach.seconds[test] = round(steps["call"]["seconds"] + dearest[test.partition("::")[0]], 3)
