"""What a short command imports: the list holds its start-up time, without a stopwatch (benchmarks/startup.py has the figures)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLAN = "plans/full.toml"
"""It has no filter, so no command that only reads it needs the filter language's parser."""

TYPER = {"typer", "pydantic"}  # Typer turns the words of a command into values with pydantic, from 0.28 on
TEXTS = {*TYPER, "jsonschema", "cbor2"}

MAY_IMPORT = {
    ("--version",): set(),
    ("--help",): {"typer"},
    ("run", "--help"): TYPER,
    ("plan", "validate", PLAN): TEXTS,
    ("plan", "compile", PLAN): TEXTS,
    ("status", "--db", "x.db"): {*TYPER, "apsw"},
}
"""The packages of pyproject.toml, extras included, that a command may import: the first words of each are the command."""

PROBE = """
import json, sys
from nectar.cli.main import main
sys.argv[0] = "nectar"
try:
    main()
except SystemExit as end:
    print("\\n" + json.dumps(sorted(sys.modules)), file=sys.stderr)
    raise
"""


def dependencies() -> dict[str, str]:
    """Import name -> package, for every package that pyproject.toml names for users of Nectar."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    packages = {re.split(r"[\[<>=!~;, ]", requirement)[0].lower() for requirement in required}
    return {
        module: package.lower()
        for module, distributions in packages_distributions().items()
        for package in distributions
        if package.lower() in packages
    }


@cache
def modules_of(command: tuple[str, ...], folder: Path) -> frozenset[str]:
    """The modules in memory when the command has ended well."""
    words = [str(ROOT / word) if word == PLAN else str(folder / word) if word == "x.db" else word for word in command]
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database x.db of PLAN, which has no rows."""
    path = tmp_path_factory.mktemp("start-up")
    words = [sys.executable, "-m", "nectar", "db", "init", PLAN, "--db", str(path / "x.db")]
    subprocess.run(words, capture_output=True, check=True, cwd=ROOT)
    return path


@pytest.mark.parametrize("command", MAY_IMPORT, ids=" ".join)
def test_a_short_command_imports_few_packages(command: tuple[str, ...], folder: Path) -> None:
    ours = dependencies()
    assert {"apsw", "cryptography", "hyperscan", "re2", "lark", "rich", "pymysql", "sqlalchemy", "paramiko"} <= ours.keys()
    imported = {ours[name] for name in modules_of(command, folder) if name in ours}
    assert imported <= MAY_IMPORT[command]
    assert ("typer" in imported) == (command != ("--version",))  # the probe sees what a command imports


@pytest.mark.parametrize(
    ("command", "rooms"),
    [
        (("--help",), ("cli", "errors", "runner")),
        (("run", "--help"), ("cli", "errors", "runner")),
    ],
    ids=str,
)
def test_help_imports_no_other_room(command: tuple[str, ...], rooms: tuple[str, ...], folder: Path) -> None:
    ours = [name.split(".") for name in modules_of(command, folder) if name.startswith("nectar.")]
    assert {parts[1] for parts in ours} <= set(rooms)
    assert {".".join(parts[1:3]) for parts in ours if parts[1] == "runner"} <= {"runner", "runner.signals"}


@pytest.mark.parametrize("command", [words for words in MAY_IMPORT if words[0] == "plan"], ids=" ".join)
def test_reading_a_plan_imports_no_database_and_no_source(command: tuple[str, ...], folder: Path) -> None:
    families = ("nectar.sinks.sqlite", "nectar.sinks.mysql", "nectar.mysql", "nectar.server", "nectar.sources")
    assert [name for name in modules_of(command, folder) if name.startswith(families)] == []


def test_a_job_collects_garbage_as_python_does(tmp_path: Path) -> None:
    """A start without collections must not stay so: a job runs for days."""
    probe = f"import atexit, gc\nusual = gc.get_threshold()\natexit.register(lambda: print(usual == gc.get_threshold()))\n{PROBE}"
    job = ["sync", "--immutable", str(ROOT / "tests/data/preview/immutable"), "--network", "preview"]
    job += ["--db", str(tmp_path / "x.db"), "--end-slot", "1000", "--workers", "1", "--progress", "off"]
    for words, is_usual in ((job, "True"), (["plan", "validate", str(ROOT / PLAN)], "False")):
        done = subprocess.run([sys.executable, "-c", probe, *words], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == is_usual
