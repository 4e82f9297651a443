"""`nectar node ...` and jobs on a node, as commands."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run_nectar
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running

SAMPLE = ROOT / "tests/data/preview/immutable"
LAST = "fa0d2365fc80"


def nectar(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = run_nectar(*words, folder=Path.cwd())
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    socket = tmp_path_factory.mktemp("node") / "s"
    with running(nectar_server(socket, SAMPLE)):
        yield socket


def test_ping_says_how_long_and_which_version(node: Path) -> None:
    told = json.loads(nectar("node", "ping", node, "--network", "preview", "--count", 2, "--format", "json").stdout)
    assert (told["version"], told["magic"], told["handshakes"]) == (23, 2, 2)
    assert 0 < told["milliseconds"]["min"] <= told["milliseconds"]["median"] <= told["milliseconds"]["max"]
    text = nectar("node", "ping", node, "--network", "preview").stdout
    assert "Node-to-Client V23" in text


@pytest.mark.parametrize("command", ["ping", "tip"])
def test_the_socket_is_an_option_as_everywhere(command: str, node: Path) -> None:
    """Or an argument; said once."""
    with_option = json.loads(nectar("node", command, "--socket", node, "--network", "preview", "--format", "json").stdout)
    assert (
        with_option["version"]
        == json.loads(nectar("node", command, node, "--network", "preview", "--format", "json").stdout)["version"]
    )
    assert "the socket is already given" in nectar("node", command, node, "--socket", node, code=2).stderr
    assert "say which node" in nectar("node", command, code=2).stderr


def test_ping_says_why_not(node: Path, tmp_path: Path) -> None:
    failed = nectar("node", "ping", node, code=1).stderr
    assert "error NEC-W006" in failed
    assert "mainnet" in failed
    assert "error NEC-W001" in nectar("node", "ping", tmp_path / "none", code=1).stderr


def test_another_network_is_named(node: Path) -> None:
    assert "this node is of preview" in nectar("node", "ping", node, code=1).stderr


def test_all_of_it_over_tcp_too(tmp_path: Path) -> None:
    with running(nectar_server("127.0.0.1:0", SAMPLE)) as port:
        where = f"127.0.0.1:{port}"
        assert f"{where}, preview" in nectar("node", "ping", where, "--network", "preview").stdout
        assert (
            json.loads(nectar("node", "tip", f"localhost:{port}", "--network", "preview", "--format", "json").stdout)["slot"]
            == 86_380
        )
        words = [
            "run",
            ROOT / "plans/preview-sample.toml",
            "--socket",
            where,
            "--db",
            tmp_path / "x.db",
            "--once",
            "--progress",
            "off",
        ]
        assert json.loads(nectar(*words).stdout)["blocks"] == 4_320
    assert "NEC-W001" in nectar("node", "tip", where, "--network", "preview", code=1).stderr
    assert "TCP is host:port" in nectar("node", "tip", "localhost:", code=1).stderr


def test_tip_says_where_the_node_stands(node: Path) -> None:
    told = json.loads(nectar("node", "tip", node, "--network", "preview", "--format", "json").stdout)
    assert (told["slot"], told["block_no"], told["epoch"], told["era"]) == (86_380, 4_319, 0, "alonzo")
    assert told["hash"].startswith(LAST)
    assert told["time"] == "2022-10-25T23:59:40+00:00"
    text = nectar("node", "tip", node, "--network", "preview").stdout
    assert "block 4,319 at slot 86,380" in text
    assert "days ago" in text


def test_the_readmes_replay(node: Path, tmp_path: Path) -> None:
    done = nectar("run", ROOT / "plans/preview-sample.toml", "--socket", node, "--db", tmp_path / "x.db", "--once")
    summary = json.loads(done.stdout)
    assert summary["blocks"] == 4_320
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines if line["event"] != "progress"] == ["plan", "range", "closing"]
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT count(*) FROM block").fetchone() == (4_321,)
    db.close()


def test_sync_from_a_socket(node: Path, tmp_path: Path) -> None:
    words = [
        "sync",
        "--socket",
        node,
        "--network",
        "preview",
        "--end-slot",
        2_000,
        "--db",
        tmp_path / "x.db",
        "--progress",
        "off",
    ]
    assert json.loads(nectar(*words).stdout)["blocks"] == 101
    both = nectar("sync", "--socket", node, "--immutable", SAMPLE, "--network", "preview", code=2).stderr
    assert "--socket" in both
    assert "--immutable already says where" in both
    assert (
        "--source or from --socket"
        in nectar("run", ROOT / "plans/full.toml", "--socket", node, "--source", SAMPLE, code=2).stderr
    )


def test_a_dry_run_writes_nothing(node: Path, tmp_path: Path) -> None:
    done = nectar(
        "run",
        ROOT / "plans/preview-sample.toml",
        "--socket",
        node,
        "--db",
        tmp_path / "x.db",
        "--once",
        "--dry-run",
        "--progress",
        "off",
    )
    assert json.loads(done.stdout)["rows"]["tx"] > 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_node_alone_can_tell_is_refused_of_chunk_files(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[plan]\nnetwork = "preview"\n[processors]\nblocks = { epoch_param = true }\n')
    assert "NEC-R007" in nectar("run", plan, "--source", SAMPLE, "--db", tmp_path / "x.db", code=1).stderr
    plan.write_text(plan.read_text() + f'[source]\nkind = "immutable"\npath = "{SAMPLE}"\n')
    assert "NEC-P021" in nectar("plan", "validate", plan, code=2).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_job_at_the_tip_ends_when_told_and_goes_on_later(number: int, node: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "nectar",
        "run",
        str(ROOT / "plans/preview-sample.toml"),
        "--socket",
        str(node),
        "--db",
        str(tmp_path / "x.db"),
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    assert job.stderr is not None
    while '"tip"' not in job.stderr.readline():
        assert job.poll() is None
    time.sleep(0.5)
    job.send_signal(number)
    out, _ = job.communicate(timeout=60)
    assert job.returncode == 128 + number
    assert json.loads(out)["blocks"] == 4_320
    assert json.loads(out)["stopped"].startswith("as asked, at the tip")
    again = json.loads(
        nectar(
            "run", ROOT / "plans/preview-sample.toml", "--socket", node, "--db", tmp_path / "x.db", "--once", "--progress", "off"
        ).stdout
    )
    assert (again["blocks"], again["skipped"]) == (0, ["origin to 86,380"])


def test_a_server_that_cannot_serve_says_why(tmp_path: Path) -> None:
    assert "NEC-S001" in nectar("node", "serve", tmp_path, "--socket", tmp_path / "s", "--network", "preview", code=1).stderr
    script = tmp_path / "script"
    script.write_text("forward 5\nsideways 3\n")
    failed = nectar(
        "node", "serve", SAMPLE, "--socket", tmp_path / "s", "--network", "preview", "--script", script, code=1
    ).stderr
    assert f"{script}:2:1" in failed
    assert "sideways" not in failed
    assert "NEC-V001" in failed
    assert "--limit" in nectar("node", "serve", SAMPLE, "--socket", tmp_path / "s", "--limit", 1 << 63, code=2).stderr
    missing = nectar("node", "serve", SAMPLE, "--socket", tmp_path / "no" / "s", "--network", "preview", code=1).stderr
    assert "NEC-V003" in missing


def test_the_server_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE, "--limit", "5")):
        assert (tmp_path / "s").is_socket()
    assert list(tmp_path.iterdir()) == []
