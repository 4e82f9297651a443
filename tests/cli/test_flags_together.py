"""Two flags that cannot both be heeded are refused, whichever command they are of, and nothing is done. A flag stands above a variable."""

from __future__ import annotations

import json
import sqlite3
from itertools import combinations
from pathlib import Path

import pytest

from tests.cli.inside import Ended, nectar
from tests.cli.test_help import ALL
from tests.conftest import ROOT
from tests.runner.jobs import plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
FEW = "blocks = true\ntransactions = true"
SEALED_FOR = "database.password"

# Of each command its options in groups. Options of one group exclude each other, in every pair; all others go together.
GROUPS: dict[str, list[set[str]]] = {
    "run": [
        {"--db", "--profile"},
        {"--db", "--database"},
        {"--source", "--socket"},
        {"--workers"},
        {"--once"},
        {"--dry-run"},
        {"--accept-deep-rollback"},
        {"--progress"},
    ],
    "sync": [
        {"--db", "--profile"},
        {"--db", "--database"},
        {"--immutable", "--socket"},
        {"--source", "--socket"},
        {"--execution-plan"},
        {"--network"},
        {"--start-slot", "--start-from-slot", "--start-from-checkpoint"},
        {"--end-slot"},
        {"--pool-filter"},
        {"--skip-metadata"},
        {"--skip-scripts"},
        {"--workers"},
        {"--once"},
        {"--dry-run"},
        {"--accept-deep-rollback"},
        {"--progress"},
    ],
    "status": [{"--db", "--profile"}, {"--db", "--database"}, {"--format"}],
    "plan validate": [{"--profile"}, {"--database"}, {"--format"}],
    "plan compile": [{"--dialect", "--profile"}, {"--dialect", "--database"}, {"--emit-sql"}, {"--out"}, {"--force"}],
    "plan explain": [{"--profile"}, {"--database"}, {"--sample"}, {"--format"}],
    "plan test": [{"--profile"}, {"--database"}, {"--format"}],
    "plan import": [{"--out"}, {"--force"}, {"--network"}, {"--format"}],
    "plan new": [{"--out"}],
    "plan schema": [],
    "profile schema": [],
    "db check": [
        {"--db", "--profile"},
        {"--db", "--database"},
        {"--db", "--count"},
        {"--db", "--try-rights"},
        {"--db", "--no-try-rights"},
        {"--format"},
    ],
    "db init": [{"--db", "--profile"}, {"--db", "--database"}, {"--format"}],
    "db schema": [
        {"--db", "--profile"},
        {"--db", "--database"},
        {"--dialect", "--profile"},
        {"--dialect", "--database"},
        {"--dialect", "--db"},
        {"--dialect", "--compare"},
        {"--dialect", "--format"},
    ],
    "init": [
        {"--password-from", "--password-stdin", "--no-password"},
        {"--dsn", "--host"},
        {"--dsn", "--user"},
        {"--dsn", "--database"},
        {"--dsn", "--path"},
        {"--dsn", "--port"},
        *(
            {"--path", other}
            for other in (
                "--host",
                "--port",
                "--user",
                "--database",
                "--ssl-mode",
                "--ssl-ca",
                "--ssl-cert",
                "--ssl-key",
                "--allow-insecure",
                "--password-from",
                "--password-stdin",
                "--no-password",
            )
        ),
        {"--type"},
        {"--test"},
        {"--no-test"},
    ],
    "node ping": [{"--socket"}, {"--network"}, {"--count"}, {"--format"}],
    "node tip": [{"--socket"}, {"--network"}, {"--format"}],
    "node serve": [{"--socket"}, {"--network"}, {"--script"}, {"--queries"}, {"--limit"}],
    "secrets keygen": [{"--out"}, {"--symmetric"}],
    "secrets seal": [{"--for"}, {"--recipient", "--key-file", "--passphrase"}],
    "secrets open": [{"--for"}, {"--show"}],
    "secrets rotate": [{"--recipient", "--key-file", "--passphrase"}],
    "sample-chain": [{"--blocks"}, {"--seed"}],
}
VALUES: dict[str, tuple[str, ...]] = {
    "--db": ("x.db",),
    "--profile": ("profile.toml",),
    "--database": ("one",),
    "--source": (str(SAMPLE),),
    "--immutable": (str(SAMPLE),),
    "--socket": ("node.socket",),
    "--start-slot": ("1",),
    "--start-from-slot": ("1",),
    "--start-from-checkpoint": ("00" * 32,),
    "--dialect": ("mysql",),
    "--format": ("json",),
    "--count": ("3",),
    "--password-from": ("env=X",),
    "--dsn": ("mysql://u@h:3307/d",),
    "--host": ("h",),
    "--user": ("u",),
    "--path": ("x.db",),
    "--port": ("3306",),
    "--ssl-mode": ("REQUIRED",),
    "--ssl-ca": ("ca.pem",),
    "--ssl-cert": ("c.pem",),
    "--ssl-key": ("k.pem",),
    "--recipient": ("nectar-recipient:x",),
    "--key-file": ("key",),
}
FIRST: dict[str, tuple[str, ...]] = {
    "run": ("plan.toml",),
    "plan compile": ("plan.toml",),
    "db schema": ("plan.toml",),
    "db init": ("plan.toml",),
    "init": ("new.toml",),
    "secrets rotate": ("profile.toml",),
}
ALONE: dict[str, tuple[str, ...]] = {
    "sync": ("--network", "preview", "--source", str(SAMPLE), "--end-slot", "100"),
    "init": ("--no-test",),
}
PAIRS = [
    (command, first, second)
    for command, groups in GROUPS.items()
    for group in groups
    for first, second in combinations(sorted(group), 2)
]
MORE: list[tuple[str, tuple[str, ...]]] = [
    ("an option that another one needs", ("plan", "compile", "plan.toml", "--force")),
    ("an option that another one needs, importing", ("plan", "import", "carp.toml", "--force")),
    ("a file without a template", ("plan", "new", "--out", "new.toml")),
    ("SQL is not JSON", ("db", "schema", "plan.toml", "--format", "json")),
    ("the socket twice", ("node", "ping", "a.socket", "--socket", "b.socket")),
    ("the socket twice for the tip", ("node", "tip", "a.socket", "--socket", "b.socket")),
    ("trips to a file", ("db", "check", "--profile", "profile.toml", "--count", "3")),
    ("rights to a file", ("db", "check", "--profile", "profile.toml", "--no-try-rights")),
    ("a plan's rights at a file", ("db", "check", "plan.toml", "--profile", "profile.toml")),
    ("a plan's rights that are not tried", ("db", "check", "plan.toml", "--no-try-rights")),
    ("two ways to no new key", ("secrets", "rotate", "profile.toml")),
    (
        "--path and --type",
        ("init", "new.toml", "--no-test", "--type", "mysql", "--host", "h", "--user", "u", "--no-password", "--path", "x.db"),
    ),
    (
        "a key alone",
        ("init", "new.toml", "--no-test", "--type", "mysql", "--host", "h", "--user", "u", "--no-password", "--ssl-key", "k.pem"),
    ),
]


