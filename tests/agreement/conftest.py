"""Databases made once by the real command from real chunk files, and asked by many tests."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import run_nectar

FULL = """
[plan]
name = "full"
network = "{network}"
[source]
kind = "immutable"
path = "{path}"
[sync]
start = {start}
[processors]
blocks = true
transactions = true
multi_assets = true
metadata = true
scripts = true
certificates = true
withdrawals = true
governance = true
"""


def run_plan(folder: Path, text: str, *options: str) -> Path:
    """Index with `nectar run`, as a user would; gives the database."""
    plan = folder / "plan.toml"
    plan.write_text(text)
    database = folder / "nectar.db"
    environment = {**os.environ, "NO_COLOR": "1"}
    done = run_nectar("run", plan, "--db", database, "--progress", "off", *options, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return database


@pytest.fixture(scope="session")
def preview(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Preview's epochs 0 to 11 from genesis, every processor on."""
    folder = tmp_path_factory.mktemp("preview")
    text = FULL.format(network="preview", path=chain / "preview/immutable", start='"origin"')
    connection = sqlite3.connect(run_plan(folder, text))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Index a plan's text into a database of its own."""
    return lambda text: run_plan(tmp_path_factory.mktemp("plan"), text)
