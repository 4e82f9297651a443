"""Amounts of a private network's genesis: what fits the columns comes through, the rest is refused before anything is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nectar.errors import GenesisError
from nectar.genesis.files import genesis_of, network
from tests.conftest import ROOT

MOST = (1 << 63) - 1
ACCOUNT = {"network": "Testnet", "credential": {"keyHash": "11" * 28}}


def home_with(folder: Path, amounts: list[Any], place: str) -> Path:
    """Preview's genesis files under another magic, with these amounts."""
    shutil.copytree(ROOT / "tests/data/genesis/preview", folder / "net")
    genesis = {era: json.loads((folder / f"net/{era}-genesis.json").read_text()) for era in ("byron", "shelley")}
    byron, shelley = genesis["byron"], genesis["shelley"]
    byron["protocolConsts"]["protocolMagic"] = shelley["networkMagic"] = 77
    if place == "initialFunds":
        shelley["initialFunds"] = {f"60{at:056x}": amount for at, amount in enumerate(amounts)}
    elif place == "nonAvvmBalances":
        byron["nonAvvmBalances"] = dict(zip(byron["nonAvvmBalances"], amounts, strict=False))
    else:
        pool = {
            "vrf": "22" * 32,
            "pledge": 1,
            "cost": 1,
            "margin": 0,
            "rewardAccount": ACCOUNT,
            "owners": [],
            "relays": [],
            "metadata": None,
        }
        shelley["staking"] = {"pools": {"33" * 28: {**pool, place: amounts[0]}}, "stake": {}}
    for era, content in genesis.items():
        (folder / f"net/{era}-genesis.json").chmod(0o644)
        (folder / f"net/{era}-genesis.json").write_text(json.dumps(content))
    (folder / "net/config.json").unlink(missing_ok=True)
    return folder / "net"


@pytest.mark.parametrize("place", ["initialFunds", "nonAvvmBalances"])
@pytest.mark.parametrize("amounts", [[MOST + 1], [1 << 64], [-1], [1.5], [True], [None], [MOST, 1]], ids=repr)
def test_balances_that_no_column_holds(amounts: list[Any], place: str, tmp_path: Path) -> None:
    with pytest.raises(GenesisError) as caught:
        genesis_of(network(home_with(tmp_path, amounts, place)))
    assert caught.value.code == "NEC-N003"


@pytest.mark.parametrize("place", ["pledge", "cost"])
@pytest.mark.parametrize("amount", [1 << 64, -1, 1.5, True, None], ids=repr)
def test_a_pool_that_no_column_holds(amount: Any, place: str, tmp_path: Path) -> None:
    with pytest.raises(GenesisError) as caught:
        genesis_of(network(home_with(tmp_path, [amount], place)))
    assert caught.value.code == "NEC-N003"


def test_the_largest(tmp_path: Path) -> None:
    for name, place, amounts in (
        ("a", "initialFunds", [MOST - 1, 1]),
        ("b", "nonAvvmBalances", [str(MOST)]),
        ("c", "pledge", [(1 << 64) - 1]),
    ):
        (tmp_path / name).mkdir()
        byron, shelley = genesis_of(network(home_with(tmp_path / name, amounts, place)))
        by_place = {
            "initialFunds": [output.value for output in shelley.outputs],
            "nonAvvmBalances": [output.value for output in byron.outputs],
        }
        assert (
            by_place.get(place, [pool.pledge for pool in shelley.pools]) == amounts
            or [str(output) for output in by_place[place]] == amounts
        )
