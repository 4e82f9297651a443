"""`nectar plan explain` and `nectar plan test`, as a user runs them, on the blocks that come with the project."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.commands import run_nectar
from tests.conftest import ROOT

PLAN = f"""
[plan]
network = "preview"
[source]
kind = "immutable"
path = "{ROOT / "tests/data/preview/immutable"}"
[processors]
transactions = true
metadata = true
[filters]
where = '''any(outputs, address in @file("wallets.txt")) or any(inputs, is_script)'''
[[views]]
name = "patterns"
from = "tx_metadata"
where = "json.msg[0] == \'x\'"
"""
WALLET = "addr_test1vz09v9yfxguvlp0zsnrpa3tdtm7el8xufp3m5lsm7qxzclgmzkket"


def nectar(*words: object) -> subprocess.CompletedProcess[str]:
    return run_nectar("plan", *words, environment={**os.environ, "NO_COLOR": "1"})


def written(folder: Path, text: str) -> Path:
    (folder / "wallets.txt").write_text(f"{WALLET}   # one\n")
    (folder / "plan.toml").write_text(text.replace("'x'", '\\"x\\"'))
    return folder / "plan.toml"


def test_it_says_what_is_kept_what_is_unknown_and_what_is_ruled_out(tmp_path: Path) -> None:
    done = nectar("explain", written(tmp_path, PLAN))
    assert done.returncode == 0, done.stderr
    for words in (
        'any(outputs, address in @file("wallets.txt")) or any(inputs, is_script)',
        "the transaction is dropped",
        "may have been made before the plan's start",
        "Of every output made it is noted whether",
        "one of 1 strings or spends a tracked output",
        "View patterns: rows of tx_metadata with",
        "nectar_watched",
    ):
        assert words in done.stdout, (words, done.stdout)


def test_a_sample_gives_selectivity_room_and_time(tmp_path: Path) -> None:
    plan = written(tmp_path, PLAN)
    done = nectar("explain", plan, "--sample", ROOT / "tests/data/preview/immutable")
    assert done.returncode == 0, done.stderr
    assert "of the transactions that were decoded are kept" in done.stdout
    assert "Were the whole network like this sample" in done.stdout
    told = json.loads(nectar("explain", plan, "--sample", ROOT / "tests/data/preview/immutable", "--format", "json").stdout)
    found = told["sample"]
    assert found["summary"]["blocks"] == 4_320
    assert found["summary"]["filters"]["where"]["seen"] > 0
    assert 0 < found["share_of_network"] < 0.01
    assert sum(found["summary"]["rows"].values()) == found["network_gigabytes"] == 0  # an empty table's pages are none
    assert set(found["table_bytes"]) >= {"tx", "tx_out", "nectar_plan"}
    assert not list(tmp_path.glob("*.db"))


def test_a_plans_tests(tmp_path: Path) -> None:
    test = '[[tests]]\nname = "day one"\nslots = [0, 86399]\nrows = {{ tx = {tx}, tx_metadata = 0 }}\n'
    plain = PLAN.partition("[filters]")[0]
    right = nectar("test", written(tmp_path, plain + test.format(tx=15)))
    told = nectar("test", written(tmp_path, plain + test.format(tx=999)), "--format", "json")
    (one,) = json.loads(told.stdout)
    found = one["wrong"]["tx"]["found"]
    assert told.returncode == 1
    assert one == {"name": "day one", "passed": False, "wrong": {"tx": {"wanted": 999, "found": found}}}
    assert (right.returncode == 0) is (found == 15)
    assert nectar("test", written(tmp_path, plain + test.format(tx=found))).stdout == "ok      day one\n"
    text = nectar("test", written(tmp_path, plain + test.format(tx=999)))
    assert f"tx: 999 rows wanted, {found} found" in text.stdout
    assert nectar("test", written(tmp_path, plain)).returncode == 1


def test_a_test_of_a_table_that_is_not_filled_is_a_complaint(tmp_path: Path) -> None:
    done = nectar("test", written(tmp_path, PLAN + '[[tests]]\nname = "x"\nslots = [0, 1]\nrows = { block = 1 }\n'))
    assert done.returncode == 2
    assert "NEC-F051" in done.stderr + done.stdout


def test_the_plan_that_comes_with_the_project_passes_its_own_tests() -> None:
    done = nectar("test", ROOT / "plans/preview-filter.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_era_and_epoch_stand_beside_start_and_end(tmp_path: Path) -> None:
    """So that a slot which was meant to be in another epoch is seen: Alonzo's last epoch on mainnet is 364."""
    text = PLAN.replace('"preview"', '"mainnet"').split("[filters]")[0]
    plan = written(tmp_path, text + "[sync]\nstart = 72316896\nend = { epoch = 507 }\n")
    shown = nectar("explain", plan).stdout.splitlines()
    assert "start: slot 72316896 is Babbage, epoch 365" in shown
    assert "end: slot 134092799 is Conway, epoch 507" in shown
    places = json.loads(nectar("explain", plan, "--format", "json").stdout)["places"]
    assert places == {"start": "slot 72316896 is Babbage, epoch 365", "end": "slot 134092799 is Conway, epoch 507"}
