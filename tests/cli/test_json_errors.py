"""With a switch for JSON every error is one object on standard error, whatever is wrong; without it, a text with a code."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.databases import nectar
from tests.cli.inside import Ended
from tests.cli.inside import nectar as inside
from tests.cli.json_output import JSON_COMMANDS, agrees, lines_of
from tests.conftest import ROOT
from tests.runner.jobs import plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"


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
