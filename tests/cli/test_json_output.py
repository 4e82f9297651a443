"""What commands print for programs is valid by schemas/output.schema.json: every command with a switch for JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nectar.carp.tasks import TASKS
from tests.cli.databases import nectar, profile
from tests.cli.json_output import JSON_COMMANDS, SCHEMA, agrees, lines_of
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running
from tests.mysql.server import Server, free_port
from tests.runner.jobs import plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"


def test_what_a_run_and_status_say(tmp_path: Path) -> None:
    words = ("run", ROOT / "plans/preview-sample.toml", "--db", "x.db", "--progress", "json")
    done = nectar(*words, "--source", SAMPLE, folder=tmp_path)
    agrees("summary", json.loads(done.stdout))
    assert {"plan", "range", "progress", "closing"} <= {line["event"] for line in lines_of(done.stderr)}
    agrees("status", json.loads(nectar("status", "--db", "x.db", "--format", "json", folder=tmp_path).stdout))
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        again = nectar(*words, "--socket", tmp_path / "s", "--once", folder=tmp_path)
    lines_of(again.stderr)
    agrees("summary", json.loads(again.stdout))
    agrees("summary", json.loads(nectar(*words, "--source", SAMPLE, "--dry-run", folder=tmp_path).stdout))


def test_what_other_commands_say(server: Server, database: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text(SAMPLE, processors=FEW, more="[filters]\nwhere = 'fee > 1 ada'"))
    (tmp_path / "bad.toml").write_text("[plan]\nnetwork = 5\n")
    agrees(
        "validate", json.loads(nectar("plan", "validate", plan, "bad.toml", "--format", "json", folder=tmp_path, code=2).stdout)
    )
    told = json.loads(nectar("plan", "explain", plan, "--sample", SAMPLE, "--format", "json", folder=tmp_path).stdout)
    agrees("sample", told["sample"])
    path = profile(tmp_path, server.port, database)
    agrees("check", json.loads(nectar("db", "check", "--profile", path, "--format", "json", folder=tmp_path).stdout))
    path = profile(tmp_path, free_port(), database)
    agrees("check", json.loads(nectar("db", "check", "--profile", path, "--format", "json", folder=tmp_path, code=1).stdout))


DEFINITIONS = {
    "run": "summary",
    "sync": "summary",
    "status": "status",
    "plan validate": "validate",
    "plan explain": "explain",
    "plan test": "test",
    "plan import": "import",
    "db check": "check",
    "db init": "made",
    "db schema": "compare",
    "node ping": "ping",
    "node tip": "tip",
}
WITH_ALL = """[filters]
where = 'any(inputs, value > 1 ada) or fee > 1 ada'
address_filter = ["addr_test1vz.*"]
[filters.rows]
tx_out = "value > 0 ada"
[[views]]
name = "rich"
from = "tx_out"
where = "value > 5 ada"
[[tests]]
name = "a day"
slots = [0, 100]
rows = { tx = 0, block = 99 }
"""


def test_every_command_with_json_has_a_definition() -> None:
    assert {" ".join(words[:-2]) for words in JSON_COMMANDS} == DEFINITIONS.keys()
    used = {*DEFINITIONS.values(), "line", "compiled", "sample", "attempt", "complaint", "bound"}
    assert used == SCHEMA["$defs"].keys()
    page = (ROOT / "docs/running.md").read_text()
    assert all(f"`{name}`" in page for name in used - {"bound"})


@pytest.mark.parametrize("path", sorted((ROOT / "tests/compiler/golden").glob("*.json")), ids=lambda path: path.stem)
def test_compiled_plans(path: Path) -> None:
    agrees("compiled", json.loads(path.read_text()))


@pytest.mark.parametrize(
    "start", ["start = 'origin'", "start_slot = 5", "start = { epoch = 0 }", "start = { date = 2022-11-01 }", "start = 'alonzo'"]
)
def test_what_plans_mean(start: str, tmp_path: Path) -> None:
    text = plan_text(
        SAMPLE,
        f"{start}\nend_slot = 700000",
        processors=FEW,
        more=WITH_ALL.replace("where = 'any", "on_unknown = 'drop'\nwhere = 'any", 1),
    )
    (tmp_path / "plan.toml").write_text(text)
    agrees("compiled", json.loads(nectar("plan", "compile", "plan.toml", folder=tmp_path).stdout))
    agrees("explain", json.loads(nectar("plan", "explain", "plan.toml", "--format", "json", folder=tmp_path).stdout))
    (tmp_path / "plan.toml").write_text(text.replace(f'[source]\nkind = "immutable"\npath = "{SAMPLE}"\n', ""))
    agrees("compiled", json.loads(nectar("plan", "compile", "plan.toml", folder=tmp_path).stdout))


def test_tests_and_translations(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(plan_text(SAMPLE, processors=FEW, more=WITH_ALL))
    told = json.loads(nectar("plan", "test", "plan.toml", "--format", "json", folder=tmp_path, code=1).stdout)
    agrees("test", told)
    assert told[0]["wrong"]["block"]["wanted"] == 99
    (tmp_path / "carp.toml").write_text("".join(f"[{task}]\n" for task in TASKS))
    told = json.loads(nectar("plan", "import", "carp.toml", "--format", "json", folder=tmp_path).stdout)
    agrees("import", told)
    assert {one["fit"] for one in told["tasks"]} == {"same", "elsewhere", "nothing", "none"}
    agrees(
        "import",
        json.loads(nectar("plan", "import", "carp.toml", "--out", "new.toml", "--format", "json", folder=tmp_path).stdout),
    )


def test_databases(server: Server, database: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text(SAMPLE, processors=FEW))
    audit = '[audit]\nfile = "audit.jsonl"\n'
    for where in (("--db", "x.db"), ("--profile", profile(tmp_path, server.port, database, audit))):
        differs = nectar("db", "schema", plan, "--compare", "--format", "json", *where, folder=tmp_path, code=4)
        agrees("compare", json.loads(differs.stdout))
        agrees("made", json.loads(nectar("db", "init", *where, "--format", "json", folder=tmp_path).stdout))
        agrees("made", json.loads(nectar("db", "init", plan, *where, "--format", "json", folder=tmp_path).stdout))
        same = json.loads(nectar("db", "schema", plan, "--compare", "--format", "json", *where, folder=tmp_path).stdout)
        agrees("compare", same)
        assert same["same"]
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert lines
    for line in lines:
        agrees("attempt", json.loads(line))


def test_nodes(tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        for name in ("ping", "tip"):
            agrees(
                name,
                json.loads(
                    nectar("node", name, tmp_path / "s", "--network", "preview", "--format", "json", folder=tmp_path).stdout
                ),
            )
