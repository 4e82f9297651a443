"""`nectar run` and `nectar status` as a user runs them, on the blocks that come with the project."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run_nectar
from tests.conftest import ROOT
from tests.runner.broken import bodies_as_map, damaged
from tests.runner.jobs import between, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
BLOCKS = 4_320  # of preview's first epoch


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(plan_text(SAMPLE))
    return path


def nectar(*arguments: object, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "NECTAR_PROFILE"}
    done = run_nectar(*arguments, folder=folder, environment=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def on_a_terminal(*arguments: object) -> str:
    """What a terminal 120 wide is sent, without its control sequences."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "nectar", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # what a terminal without a process answers
        while more := os.read(ours, 65_536):
            shown += more
    os.close(ours)
    assert process.wait() == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_not_on_a_terminal_it_speaks_json(plan: Path, tmp_path: Path) -> None:
    """What happens on standard error, line by line; the summary alone on standard output."""
    done = nectar("run", plan, "--db", "x.db", folder=tmp_path)
    said = lines(done.stderr)
    assert [line["event"] for line in said if line["event"] != "progress"] == ["plan", "range", "note", "closing"]
    assert said[0]["plan"] == "test"
    assert said[0]["network"] == "preview"
    assert re.fullmatch("[0-9a-f]{40}", said[0]["fingerprint"])
    assert said[1]["origin"] is True
    assert (said[1]["first_era"], said[1]["first_epoch"], said[1]["last_era"]) == ("alonzo", 0, "alonzo")
    assert said[1]["text"].endswith(f"slot 0 is Alonzo, epoch 0; slot {said[1]['last_slot']} is Alonzo, epoch 0")
    assert "268ae601af8f9214804735910a3301881fbe0eec9936db7d1fb9fc39e93d1e37" in said[1]["text"]
    assert "cannot be followed" in said[2]["text"]
    last = [line for line in said if line["event"] == "progress"][-1]
    assert last["blocks"] == BLOCKS
    assert last["share"] == 1
    assert last["era"] == "alonzo"
    assert last["seconds_left"] == 0
    (summary,) = lines(done.stdout)
    assert summary["blocks"] == BLOCKS
    assert summary["rows"]["block"] == BLOCKS + 1
    assert summary["rows"]["voting_procedure"] == 0
    assert summary["blocks_per_second"] > 100
    assert summary["database_bytes"] == (tmp_path / "x.db").stat().st_size
    assert summary["fingerprint"] == said[0]["fingerprint"]


def test_once_says_nothing_of_following(plan: Path, tmp_path: Path) -> None:
    done = nectar("run", plan, "--db", "x.db", "--once", folder=tmp_path)
    assert "note" not in {line["event"] for line in lines(done.stderr)}
    assert lines(done.stdout)[0]["blocks"] == BLOCKS


def test_progress_off_leaves_the_summary(plan: Path, tmp_path: Path) -> None:
    done = nectar("run", plan, "--db", "x.db", "--progress", "off", folder=tmp_path)
    assert done.stderr == ""
    assert len(lines(done.stdout)) == 1


def test_a_dry_run_counts_the_same_and_writes_nothing(plan: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    dry = lines(nectar("run", plan, "--db", "x.db", "--dry-run", folder=tmp_path).stdout)[0]
    assert sorted(tmp_path.iterdir()) == before
    real = lines(nectar("run", plan, "--db", "x.db", folder=tmp_path).stdout)[0]
    for key in ("blocks", "transactions", "kept", "bytes", "first_slot", "last_slot", "fingerprint"):
        assert dry[key] == real[key], key
    assert {name for name, count in dry["rows"].items() if count} == {name for name, count in real["rows"].items() if count}
    assert dry["rows"]["tx_out"] == real["rows"]["tx_out"] == 13


def test_on_a_terminal_a_bar_and_a_table(plan: Path, tmp_path: Path) -> None:
    """Both streams are a terminal's: blocks/s, slot, era, time; then rows by table, aligned."""
    text = on_a_terminal("run", plan, "--db", tmp_path / "x.db")
    assert "plan test on preview into" in text
    assert re.search(r"━+ +100% [\d,]+ blocks/s slot 86,380 alonzo \d:\d\d:\d\d", text)
    assert "blocks        4,320" in text
    assert "slots         origin to 86,380" in text
    table = text[text.index("  table ") :].splitlines()
    assert table[1] == "  block               4,321"
    assert len({len(line) for line in table if line.strip()}) == 1


def test_without_a_terminals_width_nothing_breaks(plan: Path, tmp_path: Path) -> None:
    done = nectar("run", plan, "--db", "x.db", "--progress", "bar", folder=tmp_path)
    assert "blocks/s" in done.stderr


def test_the_database_is_where_it_is_asked_for(plan: Path, tmp_path: Path) -> None:
    """--db, else --profile, else the plan's profile, else ./nectar.db."""
    small = plan_text(SAMPLE, between(-1, 4_000))
    plan.write_text(small)
    nectar("run", plan, folder=tmp_path)
    assert (tmp_path / "nectar.db").exists()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "local.toml").write_text('[database]\nconnection_type = "sqlite"\npath = "here.db"\n')
    nectar("run", plan, "--profile", "deep/local.toml", folder=tmp_path)
    assert (tmp_path / "deep" / "here.db").exists()
    (tmp_path / "deep" / "here.db").unlink()
    plan.write_text(small.replace('name = "test"', 'name = "test"\nprofile = "deep/local.toml"'))
    nectar("run", plan, folder=tmp_path)
    assert (tmp_path / "deep" / "here.db").exists()
    shown = nectar("status", "--profile", "deep/local.toml", "--format", "json", folder=tmp_path)
    assert lines(shown.stdout)[0]["rows"]["block"] == 202


