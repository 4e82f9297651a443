"""Networks read from genesis files; slots, epochs and times against rows made by db-sync and against the chain itself."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.address import describe
from nectar.cardano.era_history import ERAS, EraHistory
from nectar.cardano.genesis import SHELLEY_BLOCK_HASH, SHELLEY_LEADER_HASH, STAKING_TX_HASH, shelley_outputs, voucher_address
from nectar.errors import GenesisError
from nectar.genesis.files import genesis_of, network

NETWORKS = ("mainnet", "preprod", "preview")
HASHES = {
    "mainnet": "5f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb",
    "preprod": "d4b8de7a11d929a323373cbab6c1a9bdc931beffff11db111cf9d57356ee1937",
    "preview": "83de1d7302569ad56cf9139a41e2e11346d4cb4a31c00142557b6ab3fa550761",
}
ADA = 1_000_000


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shipped_genesis_files_are_the_networks_own(chain: Path, name: str) -> None:
    shipped, given = network(name), network(chain / "genesis" / name)
    assert shipped.byron_genesis_hash.hex() == HASHES[name]
    assert shipped.shelley_genesis_hash == given.shelley_genesis_hash
    assert genesis_of(shipped) == genesis_of(given)
    assert (shipped.magic, shipped.network_id, shipped.delegates) == (given.magic, given.network_id, given.delegates)


@pytest.mark.parametrize(
    ("name", "outputs", "ada"),
    [("mainnet", 14_505, 31_112_484_745), ("preprod", 8, 30_000_000_000), ("preview", 8, 30_000_000_000)],
)
def test_what_genesis_creates(name: str, outputs: int, ada: int) -> None:
    byron, shelley = genesis_of(network(name))
    assert len(byron.outputs) == outputs
    assert sum(output.value for output in byron.outputs) == ada * ADA
    assert shelley.outputs == ()


@pytest.mark.parametrize(
    ("key", "address", "tx"),
    [
        (
            "-0BJDi-gauylk4LptQTgjMeo7kY9lTCbZv12vwOSTZk=",
            "Ae2tdPwUPEZHFQnrr2dYB4GEQ8WVKspEyrg29pJ3f7qdjzaxjeShEEokF5f",
            "8ee33c9906974706223d7d500d63bbee2369d7150f972757a9fdded2f706b938",
        ),
        (
            "DKsNZvWNRoVbR4wIVAM2XE3IQ8vyPeE1Q8oRtraauiM=",
            None,
            "633beef5ce862f414e61c4963f57b266b7a5c46f91274141dba6cc1063c74204",
        ),
        (
            "-0Np4pyTOWF26iXWVIvu6fhz9QupwWRS2hcCaOEYlw0=",
            "Ae2tdPwUPEZFF5MA48FeLbPhKPbC9pG5DpzReXzzoFhofPR7nZQ8DSR3A4G",
            None,
        ),
    ],
)
def test_vouchers_as_explorers_show_them(key: str, address: str | None, tx: str | None) -> None:
    raw = voucher_address(base64.urlsafe_b64decode(key), None)
    vouchers = {output.address: output.tx_hash.hex() for output in genesis_of(network("mainnet"))[0].outputs}
    assert address in (None, describe(raw).text)
    assert tx in (None, vouchers[raw])
    assert vouchers[raw] == blake2b(raw, digest_size=32).hexdigest()


def test_the_names_that_db_sync_gives_shelleys_genesis() -> None:
    assert SHELLEY_BLOCK_HASH.rstrip(b"\0") == b"Shelley Genesis Block Hash "
    assert len(SHELLEY_BLOCK_HASH) == 32
    assert SHELLEY_LEADER_HASH == b"Shelley Genesis SlotLeader H"
    assert STAKING_TX_HASH == b"Shelley Genesis Staking Tx Hash "


def test_funds_and_stake_of_a_devnets_genesis() -> None:
    """Made after a cardano-cli `create-staked` file: addresses in hex, pools by their key hash."""
    account = {"credential": {"key hash": "a" * 56}, "network": "Testnet"}
    staking: dict[str, Any] = {
        "cost": 0,
        "margin": 0.05,
        "metadata": None,
        "owners": ["b" * 56],
        "pledge": 7,
        "publicKey": "d" * 56,
        "relays": [
            {"single host address": {"IPv4": "127.0.0.1", "IPv6": None, "port": 3001}},
            {"single host name": {"dnsName": "relay.example", "port": None}},
            {"multi host name": {"dnsName": "pool.example"}},
        ],
        "rewardAccount": account,
        "vrf": "c" * 64,
    }
    genesis = {
        "initialFunds": {"60" + "1" * 56: 5},
        "staking": {
            "pools": {"d" * 56: staking, "0" * 56: staking | {"publicKey": "0" * 56}},
            "stake": {"f" * 56: "d" * 56, "e" * 56: "0" * 56},
        },
    }
    outputs = shelley_outputs(genesis, 0)
    raw = bytes.fromhex("60" + "1" * 56)
    assert outputs.outputs == ((blake2b(raw, digest_size=32).digest(), raw, 5),)
    assert [pool.pool.hex() for pool in outputs.pools] == ["0" * 56, "d" * 56]
    assert outputs.pools[1].margin == (1, 20)
    assert outputs.pools[1].reward_account.hex() == "e0" + "a" * 56
    assert [(relay.port, str(relay.ipv4), relay.dns, relay.srv) for relay in outputs.pools[1].relays] == [
        (3001, "127.0.0.1", None, None),
        (None, "None", "relay.example", None),
        (None, "None", None, "pool.example"),
    ]
    assert [key.hex()[0] + pool.hex()[0] for key, pool in outputs.delegations] == ["e0", "fd"]


def test_genesis_outputs_are_those_that_later_blocks_spend(chain: Path) -> None:
    """The first transaction of preview's chain spends one of its genesis outputs by hash."""
    from nectar.decode.block import decode_block
    from nectar.decode.want import Want
    from tests.decode.chunks import cut

    created = {output.tx_hash for output in genesis_of(network("preview"))[0].outputs}
    blocks = (decode_block(raw, Want.TXS) for raw in cut(chain / "preview/immutable/00000.chunk"))
    first = next(tx for block in blocks for tx in block.txs)
    assert {spent for spent, _ in first.inputs} <= created


