"""The tool that measures the tests, tried on a tree of one small module whose survivors are known."""

from __future__ import annotations

import ast
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mutants import report as told
from tests.mutants.changes import Change, changes, is_other, planted
from tests.mutants.copies import precompile, recording
from tests.mutants.judge import KILLED, LATE, SURVIVED, UNTESTED, Judge, Verdict
from tests.mutants.reach import Reach, files_of_tests, importers, recorded
from tests.mutants.run import Book, judge_all
from tests.mutants.sample import ROOMS, Mutant, mutant, sample

MODULE = '''"""A module with everything that is planted."""

from __future__ import annotations

LIMIT: int = 3


def small(numbers: list[int]) -> list[int]:
    """Sorted, each once, those within the limit."""
    found = sorted(dict.fromkeys(one for one in numbers if 0 <= one < LIMIT))
    if not found:
        raise ValueError("none")
    return found


def unseen(number: int) -> int:
    return number + 1


def waits(number: int) -> int:
    while number > 0:
        number -= 1
    return number


def size(text: str) -> int:
    """In a process of its own, as tests see it."""
    return len(text[1:])
'''
TESTS = """import subprocess
import sys

import pytest

from nectar.sinks.small import small, waits


def test_small():
    assert small([2, 0, 7, 0, -1]) == [0, 2]
    with pytest.raises(ValueError):
        small([])


def test_waits():
    assert waits(3) == 0


def test_size():
    command = [sys.executable, "-c", "from nectar.sinks.small import size; print(size('abc'))"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "2\\n"
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in ("nectar/__init__.py", "nectar/sinks/__init__.py", "tests/__init__.py", "tests/mutants/__init__.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    for name in ("conftest", "mutants/recorder", "mutants/plugin", "mutants/forker"):
        text = (ROOT / f"tests/{name}.py").read_text()
        (root / f"tests/{name}.py").write_text(text if name != "conftest" else "")
    (root / "nectar/sinks/small.py").write_text(MODULE)
    (root / "tests/test_small.py").write_text(TESTS)
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return root


@pytest.fixture(scope="module")
def reach(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Reach:
    return recorded(tree, tmp_path_factory.mktemp("cache"), ["tests/test_small.py"], 1)


def change_of(line: str, new: str) -> Change:
    """The one that makes the line so."""
    wanted = "\n".join(new if one == line else one for one in MODULE.splitlines()) + "\n"
    found = [one for one in changes(MODULE) if planted(MODULE, one) == wanted]
    assert len(found) == 1, found
    return found[0]


def test_every_kind_is_found_and_every_one_is_another_program() -> None:
    there = [one for one in changes(MODULE) if is_other(MODULE, one)]
    assert {one.kind for one in there} >= {
        "boundary",
        "comparison",
        "constant",
        "call",
        "not",
        "condition",
        "raise dropped",
        "return",
        "arithmetic",
        "statement dropped",
        "slice",
    }
    for one in there:
        assert ast.dump(ast.parse(planted(MODULE, one))) != ast.dump(ast.parse(MODULE))
    texts = {planted(MODULE, one) for one in there}
    assert len(texts) == len(there)
    assert not any('"""Another' in text or "-> list[str]" in text for text in texts)


@pytest.mark.parametrize(
    "path", ["nectar/processors/redeemer_ids.py", "nectar/decode/cbor.py", "nectar/sinks/mysql/writer.py", "nectar/coverage.py"]
)
def test_every_change_of_a_real_module_stays_in_its_place(path: str) -> None:
    text = (ROOT / path).read_text()
    for one in changes(text)[::7]:
        after = planted(text, one)
        assert after[: one.start] == text[: one.start]
        assert after[one.start + len(one.new) :] == text[one.end :]
        assert text[: one.start].count("\n") + 1 == one.line


