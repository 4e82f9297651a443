"""`nectar plan import`: Carp's own plans, each task of Carp's, and what is not one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nectar.carp.tasks import TASKS, TYPES
from nectar.config.plan.keys import Processors
from nectar.config.plan.load import parse_plan
from tests.cli.carp_plans import PUBLISHED, toml
from tests.cli.test_run import SAMPLE, lines, nectar


def carp(folder: Path, text: str, name: str = "carp.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def imported(folder: Path, text: str, *options: str) -> dict[str, Any]:
    """The JSON form, with the plan parsed."""
    done = nectar("plan", "import", carp(folder, text), "--format", "json", *options, folder=folder)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == ""
    parse_plan(told["plan"], folder / "plan.toml")
    return told | {"plan": tomllib.loads(told["plan"])}


def wrong(folder: Path, text: str) -> list[str]:
    """The first line of each complaint, without the path of the folder."""
    told = nectar("plan", "import", carp(folder, text), "--out", "out.toml", folder=folder, code=2).stderr
    assert not (folder / "out.toml").exists()
    return [line.removeprefix(f"{folder}/") for line in told.splitlines() if line and not line.startswith(" ")]


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("network", ["mainnet", "preprod", "preview"])
def test_each_published_plan_becomes_a_plan_that_validates(tmp_path: Path, name: str, network: str) -> None:
    path = carp(tmp_path, toml(PUBLISHED[name]), f"{name}.toml")
    nectar("plan", "import", path, "--out", "out.toml", "--network", network, folder=tmp_path)
    said = nectar("plan", "validate", "out.toml", folder=tmp_path).stdout
    assert said.startswith("out.toml: ok")
    assert f"name       {name}" in said
    assert f"network    {network}" in said


def test_an_imported_plan_runs(tmp_path: Path) -> None:
    nectar(
        "plan", "import", carp(tmp_path, toml(PUBLISHED["default"])), "--out", "p.toml", "--network", "preview", folder=tmp_path
    )
    (summary,) = lines(nectar("run", "p.toml", "--source", SAMPLE, "--db", "x.db", folder=tmp_path).stdout)
    assert summary["first_slot"] == -1
    assert summary["rows"]["tx_cbor"] > 0
    assert summary["rows"]["address"] > 0
    assert {"ma_tx_mint", "tx_metadata", "delegation"} <= summary["rows"].keys()
    assert not {"redeemer", "withdrawal", "voting_procedure"} & summary["rows"].keys()


def test_the_checklists_plan_for_nfts(tmp_path: Path) -> None:
    told = imported(tmp_path, toml(PUBLISHED["checklist"]))
    assert told["plan"]["processors"] == {
        "blocks": True,
        "transactions": True,
        "multi_assets": True,
        "metadata": {"labels": [721]},
    }
    assert told["plan"]["sync"] == {"start": "shelley"}
    assert [one["task"] for one in told["tasks"] if one["fit"] != "same"] == ["MultieraCip25EntryTask"]


def test_every_label_stands_above_some(tmp_path: Path) -> None:
    for text in ("[MultieraMetadataTask]\n[MultieraCip25EntryTask]\n", "[MultieraCip25EntryTask]\n[MultieraMetadataTask]\n"):
        assert imported(tmp_path, text)["plan"]["processors"]["metadata"] is True


@pytest.mark.parametrize(
    ("tasks", "wanted"),
    [
        (["GenesisBlockTask", "ByronBlockTask", "MultieraBlockTask"], {"start": "origin"}),
        (["ByronBlockTask", "MultieraBlockTask"], {"start": "byron"}),
        (["MultieraBlockTask"], {"start": "shelley"}),
        (["ByronBlockTask"], {"start": "byron", "end": "byron"}),
    ],
)
def test_tasks_say_which_eras(tmp_path: Path, tasks: list[str], wanted: dict[str, str]) -> None:
    assert imported(tmp_path, "".join(f"[{task}]\n" for task in tasks))["plan"]["sync"] == wanted


def test_options_become_options_or_are_named(tmp_path: Path) -> None:
    told = imported(
        tmp_path,
        "[MultieraBlockTask]\ninclude_payload = true\nreadonly = true\n[MultieraTransactionTask]\ninclude_payload = true\n"
        "[MultieraAddressTask]\n[MultieraOutputTask]\nreadonly = false\n"
        f'[MultiEraProjectedNftTask]\nscript_hash = "{"ab" * 28}"\n',
    )
    assert told["plan"]["processors"] == {"blocks": True, "transactions": {"address_table": True, "tx_cbor": True}}
    notes = {one["task"]: " ".join(one["notes"]) for one in told["tasks"]}
    assert "include_payload is not translated" in notes["MultieraBlockTask"]
    assert "readonly is not translated" in notes["MultieraBlockTask"]
    assert "tx_cbor" in notes["MultieraTransactionTask"]
    assert notes["MultieraOutputTask"] == ""
    assert "script_hash is not translated" in notes["MultiEraProjectedNftTask"]


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.needs])
def test_each_task_alone_is_a_plan_with_what_it_needs(tmp_path: Path, name: str) -> None:
    told = imported(tmp_path, f"[{name}]\n")
    assert set(told["plan"]["processors"]) == set(TASKS[name].needs) <= set(Processors.names())
    (one,) = told["tasks"]
    assert (one["line"], one["col"]) == (1, 2)
    assert bool(one["notes"]) is (TASKS[name].fit != "same")


def test_the_table_is_whole() -> None:
    """Every task of the published plans is in it; one without an equivalent says why; options have types."""
    named = {line.split()[0] for sections in PUBLISHED.values() for line in sections.splitlines() if line}
    assert named <= TASKS.keys()
    for task in TASKS.values():
        assert bool(task.needs) is (task.fit in ("same", "elsewhere"))
        assert task.fit == "same" or task.note
        assert set(task.options) <= TYPES.keys()


def test_the_text_says_what_to_know_and_where(tmp_path: Path) -> None:
    path = carp(tmp_path, "[MultieraBlockTask]\n\n[MultieraCip25EntryTask]\n[MultieraMinSwapV1SwapTask]\n[ExampleTask]\n")
    done = nectar("plan", "import", path, folder=tmp_path)
    assert tomllib.loads(done.stdout)["processors"]["blocks"] is True
    first, *told = done.stderr.splitlines()
    assert first == "1 of 4 tasks are quite the same, the others:"
    assert told[0].startswith(f"{path}:3:2: MultieraCip25EntryTask: in another form: ")
    assert told[1].startswith(f"{path}:4:2: MultieraMinSwapV1SwapTask: no equivalent: ")
    assert told[2].startswith(f"{path}:5:2: ExampleTask: needs nothing: ")


def test_a_file_is_never_overwritten_without_force(tmp_path: Path) -> None:
    path, out = carp(tmp_path, "[MultieraBlockTask]\n"), tmp_path / "mine.toml"
    out.write_text("mine")
    failed = nectar("plan", "import", path, "--out", out, folder=tmp_path, code=1)
    assert "NEC-C002" in failed.stderr
    assert "--force" in failed.stderr
    assert out.read_text() == "mine"
    assert "wrote" in nectar("plan", "import", path, "--out", out, "--force", folder=tmp_path).stderr
    assert "\n# Translated" in out.read_text()
    assert "NEC-C002" in nectar("plan", "import", path, "--out", "none/x.toml", folder=tmp_path, code=1).stderr
    assert "--force" in nectar("plan", "import", path, "--force", folder=tmp_path, code=2).stderr


def test_what_is_no_task_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = """[MultieraBlokTask]
readonly = false
[MultieraBlockTask]
readonli = false
include_payload = 1
[MultieraAddressTask]
readonly = true
[MultiEraProjectedNftTask]
script_hash = 7
[ExampleTask]
"""
    assert wrong(tmp_path, text) == [
        "carp.toml:1:2: NEC-P070 Carp has no such task",
        "carp.toml:4:1: NEC-P070 MultieraBlockTask has no such option",
        "carp.toml:5:19: NEC-P011 include_payload must be true or false, not this number",
        "carp.toml:7:1: NEC-P070 MultieraAddressTask has no such option",
        "carp.toml:9:15: NEC-P011 script_hash must be a text in quotes, not this number",
    ]
    told = nectar("plan", "import", carp(tmp_path, text), folder=tmp_path, code=2).stderr
    assert "did you mean MultieraBlockTask?" in told
    assert "did you mean readonly?" in told


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "carp.toml: NEC-P040"),
        ("[ExampleTask]\n", "carp.toml: NEC-P040"),
        ("MultieraBlockTask = true\n", "carp.toml:1:21: NEC-P011 MultieraBlockTask must be a table"),
        ("[processors]\nblocks = true\n[sync]\n", "carp.toml:1:2: NEC-P070 Carp has no such task"),
        ("[MultieraBlockTask\n", "carp.toml:1:"),
    ],
)
def test_what_is_no_carp_plan_is_refused(tmp_path: Path, text: str, wanted: str) -> None:
    (found,) = wrong(tmp_path, text)
    assert found.startswith(wanted)


def test_a_file_name_that_no_plan_can_have_is_made_one(tmp_path: Path) -> None:
    for name in ("\u00e9t\u00e9 \u2116.toml", "-.toml", 'a"b.toml', "x" * 100 + ".toml"):
        path = carp(tmp_path, "[MultieraBlockTask]\n", name)
        parse_plan(nectar("plan", "import", path, folder=tmp_path).stdout, tmp_path / "plan.toml")
