"""kill -9, of the job or of the server, at any moment: the same command goes on, and leaves what an undisturbed run leaves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nectar.config.profile.model import SqliteFile
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.mysql.jobs import PASSWORD_VARIABLE, Heard, plan_of, profile, rows, sqlite_rows
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server, free_port, started
from tests.runner.jobs import between, plan_text, same
from tests.tidb.real import ADDRESS

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

SEEDS = 6 if not os.environ.get("NECTAR_LONG") else 100
FIRST, LAST = 225 * 4_320, 229 * 4_320 - 1


def _text(chain: Path) -> str:
    return plan_text(chain / "preview/immutable", between(FIRST, LAST), performance="batch_blocks = 5")


@pytest.fixture(scope="module")
def straight(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    file = tmp_path_factory.mktemp("straight") / "x.db"
    summary = run(plan_of(_text(chain)), Options(SqliteFile(file), workers=1), Heard(), Stop())
    return sqlite_rows(file, {*summary.rows, "epoch", "nectar_coverage"})


def _profile(server: Server, database: str, writers: int, file: Path) -> Path:
    file.write_text(
        f'[database]\nconnection_type = "mysql"\nhost = "{server.host}"\nport = {server.port}\nuser = "{server.user}"\ndatabase = "{database}"\n'
        f'password = {{ env = "{PASSWORD_VARIABLE}" }}\n[pool]\nsize = {writers}\n[limits]\nattempts_per_minute = 6000\n'
    )
    return file


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_job_is_killed(
    seed: int, chain: Path, server: Server, database: str, straight: dict[str, list[Any]], tmp_path: Path
) -> None:
    dice = random.Random(seed)
    plan = tmp_path / "plan.toml"
    plan.write_text(_text(chain))
    kills = 0
    while True:
        where = _profile(server, database, dice.choice((1, 3)), tmp_path / "profile.toml")
        command = [
            sys.executable,
            "-m",
            "nectar",
            "run",
            str(plan),
            "--profile",
            str(where),
            "--workers",
            "1",
            "--progress",
            "off",
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            _, said = process.communicate(timeout=dice.uniform(0.5, 1.2) if kills < 4 else 60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, said
        break
    assert kills
    same(rows(server, database, straight), straight)


@pytest.mark.skipif(bool(ADDRESS), reason="a real TiDB is not ours to kill")
def test_the_server_is_killed(
    program: str, chain: Path, straight: dict[str, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, folder, said = free_port(), tmp_path / "data", Heard()
    found: list[Any] = []

    def job(server: Server) -> None:
        found.append(run(plan_of(_text(chain)), Options(profile(server, "nectar", writers=3), workers=1), said, Stop()))

    with started(name=program, data=folder, port=port) as server:
        monkeypatch.setenv(PASSWORD_VARIABLE, server.password)
        server.run("CREATE DATABASE nectar CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        thread = threading.Thread(target=job, args=(server,))
        thread.start()
        until = time.monotonic() + 120
        while not _blocks(server) and time.monotonic() < until:
            time.sleep(0.01)
        assert server.process is not None
        server.process.kill()
    with started(name=program, data=folder, port=port) as server:
        thread.join(60)
        assert found, said.said
        assert said.of("retry")
        same(rows(server, "nectar", straight), straight)


def _blocks(server: Server) -> int:
    there = server.run("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'nectar' AND table_name = 'block'")
    return int(str(server.run("SELECT COUNT(*) FROM block", "nectar")[0][0])) if there[0][0] else 0
