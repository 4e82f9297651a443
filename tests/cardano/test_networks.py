"""Networks read from genesis files; slots, epochs and times against rows made by db-sync and against the chain itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nectar.config.genesis_files import genesis_of, network
from nectar.errors import NetworkError

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
    ("name", "outputs", "ada"), [("mainnet", 14_505, 31_112_484_745), ("preprod", 8, 30_000_000_000), ("preview", 8, 30_000_000_000)]
)
def test_what_genesis_creates(name: str, outputs: int, ada: int) -> None:
    byron, shelley = genesis_of(network(name))
    assert len(byron.outputs) == outputs
    assert sum(one.value for one in byron.outputs) == ada * ADA
    assert shelley.outputs == ()


def test_genesis_outputs_are_those_that_later_blocks_spend(chain: Path) -> None:
    """The first transaction of preview's chain spends one of its genesis outputs by hash."""
    from nectar.decode.block import decode_block
    from nectar.decode.want import Want
    from tests.decode.chunks import cut

    made = {one.tx_hash for one in genesis_of(network("preview"))[0].outputs}
    blocks = (decode_block(raw, Want.TXS) for raw in cut(chain / "preview/immutable/00000.chunk"))
    first = next(tx for block in blocks for tx in block.txs)
    assert {spent for spent, _ in first.inputs} <= made


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
    edges = {history.first_slot_of_era(era) for era in history.first_epochs} | {0, history.shelley_slot}
    for edge in edges:
        for slot in range(max(0, edge - 2), edge + 3):
            epoch = history.epoch_of(slot)
            assert history.first_slot_of_epoch(epoch) + history.epoch_slot_of(slot) == slot
            assert history.first_slot_of_epoch(epoch) <= slot <= history.last_slot_of_epoch(epoch)
            assert history.slot_at(history.time_of(slot)) == slot


def test_eras_begin_where_their_blocks_do(chain: Path) -> None:
    """No single block of a public network is of another era than its slot says."""
    from nectar.sources.immutable.source import ImmutableSource

    for name in ("mainnet", "preprod", "preview"):
        from nectar.runner.run import chain_facts

        source = ImmutableSource(chain / name / "immutable", chain_facts(network(name)))
        first = source.first_found()
        assert network(name).history.era_at(first.point.slot) in ("byron", "shelley", "alonzo")


def test_a_date_before_the_network_is_its_first_slot() -> None:
    assert network("mainnet").history.slot_at(datetime(2015, 1, 1, tzinfo=UTC)) == 0


def test_an_era_that_never_was_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match="leios"):
        network("mainnet").history.first_slot_of_era("leios")


def test_a_folder_without_genesis_files_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no genesis file can be read") as caught:
        network(tmp_path)
    assert "byron-genesis.json" in caught.value.where


def test_a_broken_genesis_file_is_a_clear_error(chain: Path, tmp_path: Path) -> None:
    for path in (chain / "genesis/preview").glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "shelley-genesis.json").write_text('{"networkMagic": "two"}')
    with pytest.raises(NetworkError, match="do not say what a network needs"):
        network(tmp_path)
    (tmp_path / "shelley-genesis.json").write_text("{")
    with pytest.raises(NetworkError, match="not JSON"):
        network(tmp_path)
