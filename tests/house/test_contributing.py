"""CONTRIBUTING's recipes, done on a copy of the project exactly as the page says: every edit and command is taken from it.

A line such as "`nectar/x.py`, a new file:" or "`nectar/x.py`, below `this line`:" and the code block after it are one edit;
a block of `sh` is run. What the recipe adds must then work, in processes that have the copy first on their path.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from nectar.sinks.family import Family
from tests.conftest import CASES, ROOT, WHOLE_CHAIN

GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "*.db*", "data")
STEP = re.compile(
    r"^`(?P<path>[^`]+)`, (?:a new file|(?P<where>below|above) (?P<quote>`+)(?P<anchor>[^\n]+?)(?P=quote)):"
    r"(?:(?!\n\n).)*\n\n```\w*\n(?P<code>.*?)^```$|^```sh\n(?P<commands>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


class Edit(NamedTuple):
    """`where` is below or above the one line that begins with `anchor`; empty for a new file."""

    path: str
    where: str
    anchor: str
    code: str


def section(title: str) -> str:
    text = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE)
    assert text is not None, title
    return text[1]


def recipe(title: str) -> list[Edit | str]:
    """The edits and the commands of a section, in order."""
    text = section(title)
    steps: list[Edit | str] = []
    for step in STEP.finditer(text):
        if step["commands"]:
            steps.append(step["commands"])
        else:
            steps.append(Edit(step["path"], step["where"] or "", step["anchor"] or "", step["code"]))
    blocks = len(re.findall(r"^```\w+$", text, re.MULTILINE))
    assert blocks == len(list(STEP.finditer(text))), "a code block of the recipe belongs to no step"
    return steps


def edited(tree: Path, edit: Edit) -> str:
    """The file's text after the edit."""
    path = tree / edit.path
    if not edit.where:
        assert not path.exists(), f"{edit.path} exists already"
        return edit.code
    lines = path.read_text().splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip().startswith(edit.anchor)]
    assert len(places) == 1, f"{edit.path} has {len(places)} lines that begin with {edit.anchor!r}"
    lines.insert(places[0] + (edit.where == "below"), edit.code)
    return "".join(lines)


