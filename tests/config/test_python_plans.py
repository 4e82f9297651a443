"""Plans that are built in Python: the guide's example runs, each bound holds without a text, and no error shows a value."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nectar.config import AtEra, AtOrigin, FollowTip, Plan, Processors, Profile, SyncConfig, View, parse_plan
from tests.conftest import ROOT

SAMPLE = ROOT / "tests/data/preview/immutable"


def test_the_guides_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/plan-file.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "db").mkdir()
    (tmp_path / "db/immutable").symlink_to(SAMPLE)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "docs/plan-file.md", "exec"), names)
    with sqlite3.connect("nectar.db") as database:
        (count,) = database.execute("SELECT count(*) FROM tx_cbor").fetchone()
    assert names["summary"].rows["tx_cbor"] == count > 0
    assert "tx_cbor" in capsys.readouterr().out


def test_a_plan_from_python_is_that_of_the_text() -> None:
    text = """
[plan]
name = "p"
[sync]
start = "shelley"
end = { epoch = 300 }
[processors]
blocks = true
metadata = { labels = [721, 20] }
[filters]
address_filter = ["addr1.*"]
rows = { tx_out = "value > 5 ada" }
[[views]]
name = "rich"
from = "tx_out"
where = "value > 7 ada"
"""
    keys = {
        "plan": {"name": "p"},
        "sync": {"start": "shelley", "end": {"epoch": 300}},
        "processors": {"blocks": True, "metadata": {"labels": [721, 20]}},
        "filters": {"address_filter": ["addr1.*"], "rows": {"tx_out": "value > 5 ada"}},
        "views": [{"name": "rich", "from": "tx_out", "where": "value > 7 ada"}],
    }
    assert Plan.model_validate({**keys, "source_text_path": Path("p.toml")}) == parse_plan(text, Path("p.toml"))


WRONG: tuple[dict[str, Any], ...] = (
    {"performance": {"workers": 257}},
    {"performance": {"workers": "4"}},
    {"performance": {"workers": True}},
    {"performance": {"wrokers": 4}},
    {"storage": {"indexes": "some"}},
    {"source": {"path": "x"}},
    {"sync": {"start": "conwy"}},
    {"sync": {"start": 4, "start_slot": 5}},
    {"sync": {"start": -1}},
    {"sync": {"end_slot": 1 << 32}},
    {"sync": {"start": {"epoch": 5, "date": "2021-09-12"}}},
    {"sync": {"start": {"slot": 5}}},
    {"sync": {"start": {}}},
    {"sync": {"start": {"date": "2021-02-30"}}},
    {"sync": {"end": "origin"}},
    {"sync": {"end": {"checkpoint": "ab" * 32}}},
    {"sync": {"start": FollowTip()}},
    {"sync": {"end": AtOrigin()}},
    {"processors": {"blocks": 1}},
    {"processors": {"metadata": {"labels": [-1]}}},
    {"filters": {"address_filter": ["addr1qqqq"]}},
    {"filters": {"pool_filter": ["pool1abc"]}},
    {"filters": {"skip_tx_types": ["mints"]}},
    {"include": ["other.toml"]},
    {"views": [{"name": "V", "from": "tx", "where": "fee > 1"}]},
    {"tests": [{"name": "t", "slots": [1], "rows": {}}]},
)


@pytest.mark.parametrize("keys", WRONG, ids=str)
def test_each_bound_holds_without_a_text(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate(keys)


def test_a_slot_of_a_start_is_one_spelling_of_it() -> None:
    assert SyncConfig.model_validate({"start_slot": 0, "end_slot": 0}) == SyncConfig(start=AtOrigin(), end=FollowTip())
    assert SyncConfig.model_validate({"start": "alonzo"}).start == AtEra("alonzo")


def test_a_model_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Processors().blocks = None
    with pytest.raises(ValidationError):
        View(name="v", table="tx", where="fee > 1", other=5)  # type: ignore[call-arg]


def test_no_secret_is_shown_by_a_profile_or_by_what_is_wrong_with_it() -> None:
    right = Profile.model_validate({"database": {"password": {"env": "hunter2"}, "custom_dsn": "mysql://u:hunter2@h/n"}})
    assert "hunter2" not in f"{right!r} {right}"
    for password in (
        "hunter2",
        {"env": "hunter2", "file": "hunter2"},
        {"sealed": "hunter2"},
        {"env": "hunter2\n"},
    ):
        with pytest.raises(ValidationError) as caught:
            Profile.model_validate({"database": {"password": password}})
        assert "hunter2" not in str(caught.value)
