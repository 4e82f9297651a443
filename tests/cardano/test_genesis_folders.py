"""Networks of a folder of genesis files: test networks, public ones in another place, and files that are wrong."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.address import describe, parse_text
from nectar.cardano.era_history import ERAS
from nectar.compiler.ddl.mysql import LABEL_LENGTH
from nectar.errors import GenesisError
from nectar.genesis.files import genesis_of, network
from tests.cardano.test_networks import HASHES, NETWORKS


def test_a_folder_without_genesis_files_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(GenesisError, match="no genesis file can be read") as caught:
        network(tmp_path)
    assert "byron-genesis.json" in caught.value.where


def test_a_broken_genesis_file_is_a_clear_error(chain: Path, tmp_path: Path) -> None:
    for path in (chain / "genesis/preview").glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "shelley-genesis.json").write_text('{"networkMagic": "two"}')
    with pytest.raises(GenesisError, match="do not say what a network needs"):
        network(tmp_path)
    (tmp_path / "shelley-genesis.json").write_text("{")
    with pytest.raises(GenesisError, match="not JSON"):
        network(tmp_path)


def _devnet(chain: Path, folder: Path, **changes: dict[str, Any]) -> Path:
    """Preview's genesis made into another network's; `changes` are laid over the files' top level, or make config.json."""
    for era in ("byron", "shelley", "alonzo", "conway"):
        genesis = json.loads((chain / f"genesis/preview/{era}-genesis.json").read_bytes())
        if era == "byron":
            genesis["protocolConsts"]["protocolMagic"] = 42
        if era == "shelley":
            genesis["networkMagic"] = 42
        (folder / f"{era}-genesis.json").write_text(json.dumps(genesis | changes.pop(era, {})))
    for name, what in changes.items():
        (folder / f"{name}.json").write_text(json.dumps(what))
    return folder


def test_a_devnet_with_short_slots_and_no_configuration(chain: Path, tmp_path: Path) -> None:
    net = network(_devnet(chain, tmp_path, shelley={"slotLength": 0.1, "epochLength": 500}))
    assert (net.magic, net.name, net.network_id) == (42, tmp_path.name, 0)
    assert net.history.first_epochs == dict.fromkeys(ERAS, 0)
    assert net.history.shelley_slot_seconds == 0.1
    assert net.history.time_text(13) == "2022-10-25 00:00:01.300000"
    assert net.history.era_at(0) == "conway"


@pytest.mark.parametrize("name", [b"n" * 255, b"\xff" * 200, ("\u00fc" * 100).encode(), b"short"])
def test_a_folders_name_fits_its_column(chain: Path, tmp_path: Path, name: bytes) -> None:
    """`meta.network_name` is a VARCHAR(64) in utf8mb4 on servers."""
    folder = tmp_path / os.fsdecode(name)
    folder.mkdir()
    found = network(_devnet(chain, folder)).name
    assert 0 < len(found) <= LABEL_LENGTH
    assert found.encode()
    assert name != b"short" or found == "short"


def test_a_configuration_places_eras_and_names_files(chain: Path, tmp_path: Path) -> None:
    config = {f"Test{era.capitalize()}HardForkAtEpoch": at for at, era in enumerate(ERAS[1:5], 2)}
    _devnet(chain, tmp_path, config=config | {"ConwayGenesisFile": "genesis.conway.json"})
    (tmp_path / "conway-genesis.json").rename(tmp_path / "genesis.conway.json")
    history = network(tmp_path).history
    assert history.first_epochs == {"byron": 0, "shelley": 2, "allegra": 3, "mary": 4, "alonzo": 5}
    assert history.first_slot_of_era("shelley") == 2 * 4_320
    assert history.last_slot_of_era("shelley") == 2 * 4_320 + 86_400 - 1
    assert history.last_slot_of_era("alonzo") is None
    assert history.time_of(2 * 4_320 + 1).timestamp() == 1_666_656_000 + 2 * 86_400 + 1


@pytest.mark.parametrize("name", NETWORKS)
def test_a_public_networks_files_are_known_wherever_they_are(chain: Path, tmp_path: Path, name: str) -> None:
    """With the configuration that a public network's node has, which says nothing of forks that have happened."""
    for path in (chain / "genesis" / name).glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({"ByronGenesisHash": HASHES[name]}))
    found = network(tmp_path)
    assert found.name == name
    assert found.history == network(name).history


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"shelley": {"networkMagic": 43}}, "another network magic than Shelley's"),
        ({"shelley": {"systemStart": "2022-10-25T00:00:01Z"}}, "starts at another time"),
        ({"config": {"ShelleyGenesisHash": "00" * 32}}, "ShelleyGenesisHash in config.json is not the file's"),
        ({"config": {"ByronGenesisHash": HASHES["preview"]}}, "ByronGenesisHash in config.json is not the file's"),
        ({"shelley": {"slotLength": 0}}, "must have a length"),
        ({"config": {"TestShelleyHardForkAtEpoch": 3, "TestAllegraHardForkAtEpoch": 2}}, "before the era that it follows"),
        ({"config": {"TestShelleyHardForkAtEpoch": "soon"}}, "do not say what a network needs"),
        ({"alonzo": {"executionPrices": None}}, "do not say what a network needs"),
        ({"shelley": {"genDelegs": []}}, "do not say what a network needs"),
    ],
)
def test_files_that_do_not_belong_together(chain: Path, tmp_path: Path, changes: dict[str, dict[str, Any]], what: str) -> None:
    with pytest.raises(GenesisError, match=what) as caught:
        network(_devnet(chain, tmp_path, **changes))
    assert caught.value.code in ("NEC-N002", "NEC-N005")
    assert caught.value.hint


@pytest.mark.parametrize(("config", "length"), [({}, 47), ({"RequiresNetworkMagic": "RequiresNoMagic"}, 43)])
def test_vouchers_of_a_test_network_hold_its_magic_unless_told_otherwise(
    chain: Path, tmp_path: Path, config: dict[str, Any], length: int
) -> None:
    key = base64.urlsafe_b64encode(bytes(range(32))).decode()
    net = network(_devnet(chain, tmp_path, byron={"avvmDistr": {key: "9"}, "nonAvvmBalances": {}}, config=config))
    (made,) = genesis_of(net)[0].outputs
    assert parse_text(describe(made.address).text) == made.address
    assert made.value == 9
    assert (len(made.address), b"\xa1\x02\x42\x18\x2a" in made.address) == (length, length == 47)


def test_balances_that_cannot_be_read(chain: Path, tmp_path: Path) -> None:
    net = network(_devnet(chain, tmp_path, byron={"nonAvvmBalances": {"0OIl": "1"}}))
    with pytest.raises(GenesisError, match="balances cannot be read") as caught:
        genesis_of(net)
    assert caught.value.code == "NEC-N003"