def test_the_sample_follows_from_its_seed_and_covers_every_room() -> None:
    rooms = {name: ROOMS[name] for name in ("coverage", "secrets")}
    chosen = sample(ROOT, 30, 5, rooms)
    assert chosen == sample(ROOT, 30, 5, rooms)
    assert chosen != sample(ROOT, 30, 6, rooms)
    assert {one.room for one in chosen} == set(rooms)
    assert len({one.key for one in chosen}) == len(chosen)


def test_a_new_line_leaves_nearly_all_of_the_sample_as_it_was(tmp_path: Path) -> None:
    rooms = {name: ROOMS[name] for name in ("coverage", "secrets")}
    before = {one.key for one in sample(ROOT, 60, 5, rooms)}
    shutil.copytree(ROOT / "nectar", tmp_path / "nectar")
    changed = tmp_path / "nectar/coverage.py"
    changed.write_text(changed.read_text().replace("\n\n\n", "\n\nANOTHER = 1 + 2\n\n\n", 1))
    after = {one.key for one in sample(tmp_path, 60, 5, rooms)}
    assert len(before - after) <= 1
    assert len(after - before) <= 2


def test_a_key_holds_while_its_line_moves(tree: Path) -> None:
    one = change_of("    return number + 1", "    return number - 1")
    before = mutant(tree, "sinks", "nectar/sinks/small.py", one)
    path = tree / "nectar/sinks/moved.py"
    path.write_text("# a line\n" + MODULE)
    moved = next(
        other
        for other in changes(path.read_text())
        if (other.line, other.new) == (one.line + 1, one.new) and other.kind == one.kind
    )
    assert mutant(tree, "sinks", "nectar/sinks/moved.py", moved).key != before.key
    path.unlink()
    (tree / "nectar/sinks/small.py").write_text("# a line\n" + MODULE)
    try:
        after = mutant(tree, "sinks", "nectar/sinks/small.py", moved)
    finally:
        (tree / "nectar/sinks/small.py").write_text(MODULE)
    assert after.key == before.key
    assert (after.before, after.after) == ("    return number + 1", "    return number - 1")


def test_what_tests_run_is_known_of_other_processes_too(reach: Reach) -> None:
    def tests_of(function: str) -> list[str]:
        return sorted(test.rpartition("::")[2] for test in reach.tests_of("nectar/sinks/small.py", function))

    assert tests_of("small") == ["test_small"]
    assert tests_of("size") == ["test_size"]
    assert tests_of("unseen") == []
    assert tests_of("<module>") == ["test_size", "test_small", "test_waits"]


def test_what_stands_outside_of_functions_is_asked_of_those_who_import_it(reach: Reach) -> None:
    """A table of columns or fields runs no function of its own module."""
    assert "nectar/filterlang/reference.py" in importers(ROOT, "nectar/filterlang/scopes.py")
    assert "nectar/sinks/mysql/check/run.py" in importers(ROOT, "nectar/server/faults.py")
    assert not reach.tests_of("nectar/tables.py", "<module>")
    assert len(reach.tests_of("nectar/tables.py", "<module>", ["nectar/sinks/small.py"])) == 3
    assert not reach.tests_of("nectar/tables.py", "other", ["nectar/sinks/small.py"])


