"""What commands say of rows, shares, speeds and completeness is true: recounted from the database; and what programs read has the
form that is promised."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nectar.carp.tasks import TASKS
from nectar.errors import TooBigError
from nectar.runner.report import Progress, Quiet
from nectar.runner.sample import sample
from nectar.runner.signals import Stop
from nectar.sinks.base import Commit
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.state import read_state
from tests.cli.databases import nectar, profile
from tests.cli.inside import Ended
from tests.cli.inside import nectar as inside
from tests.cli.test_help import ALL
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running
from tests.mysql.server import Server, free_port
from tests.node.jobs import node_job, node_plan
from tests.runner.jobs import compiled, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
SCHEMA = json.loads((ROOT / "schemas/output.schema.json").read_text())
FEW = "blocks = true\ntransactions = true"


def agrees(part: str, told: Any) -> None:
    """With the part of the schema of that name."""
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]}).validate(told)


def counted(database: Path) -> dict[str, int]:
    db = sqlite3.connect(database)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'nectar_%'")]
    found = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    db.close()
    return found


FILTERS = {
    "none": "",
    "where": "[filters]\nwhere = 'fee > 180_000 lovelace'",
    "everything": "[filters]\nwhere = 'fee <= 999 ada'",
    "block": "[filters]\nkeep = 'block'\nwhere = 'fee > 180_000 lovelace'",
    "row": "[filters]\nkeep = 'row'\nwhere = 'any(outputs, value > 1 ada)'",
    "rows": "[filters.rows]\ntx_out = 'value > 1000 ada'",
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("blocks", [7, 5_000])
def test_a_job_counts_what_it_wrote(name: str, blocks: int, tmp_path: Path) -> None:
    more = FILTERS[name].replace("where", 'on_unknown = "drop"\nwhere') if "where" in FILTERS[name] else FILTERS[name]
    text = plan_text(SAMPLE, processors=FEW, more=more, performance=f"batch_blocks = {blocks}")
    summary = job(tmp_path / "x.db", text)
    there = counted(tmp_path / "x.db")
    facts = ("tx", "tx_in", "tx_out")
    assert {table: summary.rows[table] for table in facts} == {table: there[table] for table in facts}
    state = read_state(tmp_path / "x.db")
    assert {table: state.rows[table] for table in state.rows if table in there} == {
        table: there[table] for table in state.rows if table in there
    }
    assert state.finished
    assert state.complete is (name == "none")
    db = sqlite3.connect(tmp_path / "x.db")
    in_blocks = db.execute("SELECT count(*) FROM tx WHERE id >= 0").fetchone()[0]
    db.close()
    assert summary.kept <= summary.transactions
    assert summary.kept == in_blocks
    assert summary.blocks == 4_320


def test_nothing_is_finished_before_anything_is_committed(tmp_path: Path) -> None:
    stop = Stop()
    stop.number = 2
    job(tmp_path / "x.db", plan_text(SAMPLE, processors=FEW), stop=stop)
    state = read_state(tmp_path / "x.db")
    assert (state.finished, state.complete, state.coverage, state.slot) == (False, False, (), None)
    text = nectar("status", "--db", "x.db", folder=tmp_path).stdout
    assert "not finished" in text
    assert "complete" not in text.replace("not there yet", "")


def test_the_last_block_is_the_highest_whichever_range_came_last(tmp_path: Path) -> None:
    """However many commits there were since."""

    def over(first: int, last: int) -> str:
        return plan_text(
            SAMPLE, f"start_slot = {first}\nend_slot = {last}", processors="blocks = true", performance="batch_blocks = 10"
        )

    job(tmp_path / "x.db", over(60_000, 60_100))
    job(tmp_path / "x.db", over(0, 40_000))
    db = sqlite3.connect(tmp_path / "x.db")
    highest = db.execute("SELECT slot_no, lower(hex(hash)), block_no FROM block ORDER BY id DESC LIMIT 1").fetchone()
    db.close()
    state = read_state(tmp_path / "x.db")
    assert (state.slot, state.block_hash, state.block_no) == highest


class Seen(Quiet):
    def __init__(self) -> None:
        self.all: list[tuple[float, Progress]] = []

    def progress(self, progress: Progress) -> None:
        self.all.append((time.monotonic(), progress))


def _too_big_once(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    real, calls = SqliteSink.commit, 0

    def commit(self: SqliteSink, commit: Commit) -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls == at:
            raise TooBigError("too much", code="NEC-M004")
        return real(self, commit)

    monkeypatch.setattr(SqliteSink, "commit", commit)


def _right(seen: Seen, first: int, last: int, began: float) -> None:
    """Each share is that of the slots up to there; blocks over seconds is the speed since the job began."""
    assert seen.all
    for at, one in seen.all:
        assert one.share == pytest.approx((one.slot - first + 1) / (last - first + 1))
        assert 0 < one.seconds <= at - began
    assert [one.share for _, one in seen.all] == sorted(one.share for _, one in seen.all)
    assert [one.seconds for _, one in seen.all] == sorted(one.seconds for _, one in seen.all)
    assert seen.all[-1][1].share == 1


@pytest.mark.parametrize("at", [0, 1, 5])
def test_shares_and_speeds_are_of_the_whole_job_whatever_the_batches_are(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _too_big_once(monkeypatch, at)
    seen, began = Seen(), time.monotonic()
    summary = job(
        tmp_path / "x.db", plan_text(SAMPLE, "end_slot = 40000", processors=FEW, performance="batch_blocks = 200"), report=seen
    )
    _right(seen, -1, 40_000, began)
    assert summary.blocks == counted(tmp_path / "x.db")["block"] - 1
    assert seen.all[-1][1].blocks == summary.blocks


@pytest.mark.parametrize("at", [0, 2])
def test_and_on_a_node(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _too_big_once(monkeypatch, at)
    seen, began = Seen(), time.monotonic()
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        plan = node_plan("end_slot = 40000", processors="blocks = true", more="[performance]\nbatch_blocks = 300")
        node_job(tmp_path / "x.db", tmp_path / "s", plan, report=seen)
    _right(seen, -1, 40_000, began)


@pytest.mark.parametrize("where", ["fee > 999 ada", "fee <= 999 ada", "any(outputs, value > 0)"])
def test_a_sample_says_what_it_kept_and_no_empty_pages(where: str) -> None:
    plan = compiled(plan_text(SAMPLE, processors=FEW, more=f"[filters]\nkeep = 'tx'\nwhere = '{where}'"))
    found = sample(plan, SAMPLE, Quiet(), Stop())
    assert found.selectivity == (0 if where == "fee > 999 ada" else 1)
    rows = sum(count for table, count in found.summary.rows.items())
    assert found.growing <= 2_000 * rows
    assert found.gigabytes == found.growing / found.share / 1e9
    assert found.growing <= sum(found.bytes.values())


# -- for programs ------------------------------------------------------------------------------------------------------


def lines_of(stderr: str) -> list[dict[str, Any]]:
    """Every line is an object of the promised form."""
    told = [json.loads(line) for line in stderr.splitlines()]
    for line in told:
        agrees("line", line)
    return told


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


FAILURES: list[tuple[list[object], int, str]] = [
    (["run", "bad.toml"], 2, "NEC-P"),
    (["run", "none.toml"], 2, "NEC-P002"),
    (["run", "broken.toml"], 2, "NEC-P001"),
    (["sync", "--execution-plan", "broken.toml"], 2, "NEC-P001"),
    (["sync", "--execution-plan", "none.toml"], 2, "NEC-P002"),
    (["run", "plan.toml", "--db", "foreign.db"], 1, "NEC-K003"),
    (["run", "plan.toml", "--db", ":memory:"], 1, "NEC-K023"),
    (["run", "plan.toml", "--source", "nowhere"], 1, "NEC-S"),
    (["run", "plan.toml", "--profile", "none.toml"], 2, "NEC-P"),
    (["sync", "--network", "preview", "--immutable", "nowhere"], 1, "NEC-S"),
]


@pytest.mark.parametrize(("words", "code", "error"), FAILURES, ids=[" ".join(map(str, words)) for words, _, _ in FAILURES])
def test_a_failure_is_one_object(words: list[object], code: int, error: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(plan_text(SAMPLE, processors=FEW))
    (tmp_path / "bad.toml").write_text("[plan]\nnetwork = 5\nnothing = 1\ndescriptoin = 'nobody-may-see-this'\n")
    (tmp_path / "broken.toml").write_text("[plan]\nname = nobody-may-see-this\n")
    db = sqlite3.connect(tmp_path / "foreign.db")
    db.execute("CREATE TABLE important (a)")
    db.close()
    done = nectar(*words, "--progress", "json", folder=tmp_path, code=code)
    told = lines_of(done.stderr)
    assert [line["event"] for line in told].count("error") == 1
    last = told[-1]
    assert last["event"] == "error"
    assert last["code"].startswith(error)
    assert last["exit_code"] == code
    assert last["text"]
    assert {"where", "hint"} <= last.keys()
    agrees("line", last)
    assert "nobody-may-see-this" not in done.stderr
    assert done.stdout == ""


def in_json() -> list[tuple[str, ...]]:
    """Every command that has a switch for JSON, with the switch, as its help has it."""
    helps = {words: inside(*words, "--help", home=ROOT).out for words, command in ALL if not hasattr(command, "list_commands")}
    found = {words: re.search(r"(--\w+) +[\[<](?:\w+\|)*json\b", text) for words, text in helps.items()}
    return [(*words, switch[1], "json") for words, switch in found.items() if switch]


JSON_COMMANDS = in_json()
WRONG: dict[str, tuple[str, ...]] = {
    "an unknown flag": ("--no-such-flag",),
    "a mistyped flag": ("--profil", "x"),
    "a value too many": ("a", "b", "c", "--nothing"),
    "a flag without its value": ("--profile",),
    "another command's switch": (),
}


def test_these_have_a_switch_for_json() -> None:
    names = {" ".join(words[:-2]) for words in JSON_COMMANDS}
    assert names == {
        "run",
        "sync",
        "status",
        "plan validate",
        "plan explain",
        "plan test",
        "plan import",
        "db check",
        "db init",
        "db schema",
        "node ping",
        "node tip",
    }


def one_object(ended: Ended, code: int) -> dict[str, Any]:
    assert ended.code == code, ended.said
    assert ended.out == ""
    (told,) = lines_of(ended.err)
    assert told["event"] == "error"
    assert told["text"]
    assert told["code"]
    assert told["where"]
    assert told["hint"]
    assert told["exit_code"] == code
    return told


@pytest.mark.parametrize("words", JSON_COMMANDS, ids=" ".join)
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("form", ["two words", "one word", "before"])
def test_a_wrong_command_line_is_one_object(words: tuple[str, ...], wrong: str, form: str, tmp_path: Path) -> None:
    *command, switch, json_ = words
    given = (switch, json_) if form == "two words" else (f"{switch}={json_}",)
    more = WRONG[wrong]
    if wrong == "another command's switch":
        more = ("--format" if switch == "--progress" else "--progress", "off")
    around = (*more, *given) if form == "before" and wrong != "a flag without its value" else (*given, *more)
    told = one_object(inside(*command, *around, home=tmp_path), 2)
    assert told["code"] == "NEC-C004"
    assert told["where"] == " ".join(("nectar", *command))
    assert told["hint"] == f"{told['where']} --help"


@pytest.mark.parametrize("words", JSON_COMMANDS, ids=" ".join)
def test_what_is_missing_or_clashes_is_one_object(words: tuple[str, ...], tmp_path: Path) -> None:
    """No argument where one must be, a number that is none, two flags for one thing."""
    *command, switch, json_ = words
    (tmp_path / "plan.toml").write_text(plan_text(SAMPLE, processors=FEW))
    bad: dict[str, list[tuple[str, ...]]] = {
        "run": [
            (),
            ("plan.toml", "--workers", "many"),
            ("plan.toml", "--workers", "-1"),
            ("plan.toml", "--db", "a", "--profile", "b"),
        ],
        "sync": [("--start-slot", "soon"), ("--db", "a", "--database", "b")],
        "status": [("--db", "a", "--profile", "b")],
        "plan validate": [()],
        "plan explain": [()],
        "plan test": [()],
        "plan import": [(), ("--network", "nowhere", "x")],
        "db check": [("--count", "0"), ("--db", "a", "--profile", "b")],
        "db init": [("--db", "a", "--profile", "b")],
        "db schema": [(), ("plan.toml", "--dialect", "oracle"), ("plan.toml",), ("plan.toml", "--compare", "--dialect", "mysql")],
        "node ping": [(), ("x", "--socket", "y"), ("x", "--count", "none")],
        "node tip": [(), ("x", "--socket", "y")],
    }
    for more in bad[" ".join(command)]:
        assert one_object(inside(*command, *more, switch, json_, home=tmp_path), 2)["code"].startswith("NEC-")


@pytest.mark.parametrize(
    "words",
    [
        ("statuss", "--format", "json"),
        ("plan", "validat", "--format=json"),
        ("--nothing", "--progress", "json"),
        ("runn", "--progress=json"),
    ],
)
def test_a_wrong_name_of_a_command_is_one_object(words: tuple[str, ...], tmp_path: Path) -> None:
    assert one_object(inside(*words, home=tmp_path), 2)["code"] == "NEC-C004"


FAILING: dict[str, tuple[tuple[str, ...], int]] = {
    "status": (("--db", "none.db"), 1),
    "plan explain": (("none.toml",), 2),
    "plan test": (("plan.toml",), 1),
    "plan import": (("plan.toml",), 2),
    "db init": (("plan.toml", "--db", "there/is/no/such.db"), 1),
    "db schema": (("none.toml", "--compare"), 2),
    "node ping": (("--socket", "none.socket"), 1),
    "node tip": (("--socket", "none.socket"), 1),
}


@pytest.mark.parametrize("command", FAILING)
def test_any_other_failure_is_one_object_too(command: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(plan_text(SAMPLE, processors=FEW))
    words, code = FAILING[command]
    ended = inside(*command.split(), *words, "--format", "json", home=tmp_path)
    assert ended.code == code, ended.said
    assert ended.out == ""
    (told,) = lines_of(ended.err)
    assert told["event"] == "error"
    assert told["code"].startswith("NEC-")
    assert told["exit_code"] == code


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("run", "--workers", "x"),
        ("status", "--format", "xml"),
        ("run", "x", "--progress", "json", "--progress", "off", "--no"),
    ],
)
def test_without_json_it_is_text_with_a_code(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = inside(*words, home=tmp_path)
    assert ended.code == 2
    assert words == () or ended.err.startswith("error NEC-C004: ")
    assert "{" not in ended.err
    assert "\x1b" not in ended.err
