"""A database's tables, compared with those that its plan makes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nectar.config.profile.model import SqliteFile
from nectar.runner.schema_diff import Difference, schema_differences
from nectar.sinks.registry import database_schema
from tests.conftest import ROOT
from tests.runner.jobs import between, compiled, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"


def test_one_that_was_filled_differs_in_nothing_until_an_index_is_gone(tmp_path: Path) -> None:
    text, target = plan_text(SAMPLE, between(-1, 400)), SqliteFile(tmp_path / "x.db")
    job(target.path, text)
    assert schema_differences(compiled(text), "sqlite", database_schema(target)) == []
    db = sqlite3.connect(target.path)
    name, table = db.execute(
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
    ).fetchone()
    db.execute(f'DROP INDEX "{name}"')
    db.close()
    (one,) = schema_differences(compiled(text), "sqlite", database_schema(target))
    assert one == Difference(table, one.what, one.later)
    assert f"{name} is not there" in one.what
