"""Plants a bug in a copy of the tree, and runs the tests that run its function."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.mutants.changes import planted
from tests.mutants.copies import copy, environment, precompile
from tests.mutants.reach import MODULE, Reach, importers, is_near
from tests.mutants.sample import Mutant

KILLED, LATE, SURVIVED, UNTESTED, BROKEN = "killed", "late", "survived", "untested", "broken"
"""BROKEN: pytest ran no test, neither with the bug nor without it, so the bug has no verdict."""

FEWEST_SECONDS = 45.0
SLOWER = 1.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by`: the test that failed. `tests`: how many tests were chosen."""

    status: str
    seconds: float = 0.0
    tests: int = 0
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Judge:
    """One copy of the tree, and a process that forks to run tests in it."""

    def __init__(self, root: Path, place: Path) -> None:
        self.tree = copy(root, place)
        precompile(self.tree)
        command = [sys.executable, str(self.tree / "tests/mutants/forker.py"), str(self.tree)]
        more = {"PYTHONDONTWRITEBYTECODE": "1", "NECTAR_MUTANTS": "1"}
        self.forker = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(self.tree) | more,
            start_new_session=True,
        )

    def close(self) -> None:
        with self.forker:
            assert self.forker.stdin is not None
            self.forker.stdin.close()

    def judge(self, mutant: Mutant, reach: Reach, budget: float, asked: Sequence[str] = ()) -> Verdict:
        """The verdict on a bug. `budget`: the recorded seconds of tests to run at most. `asked`: tests to run instead of the chosen ones."""
        tests = asked or chosen(reach, mutant, budget, self.tree)
        if not tests:
            return Verdict(UNTESTED)
        path = self.tree / mutant.file
        text = path.read_text()
        seconds = FEWEST_SECONDS + SLOWER * (budget if asked else sum(reach.seconds[test] for test in tests))
        path.write_text(planted(text, mutant.change))
        try:
            answer = self.ask(tests, seconds)
        finally:
            path.write_text(text)
        status = _status(answer)
        if status == BROKEN and self.ask(tests[:1], seconds)["code"] == 0:  # without the bug pytest can begin
            status = KILLED
        return Verdict(status, answer["seconds"], len(tests), answer["failed"].split(" - ")[0])

    def ask(self, tests: Sequence[str], seconds: float) -> dict[str, Any]:
        assert self.forker.stdin is not None
        assert self.forker.stdout is not None
        self.forker.stdin.write(json.dumps({"tests": list(tests), "seconds": seconds}) + "\n")
        self.forker.stdin.flush()
        answer: dict[str, Any] = json.loads(self.forker.stdout.readline())
        return answer


def _status(answer: dict[str, Any]) -> str:
    """The verdict of a run. A negative code is a signal's, for example of an endless recursion in C."""
    if answer["late"]:
        return LATE
    if answer["code"] == 0:
        return SURVIVED
    return KILLED if answer["failed"] or answer["code"] < 0 else BROKEN


def chosen(reach: Reach, mutant: Mutant, budget: float, tree: Path) -> list[str]:
    """The tests that fit the budget, at least one. They are grouped by file, so that a file's fixtures are made once."""
    by_file: dict[str, list[str]] = defaultdict(list)
    spent = 0.0
    users = importers(tree, mutant.file) if mutant.change.inside == MODULE else ()
    for test in reach.tests_of(mutant.file, mutant.change.inside, users):
        if spent + reach.seconds[test] <= budget or not by_file:
            spent += reach.seconds[test]
            by_file[test.partition("::")[0]].append(test)
    files = sorted(by_file, key=lambda file: (not is_near(file, mutant.file), sum(reach.seconds[test] for test in by_file[file])))
    return [test for file in files for test in by_file[file]]
