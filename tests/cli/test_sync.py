"""`nectar sync`: flags alone, flags over a plan, and what is wrong with either."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_run import SAMPLE, lines, nectar
from tests.conftest import ROOT
from tests.runner.jobs import between, content, plan_text, same

POOL = "pool16h8ugt8k0a4kxa5g6x062zjrgfjc7cehpw0ze8374axlul76932"
HEX_POOL = "40d806d73c8d2a0c8d9b1e95ccb9f380e40cb4d4b23ff6e403ae1456"
PREVIEW = ("--immutable", SAMPLE, "--network", "preview")
QUIET = ("--progress", "off")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(plan_text(SAMPLE, between(-1, 4_000)))
    return path


def dry(*arguments: object, folder: Path) -> dict[str, Any]:
    """What a job would do."""
    (summary,) = lines(nectar("sync", *arguments, "--dry-run", *QUIET, folder=folder).stdout)
    return summary


def refused(*arguments: object, folder: Path) -> list[str]:
    """The first line of each complaint."""
    told = nectar("sync", *arguments, "--db", "x.db", *QUIET, folder=folder, code=2).stderr
    assert not (folder / "x.db").exists()
    return [line for line in told.splitlines() if line and not line.startswith(" ")]


def test_without_a_plan_everything_is_indexed(tmp_path: Path, plan: Path) -> None:
    """The same database as a plan with every processor on makes."""
    nectar("sync", *PREVIEW, "--end-slot", 4_000, "--db", "flags.db", folder=tmp_path)
    nectar("run", plan, "--db", "plan.db", folder=tmp_path)
    same(content(tmp_path / "flags.db"), content(tmp_path / "plan.db"))


def test_with_a_plan_it_is_run(tmp_path: Path, plan: Path) -> None:
    nectar("sync", "--execution-plan", plan, "--db", "sync.db", folder=tmp_path)
    nectar("run", plan, "--db", "run.db", folder=tmp_path)
    same(content(tmp_path / "sync.db"), content(tmp_path / "run.db"))


def test_slots_of_flags_take_the_place_of_the_plans(tmp_path: Path, plan: Path) -> None:
    told = dry("--execution-plan", plan, "--start-slot", 2_000, "--end-slot", 6_000, folder=tmp_path)
    assert (told["first_slot"], told["last_slot"]) == (2_000, 6_000)
    assert dry("--execution-plan", plan, "--start-from-slot", 2_000, folder=tmp_path)["first_slot"] == 2_000
    plan.write_text(plan_text(SAMPLE, 'start = "mary"\nend = { epoch = 0 }'))
    assert dry("--execution-plan", plan, "--start-slot", 0, "--end-slot", 4_000, folder=tmp_path)["first_slot"] == -1


def test_from_a_checkpoint_it_goes_on_right_after_that_block(tmp_path: Path, plan: Path) -> None:
    nectar("run", plan, "--db", "x.db", *QUIET, folder=tmp_path)
    db = sqlite3.connect(tmp_path / "x.db")
    block_hash, block_slot = db.execute("SELECT lower(hex(hash)), slot_no FROM block WHERE block_no = 100").fetchone()
    told = dry("--execution-plan", plan, "--start-from-checkpoint", block_hash, folder=tmp_path)
    assert told["first_slot"] == block_slot + 1
    assert told["blocks"] == 100


def test_what_is_skipped_is_off_whatever_the_plan_says(tmp_path: Path, plan: Path) -> None:
    assert {"tx_metadata", "script", "redeemer"} <= dry("--execution-plan", plan, folder=tmp_path)["rows"].keys()
    rows = dry("--execution-plan", plan, "--skip-metadata", "--skip-scripts", folder=tmp_path)["rows"]
    assert not {"tx_metadata", "script", "redeemer"} & rows.keys()
    assert {"block", "tx", "drep_hash"} <= rows.keys()
    assert "script" in dry("--execution-plan", plan, "--skip-metadata", folder=tmp_path)["rows"]


def test_pools_of_flags_take_the_place_of_the_plans(tmp_path: Path, plan: Path) -> None:
    """Commas, repeats and the plan's own list are one thing to the job: its fingerprint says so."""
    pools = f'[filters]\npool_filter = ["{POOL}", "{HEX_POOL}"]'
    plan.write_text(plan_text(SAMPLE, between(-1, 4_000), more=pools))
    wanted = dry("--execution-plan", plan, folder=tmp_path)["fingerprint"]
    plan.write_text(plan_text(SAMPLE, between(-1, 4_000), more='[filters]\npool_filter = ["' + "ab" * 28 + '"]'))
    assert dry("--execution-plan", plan, folder=tmp_path)["fingerprint"] != wanted
    for given in (["--pool-filter", f"{POOL}, {HEX_POOL}"], ["--pool-filter", HEX_POOL, "--pool-filter", POOL]):
        assert dry("--execution-plan", plan, *given, folder=tmp_path)["fingerprint"] == wanted