def options_of(command: object) -> set[str]:
    hidden = {"--help", "--version", "--install-completion", "--show-completion"}
    return {
        name
        for one in command.params  # type: ignore[attr-defined]
        if not one.hidden
        for name in (*one.opts, *one.secondary_opts)
        if name.startswith("--")
    } - hidden


def ready(home: Path) -> set[Path]:
    (home / "plan.toml").write_text(plan_text(SAMPLE, "end_slot = 100", processors=FEW))
    (home / "profile.toml").write_text('[databases.one]\npath = "one.db"\n[databases.two]\npath = "two.db"\n')
    (home / "carp.toml").write_text("[MultieraBlockTask]\nreadonly = false\ninclude_payload = true\n")
    return set(home.rglob("*"))


def refused(ended: Ended, home: Path, before: set[Path]) -> None:
    assert ended.code == 2, ended.said
    assert "NEC-" in ended.err
    assert "this is a bug" not in ended.said
    assert set(home.rglob("*")) == before


def test_every_option_of_every_command_was_thought_about() -> None:
    """A new option is put into a group here, by who adds it."""
    there = {" ".join(words): options_of(command) for words, command in ALL if words and not hasattr(command, "list_commands")}
    assert {command: set().union(*groups) for command, groups in GROUPS.items()} == there


@pytest.mark.parametrize(("command", "first", "second"), PAIRS)
def test_two_that_exclude_each_other(command: str, first: str, second: str, tmp_path: Path) -> None:
    before = ready(tmp_path)
    alone = ALONE.get(command, ())
    if command == "sync" and {first, second} & {"--immutable", "--source"}:
        alone = ("--network", "preview", "--end-slot", "100")
    if command == "init" and "--path" not in (first, second) and "--dsn" not in (first, second):
        alone += ("--type", "mysql", "--host", "h", "--user", "u")
    given = [word for option in (first, second) for word in (option, *VALUES.get(option, ()))]
    given += ["--type", "sqlite"] if command == "init" and "--path" in (first, second) and "--dsn" not in (first, second) else []
    ended = nectar(*command.split(), *FIRST.get(command, ()), *alone, *given, home=tmp_path)
    refused(ended, tmp_path, before)
    assert any(
        word in ended.err for word in (first, second, first[2:].replace("-", "_"), second[2:].replace("-", "_"), "--password-..")
    ), ended.err