def environment(tree: Path) -> dict[str, str]:
    places = {
        "PYTHONPATH": str(tree),
        "NECTAR_CHAIN_DATA": str(WHOLE_CHAIN),
        "NECTAR_CASES": str(CASES),
        "XDG_STATE_HOME": str(tree),
    }
    return {**os.environ, **places, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def in_tree(tree: Path, command: Sequence[str] | str) -> subprocess.CompletedProcess[str]:
    """A command in the copy; a text goes through a shell, with the programs of this environment for those of `.venv`."""
    if isinstance(command, str):
        command = ["sh", "-ec", command.replace(".venv/bin/", "")]
    return subprocess.run(command, cwd=tree, env=environment(tree), capture_output=True, text=True)


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return in_tree(tree, [sys.executable, *arguments])


def nectar(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(tree, "-m", "nectar", *arguments)


@pytest.fixture(scope="module")
def copy_of_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without the recorded blocks, to which it has a link."""
    tree = tmp_path_factory.mktemp("copy") / "nectar"
    shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
    (tree / "tests/data").symlink_to(ROOT / "tests/data")
    where = python(tree, "-c", "import nectar; print(nectar.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(tree), where.stdout + where.stderr
    return tree


def follow(tree: Path, title: str) -> Path:
    """Does what the section says; each of its commands must succeed."""
    for step in recipe(title):
        if isinstance(step, Edit):
            text = edited(tree, step)
            (tree / step.path).write_text(text)
            continue
        done = in_tree(tree, step)
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    return tree


@pytest.fixture(scope="module")
def with_processor(copy_of_project: Path) -> Path:
    return follow(copy_of_project, "Add a processor")


@pytest.fixture(scope="module")
def with_provider(copy_of_project: Path) -> Path:
    return follow(copy_of_project, "Add a secret provider")


@pytest.fixture(scope="module")
def with_key(copy_of_project: Path) -> Path:
    return follow(copy_of_project, "Add a plan key")


RECIPES = ("Add a processor", "Add a database family", "Add a secret provider", "Add a plan key")


@pytest.mark.parametrize("title", RECIPES)
def test_each_edit_has_its_place(title: str) -> None:
    edits = [step for step in recipe(title) if isinstance(step, Edit)]
    assert all(edit.code in edited(ROOT, edit) for edit in edits)
    assert len(edits) > 1


def test_each_make_target_of_the_page_exists_and_is_listed() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):.*##", makefile, re.MULTILINE)) - {"clean"}
    assert set(re.findall(r"`make (\w+)`", GUIDE)) == targets


def test_the_page_lists_everything_that_a_family_has() -> None:
    table = re.findall(r"^\| `(\w+)` \| [^|]+ \| (`[^|]+`) \|$", section("Add a database family"), re.MULTILINE)
    assert tuple(field for field, _ in table) == Family._fields
    files = {name for _, names in table for name in re.findall(r"`([^`]+)`", names)}
    assert all((ROOT / "nectar/sinks/sqlite" / name).exists() for name in files)


PLAN = """
[plan]
network = "preview"
{more}
[source]
kind = "immutable"
path = "{chunks}"
[sync]
start_slot = 38417760
end_slot = 38426399
[processors]
transactions = true
"""
CHUNKS = ROOT / "tests/data/preview-late/immutable"
SHAPES_BY_OTHER_TABLES = """
SELECT tx.id, (SELECT count(*) FROM tx_in WHERE tx_in.tx_in_id = tx.id), (SELECT count(*) FROM tx_out WHERE tx_out.tx_id = tx.id)
FROM tx WHERE tx.valid_contract ORDER BY 1
"""


def test_a_processor_fills_its_table(with_processor: Path, tmp_path: Path) -> None:
    """On two chunks full of transactions: as many inputs and outputs as tx_in and tx_out have rows."""
    (tmp_path / "plan.toml").write_text(PLAN.format(chunks=CHUNKS, more="") + "tx_shape = true\n")
    run = nectar(with_processor, "run", str(tmp_path / "plan.toml"), "--db", str(tmp_path / "shapes.db"), "--progress", "off")
    assert run.returncode == 0, run.stderr
    with sqlite3.connect(tmp_path / "shapes.db") as database:
        shapes = database.execute("SELECT id, inputs, outputs FROM tx_shape ORDER BY id").fetchall()
        assert shapes == database.execute(SHAPES_BY_OTHER_TABLES).fetchall()
    assert json.loads(run.stdout)["rows"]["tx_shape"] == len(shapes) > 200


PROFILE = """
[database]
connection_type = "mysql"
host = "127.0.0.1"
user = "nectar"
database = "nectar"
password = { systemd = "db" }
"""
REVEAL = """
import sys
from pathlib import Path
from nectar.config import Server, load_profile
from nectar.secrets.registry import resolve_secret
server = load_profile(Path(sys.argv[1]))
assert isinstance(server, Server) and server.password is not None
print(resolve_secret(server.password).reveal())
"""


def test_a_profile_gets_its_password_from_the_new_provider(
    with_provider: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE)
    (tmp_path / "db").write_text("correct horse\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    revealed = python(with_provider, "-c", REVEAL, str(profile))
    assert revealed.stdout == "correct horse\n", revealed.stderr


def test_a_secret_that_the_new_provider_does_not_have(
    with_provider: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says where it looked and what to do, before it connects."""
    (tmp_path / "profile.toml").write_text(PROFILE)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    report = nectar(with_provider, "db", "check", "--profile", str(tmp_path / "profile.toml"))
    assert report.returncode == 1
    assert "NEC-X001 database.password: systemd loaded no credentials" in report.stdout, report.stdout + report.stderr


def test_two_places_of_a_secret_are_refused_with_the_new_one_named(with_provider: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE.replace('{ systemd = "db" }', '{ systemd = "db", env = "DB" }'))
    report = nectar(with_provider, "db", "check", "--profile", str(tmp_path / "profile.toml"))
    assert report.returncode == 2
    assert '{ systemd = "NAME" }' in report.stdout + report.stderr


def test_a_plan_key_is_accepted_and_used(with_key: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN.format(chunks=CHUNKS, more='contact = "data@example.com"'))
    report = nectar(with_key, "plan", "validate", str(tmp_path / "plan.toml"))
    assert report.returncode == 0, report.stderr
    assert re.search(r"^  contact +data@example\.com$", report.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "code", "first", "then"),
    [
        ("contact = 5", "NEC-P011", "contact", "text"),
        (f'contact = "{"x" * 201}"', "NEC-P013", "contact", "200"),
        ('contcat = "data@example.com"', "NEC-P010", "contcat", "did you mean contact?"),
    ],
    ids=["type", "length", "spelling"],
)
def test_a_wrong_plan_key_is_refused_where_it_stands(
    line: str, code: str, first: str, then: str, with_key: Path, tmp_path: Path
) -> None:
    """With line and column, and what to do; the recipe has no line for that."""
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(chunks=CHUNKS, more=line))
    report = nectar(with_key, "plan", "validate", str(plan))
    assert report.returncode == 2
    assert re.search(rf"{re.escape(str(plan))}:4:\d+: {code} [^\n]*{first}.*{then}", report.stdout, re.DOTALL), report.stdout


def test_a_plan_key_is_in_the_published_schema(with_key: Path) -> None:
    schema = json.loads(nectar(with_key, "plan", "schema").stdout)
    key = schema["properties"]["plan"]["properties"]["contact"]
    assert (key["type"], key["maxLength"]) == ("string", 200)
    assert key["description"].startswith("Whom to ask")