def test_chunk_files_of_flags_take_the_place_of_the_plans_source(tmp_path: Path, plan: Path) -> None:
    text = plan.read_text()
    plan.write_text(text.replace('kind = "immutable"', 'kind = "node"').replace("path =", "socket ="))
    assert dry("--execution-plan", plan, "--immutable", SAMPLE, folder=tmp_path)["blocks"] > 100
    plan.write_text(text.replace(str(SAMPLE), "/nowhere"))
    (tmp_path / "deep").mkdir()
    deep = tmp_path / "deep" / "plan.toml"
    deep.write_text(plan.read_text())
    (tmp_path / "chunks").symlink_to(SAMPLE)
    assert dry("--execution-plan", deep, "--source", "chunks", folder=tmp_path)["blocks"] > 100  # of the working folder


def test_no_source_says_what_to_do(tmp_path: Path, plan: Path) -> None:
    told = nectar("sync", "--skip-metadata", folder=tmp_path, code=2).stderr
    assert told.startswith("nectar sync: NEC-P015")
    assert "--immutable DIR" in told
    plan.write_text("[processors]\nblocks = true\n")
    (found,) = refused("--execution-plan", plan, folder=tmp_path)
    assert found.startswith(f"{plan}: NEC-P015")


def test_starts_that_contradict_each_other_are_refused(tmp_path: Path, plan: Path) -> None:
    for other, value in (("--start-from-slot", 5), ("--start-from-checkpoint", "ab" * 32)):
        (found,) = refused("--execution-plan", plan, "--start-slot", 5, other, value, folder=tmp_path)
        assert found == f"{other}: NEC-P030 --start-slot already says where to start"
    (found,) = refused("--execution-plan", plan, "--start-from-slot", 5, "--start-from-checkpoint", "ab" * 32, folder=tmp_path)
    assert found.startswith("--start-from-checkpoint: NEC-P030")


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (("--start-slot", -4), "--start-slot: NEC-P013"),
        (("--end-slot", 2**40), "--end-slot: NEC-P013"),
        (("--start-slot", 9, "--end-slot", 5), "--end-slot: NEC-P031"),
        (("--start-from-checkpoint", "xyz"), "--start-from-checkpoint: NEC-P014"),
        (("--pool-filter", "pool1abc"), '--pool-filter: NEC-P052 "pool1abc" is not a pool id'),
        (("--pool-filter", f"{POOL}, "), '--pool-filter: NEC-P052 "" is not a pool id'),
        (("--pool-filter", ""), '--pool-filter: NEC-P052 "" is not a pool id'),
        (("--network", "mainet"), "--network: NEC-P014"),
        (("--immutable", "~/chunks"), "--immutable: NEC-P014"),
    ],
)
def test_a_wrong_flag_is_told_as_a_plans_key_would_be(tmp_path: Path, plan: Path, flags: tuple[object, ...], wanted: str) -> None:
    assert refused("--execution-plan", plan, *flags, folder=tmp_path)[0].startswith(wanted)


def test_flags_and_plan_are_complained_about_at_once(tmp_path: Path, plan: Path) -> None:
    plan.write_text("[processors]\nblock = true\nmetadata = true\n[sync]\nskip_existing = 3\n")
    flags = ("--pool-filter", "pool1abc", "--end-slot", -1, "--start-slot", 3, "--start-from-slot", 3)
    found = refused("--execution-plan", plan, *flags, folder=tmp_path)
    assert [line.split(" ")[1] for line in found] == ["NEC-P015", "NEC-P010", "NEC-P011", "NEC-P013", "NEC-P052", "NEC-P030"]
    assert found[0].startswith(f"{plan}: NEC-P015 nothing says where the blocks come from")
    assert found[1].startswith(f"{plan}:2:1:")


def test_a_plan_of_nothing_but_what_is_skipped_has_nothing_to_do(tmp_path: Path, plan: Path) -> None:
    plan.write_text(plan_text(SAMPLE, processors="metadata = true"))
    (found,) = refused("--execution-plan", plan, "--skip-metadata", folder=tmp_path)
    assert "NEC-P040" in found
    assert found.startswith(f"{plan}:")


def test_every_option_of_run_is_there(tmp_path: Path) -> None:
    """But the plan and the source, which sync takes by flags."""
    options = {name: nectar(name, "--help", folder=tmp_path).stdout for name in ("run", "sync")}
    for option in ("--profile", "--db", "--source", "--workers", "--once", "--dry-run", "--progress"):
        assert option in options["run"]
        assert option in options["sync"]


def test_the_checklists_commands_work_with_a_source(tmp_path: Path) -> None:
    """Its four use cases, with where the blocks are, and slots that those have."""
    plans = ROOT / "plans"
    rows = dry("--execution-plan", plans / "nft-only.toml", *PREVIEW, "--start-slot", 0, folder=tmp_path)["rows"]
    assert "tx_metadata" in rows
    pools = dry("--execution-plan", plans / "pool-analysis.toml", "--pool-filter", POOL, folder=tmp_path)
    assert 0 < pools["kept"] < 4_000
    assert pools["filters"]["where"]["rejected"] > 4_000
    assert dry(*PREVIEW, "--start-slot", 20_000, "--end-slot", 30_000, folder=tmp_path)["blocks"] == 501
    assert json.dumps(dry(*PREVIEW, "--skip-metadata", "--skip-scripts", folder=tmp_path)["rows"]).count("script") == 0