@pytest.mark.parametrize(("why", "words"), MORE, ids=[why for why, _ in MORE])
def test_one_that_would_do_nothing(why: str, words: tuple[str, ...], tmp_path: Path) -> None:
    before = ready(tmp_path)
    refused(nectar(*words, home=tmp_path), tmp_path, before)


def made(path: Path) -> bool:
    return path.exists() and sqlite3.connect(path).execute("SELECT count(*) FROM block").fetchone()[0] > 0


VARIABLES: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    ({"NECTAR_PROFILE": "profile.toml", "NECTAR_DATABASE": "one"}, (), "one.db"),
    ({"NECTAR_PROFILE": "profile.toml", "NECTAR_DATABASE": "one"}, ("--database", "two"), "two.db"),
    ({"NECTAR_PROFILE": "profile.toml", "NECTAR_DATABASE": "one"}, ("--db", "flag.db"), "flag.db"),
    ({"NECTAR_PROFILE": "none.toml"}, ("--profile", "profile.toml", "--database", "two"), "two.db"),
    ({"NECTAR_PROFILE": ""}, (), "nectar.db"),
    ({"NECTAR_DB_PATH": "variable.db"}, (), "variable.db"),
    ({"NECTAR_DB_PATH": "variable.db"}, ("--db", "flag.db"), "flag.db"),
    ({"NECTAR_DB_PATH": "variable.db", "NECTAR_DATABASE": "two"}, ("--profile", "profile.toml"), "variable.db"),
    ({"NECTAR_DB_HOST": "h", "NECTAR_DB_CONNECTION_TYPE": "mysql"}, ("--db", "flag.db"), "flag.db"),
]


@pytest.mark.parametrize(("variables", "flags", "database"), VARIABLES)
def test_a_flag_stands_above_a_variable(variables: dict[str, str], flags: tuple[str, ...], database: str, tmp_path: Path) -> None:
    """And a variable above the plan."""
    ready(tmp_path)
    plan = tmp_path / "plan.toml"
    plan.write_text(
        plan.read_text().replace(
            "[plan]\n", '[plan]\nprofile = "of-the-plan.toml"\n' if variables.get("NECTAR_PROFILE") else "[plan]\n"
        )
    )
    ended = nectar("run", "plan.toml", "--workers", "1", *flags, home=tmp_path, **variables)
    assert ended.code == 0, ended.said
    assert {path.name for path in tmp_path.glob("*.db")} == {database}
    assert made(tmp_path / database)


def test_a_flag_stands_above_the_plans_profile(tmp_path: Path) -> None:
    ready(tmp_path)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan.read_text().replace("[plan]\n", '[plan]\nprofile = "none.toml"\n'))
    assert nectar("run", "plan.toml", "--workers", "1", "--db", "flag.db", home=tmp_path).code == 0
    assert made(tmp_path / "flag.db")


@pytest.mark.parametrize("kind", ["source", "plan"])
def test_a_deep_rollback_of_files(kind: str, tmp_path: Path) -> None:
    before = ready(tmp_path)
    where = ("--source", str(SAMPLE)) if kind == "source" else ()
    ended = nectar("run", "plan.toml", *where, "--accept-deep-rollback", "5", home=tmp_path)
    assert ended.code == 1
    assert "NEC-R013" in ended.err
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("said", ["flag", "plan", "neither", "one"])
def test_workers_that_a_plan_in_order_has_no_use_for_are_told_of(said: str, tmp_path: Path) -> None:
    ready(tmp_path)
    performance = "workers = 2" if said == "plan" else ""
    text = plan_text(
        SAMPLE,
        "end_slot = 100",
        processors=FEW,
        performance=performance,
        more="[filters]\nwhere = 'any(inputs, value > 1 ada)'\non_unknown = 'drop'\n",
    )
    (tmp_path / "plan.toml").write_text(text)
    flags = {"flag": ("--workers", "2"), "one": ("--workers", "1")}.get(said, ())
    ended = nectar("run", "plan.toml", "--db", "x.db", "--progress", "json", *flags, home=tmp_path)
    assert ended.code == 0, ended.said
    notes = [line["text"] for line in map(json.loads, ended.err.splitlines()) if line["event"] == "note"]
    assert any("by one process" in note for note in notes) is (said in ("flag", "plan"))
