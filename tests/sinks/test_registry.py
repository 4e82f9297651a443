"""A family of databases is imported when it is chosen, and no other with it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from nectar.config.profile.model import ConnectionType
from nectar.sinks.registry import FAMILIES, family_named
from tests.conftest import ROOT
from tests.runner.jobs import between, plan_text

ASK = """
import json, sys
from contextlib import closing
from pathlib import Path
import nectar.runner.run, nectar.runner.follow.run
from nectar.runner.sink_layout import layout
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.sinks.registry import stager
text = '[plan]\\nname = "p"\\nnetwork = "preview"\\n[source]\\nkind = "immutable"\\npath = "i"\\n[processors]\\nblocks = true\\n'
stager({0!r}, layout(read_document(load_text(text, "plan.toml"), Path("plan.toml")), {0!r}))
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("sqlite", "nectar.sinks.sqlite", ("nectar.sinks.mysql", "pymysql")),
        ("mysql", "nectar.sinks.mysql", ("nectar.sinks.sqlite", "apsw")),
        ("tidb", "nectar.sinks.mysql", ("nectar.sinks.sqlite", "apsw")),
    ],
)
def test_only_what_is_chosen(name: str, wanted: str, unwanted: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", ASK.format(name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout)
    assert any(one.startswith(wanted) for one in modules)
    assert not [one for one in modules if one.startswith(unwanted)]


COMMAND = """
import atexit, json, sys
from nectar.cli.main import main
modules, sys.argv = sys.argv[1], ["nectar", *sys.argv[2:]]
atexit.register(lambda: open(modules, "w").write(json.dumps(sorted(sys.modules))))
main()
"""


def modules_of_command(folder: Path, *words: object) -> set[str]:
    """The modules that a whole command imports, from its first line to its exit."""
    listing = folder / "modules.json"
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, str(listing), *map(str, words)], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(listing.read_text()))


def test_a_job_into_a_file_imports_no_servers_driver(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(plan_text(ROOT / "tests/data/preview/immutable", between(0, 2_000)))
    for words in (
        ("run", "plan.toml", "--db", "n.db", "--workers", "1", "--once"),
        ("status", "--db", "n.db"),
        ("db", "check", "--db", "n.db"),
        ("db", "schema", "plan.toml", "--db", "n.db", "--compare"),
    ):
        modules = modules_of_command(tmp_path, *words)
        assert "nectar.sinks.sqlite.connection" in modules, words
        of_a_server = [one for one in modules if one.startswith(("nectar.mysql", "nectar.sinks.mysql", "pymysql", "paramiko"))]
        assert of_a_server == [], words
    with closing(sqlite3.connect(tmp_path / "n.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM block").fetchone()[0] > 0


def test_each_connection_type_has_a_family() -> None:
    assert {family_named(kind.value) for kind in ConnectionType} | {"sqlite"} == FAMILIES.keys()


def test_the_contract_holds_each_family_apart() -> None:
    """A family whose folder the contract does not name could import another."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (apart,) = (
        contract["modules"] for contract in contracts if contract["type"] == "independence" and "family" in contract["name"]
    )
    assert set(apart) == {module.removesuffix(".family") for module in FAMILIES.values()}
