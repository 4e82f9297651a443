"""Start and end in every way that can be said, and what is echoed of them before a job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nectar.cli.plan_text import plan_text
from nectar.config.complaints.schema import load_schema
from nectar.config.plan.bounds import NOT_FOLLOWED, AtOrigin, AtSlot, FollowTip
from nectar.config.plan.load import parse_plan
from nectar.errors import PlanError
from tests.cli.databases import nectar
from tests.conftest import ROOT

SAMPLE = ROOT / "tests/data/preview/immutable"


def plan(sync: str, source: str = f'kind = "immutable"\npath = "{SAMPLE}"') -> str:
    return f'[plan]\nnetwork = "preview"\n[source]\n{source}\n[sync]\n{sync}\n[processors]\nblocks = true\n'


@pytest.mark.parametrize("side", ["start", "end"])
def test_a_number_is_a_slot(side: str) -> None:
    """And so it is echoed."""
    bare, long = (parse_plan(plan(f"{key} = 100_000"), Path("p.toml")) for key in (side, f"{side}_slot"))
    assert getattr(bare.sync, side) == AtSlot(100_000)
    assert bare == long
    assert f"{side:<11}slot 100000" in plan_text(bare)


def test_slot_0_is_the_origin_and_the_tip() -> None:
    sync = parse_plan(plan("start = 0\nend = 0"), Path("p.toml")).sync
    assert (sync.start, sync.end) == (AtOrigin(), FollowTip())
    assert parse_plan(plan('end = "tip"'), Path("p.toml")).sync.end == FollowTip()


@pytest.mark.parametrize("side", ["start", "end"])
def test_a_number_has_the_bounds_of_a_slot(side: str) -> None:
    schema = load_schema("plan")
    sync = schema["properties"]["sync"]["properties"]
    slot, form = sync[f"{side}_slot"], sync[side]
    assert (form["minimum"], form["maximum"]) == (slot["minimum"], slot["maximum"])
    for number in (-1, slot["maximum"] + 1):
        with pytest.raises(PlanError) as caught:
            parse_plan(plan(f"{side} = {number}"), Path("p.toml"))
        assert [one.code for one in caught.value.complaints] == ["NEC-P013"]


def test_a_number_and_a_slot_say_it_twice_and_order_is_checked() -> None:
    for sync, code in (
        ("start = 5\nstart_slot = 5", "NEC-P030"),
        ("start = 9\nend = 5", "NEC-P031"),
        ("start = 9\nend_slot = 5", "NEC-P031"),
    ):
        with pytest.raises(PlanError) as caught:
            parse_plan(plan(sync), Path("p.toml"))
        assert code in {one.code for one in caught.value.complaints}


@pytest.mark.parametrize(
    ("sync", "noted"),
    [
        ("", True),
        ("end = 0", True),
        ("end_slot = 0", True),
        ('end = "tip"', True),
        ("end = 900", False),
        ('end = "tip-100"', False),
    ],
)
def test_what_is_checked_and_the_job_agree_on_what_can_be_followed(sync: str, noted: bool, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(plan(sync))
    assert (NOT_FOLLOWED in nectar("plan", "validate", path, folder=tmp_path).stdout) == noted
    job = nectar("run", path, "--dry-run", "--workers", "1", "--progress", "json", folder=tmp_path)
    notes = [event["text"] for event in map(json.loads, job.stderr.splitlines()) if event["event"] == "note"]
    assert (NOT_FOLLOWED in notes) == noted


def test_a_node_is_followed_and_a_plan_without_a_source_may_be() -> None:
    for text in (plan("", 'kind = "node"\nsocket = "/ipc/node.socket"'), "[processors]\nblocks = true\n"):
        told = plan_text(parse_plan(text, Path("p.toml")))
        assert NOT_FOLLOWED not in told
        assert "on from there where the source can be followed" in told
