"""A network that is not built in is no slip of the name of one that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.config.plan.load import parse_plan
from nectar.errors import Complaint, PlanError


def complaint(name: str) -> Complaint:
    with pytest.raises(PlanError) as caught:
        parse_plan(f'[plan]\nnetwork = "{name}"\n[processors]\nblocks = true\n', Path("plan.toml"))
    (found,) = caught.value.complaints
    return found


@pytest.mark.parametrize(
    "name", ["sanchonet", "SanchoNet", "testnet", "guild", "dijkstra", "leios", "devnet", "private", "kagonet"]
)
def test_another_network_needs_its_genesis_files(name: str) -> None:
    found = complaint(name)
    assert "mainnet" not in found.suggestion
    assert "into a folder and name the folder" in found.suggestion


@pytest.mark.parametrize(
    ("name", "meant"), [("mainet", "mainnet"), ("Mainnet", "mainnet"), ("prepord", "preprod"), ("previw", "preview")]
)
def test_a_slip_of_a_name_that_is_built_in(name: str, meant: str) -> None:
    assert complaint(name).suggestion == f'did you mean "{meant}"?'