def test_source_stands_above_the_plans(plan: Path, tmp_path: Path) -> None:
    plan.write_text(plan_text(Path("/nowhere"), between(-1, 4_000)))
    nectar("run", plan, "--db", "x.db", folder=tmp_path, code=1)
    assert not (tmp_path / "x.db").exists()
    nectar("run", plan, "--db", "x.db", "--source", SAMPLE, folder=tmp_path)


def test_status_says_where_the_job_stands(plan: Path, tmp_path: Path) -> None:
    nectar("run", plan, "--db", "x.db", folder=tmp_path)
    text = nectar("status", "--db", "x.db", folder=tmp_path).stdout
    assert "slots origin to 86,380" in text
    assert "4,319 at slot 86,380, fa0d2365fc8012b28c9e0afe69c137a5cec7937c3de8e25acad275f6256b8e26" in text
    assert re.search(r"\n  block +4,321\n", text)
    assert "job          finished" in text
    (told,) = lines(nectar("status", "--db", "x.db", "--format", "json", folder=tmp_path).stdout)
    assert told["coverage"] == [{"first_slot": -1, "last_slot": 86_380}]
    assert (told["plan"], told["network"], told["block_no"], told["slot"]) == ("test", "preview", 4_319, 86_380)
    assert told["pending"] == []
    assert told["finished"] is True
    assert told["rows"]["tx"] == 10


def test_status_of_what_is_not_a_database_of_ours(tmp_path: Path) -> None:
    assert "NEC-K015" in nectar("status", "--db", "none.db", folder=tmp_path, code=1).stderr
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "text.db").write_text("not a database, though long enough to look at" * 30)
    assert "NEC-K014" in nectar("status", "--db", "text.db", folder=tmp_path, code=1).stderr


def test_a_halt_leaves_a_job_that_status_calls_unfinished(tmp_path: Path) -> None:
    damaged(SAMPLE, tmp_path / "immutable", 1, 100, bodies_as_map)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text(tmp_path / "immutable", performance="batch_blocks = 50"))
    failed = nectar("run", plan, "--db", "x.db", "--progress", "off", folder=tmp_path, code=1)
    assert failed.stderr.startswith("error NEC-D001: the block cannot be decoded")
    assert "x.db.quarantine/" in failed.stderr
    text = nectar("status", "--db", "x.db", folder=tmp_path).stdout
    assert "not finished: run it again" in text
    assert "not built yet" in text

    plan.write_text(plan.read_text().replace("[sync]", '[sync]\non_decode_error = "quarantine"'))
    (summary,) = lines(nectar("run", plan, "--db", "x.db", "--progress", "off", folder=tmp_path).stdout)
    assert summary["quarantined"] == 1
    assert re.search(r"quarantined +1\n", nectar("status", "--db", "x.db", folder=tmp_path).stdout)


def test_what_is_wrong_is_said_before_anything_is_written(plan: Path, tmp_path: Path) -> None:
    plan.write_text(plan_text(SAMPLE, 'start = "conway"'))
    failed = nectar("run", plan, "--db", "x.db", "--progress", "off", folder=tmp_path, code=1)
    assert "error NEC-S008" in failed.stderr
    plan.write_text("[plan]\nnetwork = 7\n")
    nectar("run", plan, "--db", "x.db", folder=tmp_path, code=2)
    plan.write_text(plan_text(SAMPLE, network="mainnet"))
    assert "NEC-S0" in nectar("run", plan, "--db", "x.db", folder=tmp_path, code=1).stderr
    assert not (tmp_path / "x.db").exists()


def test_what_a_finished_database_says_the_second_time(plan: Path, tmp_path: Path) -> None:
    nectar("run", plan, "--db", "x.db", folder=tmp_path)
    (again,) = lines(nectar("run", plan, "--db", "x.db", folder=tmp_path).stdout)
    assert again["blocks"] == 0
    assert again["skipped"] == ["origin to 86,380"]
    assert again["closing"] == {}
    assert set(again["rows"].values()) == {0}