def test_what_is_caught_and_what_is_not(tree: Path, reach: Reach, tmp_path: Path) -> None:
    file = "nectar/sinks/small.py"
    wanted = {
        (
            "    found = sorted(dict.fromkeys(one for one in numbers if 0 <= one < LIMIT))",
            "    found = list(dict.fromkeys(one for one in numbers if 0 <= one < LIMIT))",
        ): KILLED,
        (
            "    found = sorted(dict.fromkeys(one for one in numbers if 0 <= one < LIMIT))",
            "    found = sorted((one for one in numbers if 0 <= one < LIMIT))",
        ): KILLED,
        ('        raise ValueError("none")', "        pass"): KILLED,
        ("    while number > 0:", "    while number >= 0:"): KILLED,
        ("LIMIT: int = 3", "LIMIT: int = 4"): SURVIVED,
        ("    return number + 1", "    return number - 1"): UNTESTED,
        ("    return len(text[1:])", "    return len(text[:])"): KILLED,
    }
    planned = {
        mutant(tree, "sinks", file, change_of(*pair)).key: (mutant(tree, "sinks", file, change_of(*pair)), end)
        for pair, end in wanted.items()
    }
    book = Book(tmp_path / "verdicts.json")
    judge_all([one for one, _ in planned.values()], reach, book, tmp_path, 2, 60.0, tree)
    assert {key: verdict.status for key, verdict in book.verdicts.items()} == {key: end for key, (_, end) in planned.items()}
    assert Book(tmp_path / "verdicts.json").verdicts == book.verdicts
    text = told.report([one for one, _ in planned.values()], book.verdicts, {})
    assert "| sinks | 7 | 5 | 0 | 0 | 2 | 71.4 % |" in text
    assert f"{file}:5  constant in <module>: survived, 3 tests asked\n  - LIMIT: int = 3\n  + LIMIT: int = 4\n" in text


def test_one_that_never_ends_is_ended(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the processes that its tests started."""
    monkeypatch.setattr("tests.mutants.judge.FEWEST_SECONDS", 3.0)
    monkeypatch.setattr("tests.mutants.judge.SLOWER", 0.0)
    one = mutant(tree, "sinks", "nectar/sinks/small.py", change_of("        number -= 1", "        number += 1"))
    reach = Reach(
        {}, {"tests/test_small.py::test_waits": ["nectar/sinks/small.py waits"]}, {"tests/test_small.py::test_waits": 0.1}
    )
    judge = Judge(tree, tmp_path / "tree")
    try:
        assert judge.judge(one, reach, 60.0).status == LATE
        assert (judge.tree / one.file).read_text() == MODULE
        assert judge.ask(["tests/test_small.py"], 60.0)["code"] == 0
    finally:
        judge.close()


def test_equivalents_have_their_reasons_and_are_counted_apart(tmp_path: Path) -> None:
    told.reasons()
    (tmp_path / "x.toml").write_text('[[equivalent]]\nkey = "a"\nreason = " "\n')
    with pytest.raises(ValueError, match="no reason"):
        told.reasons(tmp_path / "x.toml")
    one = Mutant("a", "sinks", "f.py", Change("constant", 0, 1, "2", "f", 1), "1", "2")
    assert told.survivors([one], {"a": Verdict(SURVIVED)}, {}) == [one]
    assert told.survivors([one], {"a": Verdict(SURVIVED)}, {"a": "why"}) == []


def test_the_copy_is_no_part_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "from/nectar").mkdir(parents=True)
    (tmp_path / "from/nectar/__init__.py").write_text('"""Doc."""\n')
    (tmp_path / "from/tests/mutants").mkdir(parents=True)
    made = recording(tmp_path / "from", tmp_path / "to", tmp_path / "raw")
    precompile(made)
    assert "nectar_recorder" in (made / "nectar/__init__.py").read_text()
    assert (tmp_path / "from/nectar/__init__.py").read_text() == '"""Doc."""\n'


def test_costly_tests_are_not_asked() -> None:
    files = files_of_tests(ROOT, ["tests"])
    assert "tests/decode/test_blocks.py" in files
    assert not any(file.startswith(("tests/mutants", "tests/fuzz")) for file in files)


def test_equivalents_are_changes_of_this_tree() -> None:
    """A moved or edited line has another key: its entry is then written again, or taken off the list."""
    entries = tomllib.loads(told.EQUIVALENT.read_text())["equivalent"]
    for file in {entry["file"] for entry in entries}:
        keys = {mutant(ROOT, "", file, change).key for change in changes((ROOT / file).read_text())}
        assert {entry["key"] for entry in entries if entry["file"] == file} <= keys, file