@pytest.mark.parametrize("file", ["blocks.hash-or-number", "blocks.hash-or-number-next", "blocks.hash-or-number-previous"])
def test_epochs_and_times_of_blocks_as_db_sync_says(chain: Path, file: str) -> None:
    entries = json.loads((chain / f"expected/dbsync/{file}.json").read_text())
    checked = 0
    for entry in entries:
        row = entry["row"]
        if entry["network"] not in NETWORKS or row["slot"] is None:
            continue
        history = network(entry["network"]).history
        assert history.epoch_of(row["slot"]) == row["epoch"]
        assert history.epoch_slot_of(row["slot"]) == row["epoch_slot"]
        assert history.time_text(row["slot"]) == datetime.fromtimestamp(row["time"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        checked += 1
    assert checked >= 15


def test_boundary_blocks_stand_at_their_epochs_first_slot(chain: Path) -> None:
    history = network("mainnet").history
    rows = [line.split("\t") for line in (chain / "vectors/ebb-mainnet.tsv").read_text().splitlines()[1:]]
    assert len(rows) == 176
    for epoch, slot, *_ in rows:
        assert history.first_slot_of_epoch(int(epoch)) == int(slot)
        assert history.epoch_of(int(slot)) == int(epoch)


@pytest.mark.parametrize("name", NETWORKS)
def test_arithmetic_agrees_with_itself_across_every_boundary(name: str) -> None:
    history = network(name).history
    edges = {history.first_slot_of_era(era) for era in history.first_epochs} | {0, history.first_shelley_slot}
    for edge in edges:
        for slot in range(max(0, edge - 2), edge + 3):
            epoch = history.epoch_of(slot)
            assert history.first_slot_of_epoch(epoch) + history.epoch_slot_of(slot) == slot
            assert history.first_slot_of_epoch(epoch) <= slot <= history.last_slot_of_epoch(epoch)
            assert history.slot_at(history.time_of(slot)) == slot


FORKS = [
    # network, last block before, first block after: both sides of a hard fork stand in the data
    ("mainnet", "23068573.Allegra.8115134ab013f6a5", "23068966.Mary.6ba25afbbaf2c6c6"),
    ("preprod", "1382422.Alonzo.578f3cb70f4153e1", "3542424.Babbage.4cb684aaa22af255"),
]
FIRST_SLOTS = {
    "mainnet": (0, 4_492_800, 16_588_800, 23_068_800, 39_916_800, 72_316_800, 133_660_800),
    "preprod": (0, 86_400, 518_400, 950_400, 1_382_400, 3_542_400, 68_774_400),
    "preview": (0, 0, 0, 0, 0, 259_200, 55_814_400),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_first_slots_of_eras(name: str) -> None:
    history = network(name).history
    assert tuple(history.first_slot_of_era(era) for era in ERAS) == FIRST_SLOTS[name]


@pytest.mark.parametrize(("name", "before", "after"), FORKS)
def test_forks_between_blocks(chain: Path, name: str, before: str, after: str) -> None:
    history = network(name).history
    for file in (before, after):
        assert (chain / f"blocks/{file}.block").is_file()
        slot, era, _ = file.split(".")
        assert history.era_at(int(slot)) == era.lower()


RUNS = [
    ("mainnet", "mainnet/immutable/*.chunk", 2_164),
    ("preprod", "preprod/immutable/*.chunk", 1_788),
    ("preview", "preview/immutable/0005[89].chunk", 300),
    ("preview", "preview/immutable/0006[01].chunk", 300),
    ("preview", "preview-late/immutable/*.chunk", 368),
    ("preview", "runs/preview-conway-*.chunk", 100),
]


@pytest.mark.parametrize(("name", "pattern", "least"), RUNS)
def test_every_block_is_of_the_era_its_slot_says(chain: Path, name: str, pattern: str, least: int) -> None:
    from nectar.decode.block import decode_block
    from nectar.decode.want import Want
    from tests.decode.chunks import cut

    history, seen = network(name).history, 0
    for path in sorted(chain.glob(pattern)):
        for raw in cut(path):
            block = decode_block(raw, Want(0))
            assert history.era_at(block.slot) == block.era.name.lower().removesuffix("_ebb")
            seen += 1
    assert seen >= least


def test_epochs_begin_and_end_as_db_sync_says(chain: Path) -> None:
    checked = 0
    for entry in json.loads((chain / "expected/dbsync/epochs.number.json").read_text()):
        row, history = entry["row"], network(entry["network"]).history
        first, last = history.first_slot_of_epoch(row["epoch"]), history.last_slot_of_epoch(row["epoch"])
        assert history.time_of(first).timestamp() == row["start_time"]
        assert history.time_of(last + 1).timestamp() == row["end_time"]
        for key in ("first_block_time", "last_block_time"):
            slot = history.slot_at(datetime.fromtimestamp(row[key], UTC))
            assert history.epoch_of(slot) == row["epoch"]
        checked += 1
    assert checked >= 10


@given(
    slot=st.integers(0, 10**9),
    byron=st.sampled_from([100_000, 1_000_000, 20_000_000]),
    shelley=st.integers(1, 2_000_000),
    epoch=st.integers(0, 300),
)
def test_any_slot_length_is_exact(slot: int, byron: int, shelley: int, epoch: int) -> None:
    """Devnets have slots of a tenth of a second and less."""
    start = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    history = EraHistory(start, byron, 100, shelley, 500, epoch, {"byron": 0, "shelley": epoch})
    assert history.slot_at(history.time_of(slot)) == slot
    assert history.slot_at(history.time_of(slot) + timedelta(microseconds=1)) == slot + 1
    assert history.first_slot_of_epoch(history.epoch_of(slot)) + history.epoch_slot_of(slot) == slot
    text = history.time_text(slot)
    assert datetime.fromisoformat(text).replace(tzinfo=UTC) == history.time_of(slot)
    assert (len(text) == 19) == (history.microseconds_of(slot) % 1_000_000 == 0)


def test_a_slot_beyond_the_calendar_is_a_network_error() -> None:
    with pytest.raises(GenesisError, match="calendar"):
        network("mainnet").history.time_text(1 << 62)


def test_a_date_before_the_network_is_its_first_slot() -> None:
    assert network("mainnet").history.slot_at(datetime(2015, 1, 1, tzinfo=UTC)) == 0


def test_an_era_that_never_was_is_a_network_error() -> None:
    with pytest.raises(GenesisError, match="leios"):
        network("mainnet").history.first_slot_of_era("leios")


def test_the_guide_says_what_the_code_does() -> None:
    lines = (Path(__file__).parents[2] / "docs/networks.md").read_text().splitlines()
    listed = {
        cells[0].strip(): [cell.strip() for cell in cells[1:]] for line in lines if len(cells := line.strip("|").split("|")) == 4
    }
    nets = [network(name) for name in NETWORKS]
    assert listed["network magic"] == [str(net.magic) for net in nets]
    assert listed["slot 0 begins (UTC)"] == [net.start_time_text for net in nets]
    assert listed["security parameter k"] == [str(net.security_parameter) for net in nets]
    assert listed["slots in a chunk file (10 k)"] == [str(net.slots_per_chunk) for net in nets]
    assert listed["Byron epoch (slots of 20 s)"] == [str(net.byron_epoch_slots) for net in nets]
    assert listed["Shelley epoch (slots of 1 s)"] == [str(net.history.shelley_epoch_slots) for net in nets]
    assert {(net.history.byron_slot_seconds, net.history.shelley_slot_seconds) for net in nets} == {(20, 1)}
    assert listed["Byron genesis hash"] == [net.byron_genesis_hash.hex()[:8] + ".." for net in nets]
    for era in ERAS:
        firsts = [(net.history.first_epochs[era], net.history.first_slot_of_era(era)) for net in nets]
        assert listed[era] == [f"epoch {epoch}, slot {slot}" for epoch, slot in firsts]
