"""Profiles of the tests' servers, and `nectar` with them as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.commands import run_nectar
from tests.conftest import ROOT
from tests.mysql.programs import PASSWORD, USER

VARIABLE = "NECTAR_TESTS_DB_PASSWORD"
PLAN = ROOT / "plans/preview-sample.toml"
STEPS = ("profile", "name", "tcp", "server", "tls", "login", "round trip", "clock", "limits", "database", "rights")


def environment(**more: str) -> dict[str, str]:
    """The test's own, without what a developer may have said about databases and keys."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NECTAR_")}
    return kept | {"PYTHONPATH": str(ROOT), VARIABLE: PASSWORD} | more


def nectar(*arguments: object, folder: Path, said: str = "", code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    done = run_nectar(*arguments, folder=folder, environment=environment(**more), given=said)
    assert done.returncode == code, done.stdout + done.stderr
    assert "this is a bug" not in done.stderr
    return done


def profile(
    folder: Path, port: int, database: str, more: str = "", *, host: str = "127.0.0.1", user: str = USER, kind: str = "mysql"
) -> Path:
    path = folder / "profile.toml"
    path.write_text(f"""[database]
connection_type = "{kind}"
host = "{host}"
port = {port}
user = "{user}"
database = "{database}"
password = {{ env = "{VARIABLE}" }}
{more}""")
    return path


def checked(path: Path, *arguments: object, code: int = 0, **more: str) -> dict[str, Any]:
    """The JSON of `nectar db check`, its steps by name."""
    done = nectar("db", "check", "--profile", path, "--format", "json", *arguments, folder=path.parent, code=code, **more)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ready"] == (code == 0)
    told["by"] = {step["step"]: step for step in told["steps"]}
    return told


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {name: step["outcome"] for name, step in told["by"].items()}
