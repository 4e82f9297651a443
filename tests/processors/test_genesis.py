"""Rows of genesis are named and numbered as db-sync does it, whatever the order of columns."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.genesis import SHELLEY_BLOCK_HASH, SHELLEY_LEADER_HASH, STAKING_TX_HASH, GenesisOutputs, shelley_outputs
from nectar.cardano.network import Network
from nectar.cardano.position import GENESIS_SLOT, tx_id
from nectar.genesis.files import genesis_of, governance_of, network
from nectar.processors.blocks import epoch_sql
from nectar.processors.genesis import BYRON_BLOCK, SHELLEY_BLOCK, genesis_rows
from nectar.processors.registry import PROCESSORS
from nectar.processors.rows import Context, RowBuffers
from nectar.tables import Kind, Table
from tests.processors.making import Rows, block_of

ALL = tuple(PROCESSORS)
KEY, POOL, FUNDED = "e" * 56, "d" * 56, "00" + "1" * 56 + "2" * 56


def genesis_rows_of(
    net: Network, genesis: tuple[GenesisOutputs, GenesisOutputs] | None = None, *processors: str, **options: Any
) -> tuple[Rows, RowBuffers]:
    names = processors or ALL
    tables: dict[str, Table] = {}
    for name in names:
        tables |= {table.name: table for table in PROCESSORS[name].tables(options)}
    out = RowBuffers(tables.values())
    genesis_rows(names, out, net, genesis or genesis_of(net), tuple(tables.values()))
    rows_by_table: Rows = {}
    for name, table in tables.items():
        rows = out.dimensions[name].values() if table.kind is Kind.DIMENSION else out.facts[name]
        assert all(len(row) == len(table.columns) for row in rows), name
        rows_by_table[name] = [dict(zip(table.column_names, row, strict=True)) for row in rows]
    return rows_by_table, out


def staked() -> GenesisOutputs:
    """Initial funds at a base address, a pool and a delegation, in the shape of `create-staked`'s file."""
    account = {"credential": {"key hash": "a" * 56}, "network": "Testnet"}
    pool = {
        "cost": 3,
        "margin": 0.05,
        "metadata": None,
        "owners": ["b" * 56],
        "pledge": 7,
        "publicKey": POOL,
        "relays": [],
        "rewardAccount": account,
        "vrf": "c" * 64,
    }
    return shelley_outputs({"initialFunds": {FUNDED: 5}, "staking": {"pools": {POOL: pool}, "stake": {KEY: POOL}}}, 0)


@pytest.mark.parametrize("name", ["mainnet", "preprod", "preview"])
def test_each_output_of_byrons_genesis_is_a_transaction_of_its_own(name: str) -> None:
    net = network(name)
    outputs = genesis_of(net)[0].outputs
    rows, out = genesis_rows_of(net, None, "blocks", "transactions")
    (block,) = rows["block"]
    ours = {
        key: block[key] for key in ("id", "hash", "tx_count", "out_sum", "fees", "size", "time", "proto_major", "previous_hash")
    }
    assert ours == {
        "id": BYRON_BLOCK,
        "hash": net.byron_genesis_hash,
        "tx_count": len(outputs),
        "out_sum": sum(output.value for output in outputs),
        "fees": 0,
        "size": 0,
        "time": net.start_time_text,
        "proto_major": 0,
        "previous_hash": b"",
    }
    empty = ("epoch_no", "slot_no", "epoch_slot_no", "block_no", "previous_id", "vrf_key", "op_cert", "op_cert_counter")
    assert [block[column] for column in empty] == [None] * len(empty)
    (leader,) = rows["slot_leader"]
    assert (leader["hash"], leader["description"]) == (net.byron_genesis_hash[:28], "Genesis slot leader")
    assert block["slot_leader_id"] == leader["id"]
    assert [(tx["hash"], tx["out_sum"]) for tx in rows["tx"]] == [(output.tx_hash, output.value) for output in outputs]
    assert {(tx["block_id"], tx["block_index"], tx["fee"], tx["deposit"], tx["size"]) for tx in rows["tx"]} == {
        (BYRON_BLOCK, 0, 0, 0, 0)
    }
    assert [(row["tx_id"], row["index"], row["value"]) for row in rows["tx_out"]] == [
        (tx["id"], 0, output.value) for tx, output in zip(rows["tx"], outputs, strict=True)
    ]
    assert {(row["address_has_script"], row["payment_cred"], row["stake_address_id"]) for row in rows["tx_out"]} == {
        (0, None, None)
    }
    assert out.previous == (net.byron_genesis_hash, BYRON_BLOCK)


@pytest.mark.parametrize("name", ["mainnet", "preprod", "preview"])
def test_no_public_network_has_a_second_genesis_block(name: str) -> None:
    rows, _ = genesis_rows_of(network(name), None, "blocks")
    assert [block["hash"] for block in rows["block"]] == [network(name).byron_genesis_hash]


def test_every_id_of_genesis_comes_before_every_block_and_stands_once() -> None:
    rows, _ = genesis_rows_of(network("mainnet"), (genesis_of(network("mainnet"))[0], staked()))
    for table in ("block", "tx", "tx_out", "pool_update", "delegation", "stake_registration"):
        ids = [row["id"] for row in rows[table]]
        assert ids, table
        assert len(set(ids)) == len(ids), table
        assert max(ids) < 0, table
    assert len(rows["tx"]) == 14_505 + 1 + 1


def test_the_chain_goes_on_from_byrons_genesis_even_where_shelley_has_one() -> None:
    net = network("preview")
    rows, out = genesis_rows_of(net, (genesis_of(net)[0], staked()), "blocks")
    assert out.previous == (net.byron_genesis_hash, BYRON_BLOCK)
    PROCESSORS["blocks"].rows(block_of(slot=0)._replace(prev_hash=b""), out, Context(net))
    assert [row[6] for row in out.facts["block"]] == [None, BYRON_BLOCK, BYRON_BLOCK]
    assert [block["id"] for block in rows["block"]] == [BYRON_BLOCK, SHELLEY_BLOCK]


def test_funds_and_stake_of_shelleys_genesis() -> None:
    net = network("preview")
    byron = genesis_of(net)[0]
    rows, _ = genesis_rows_of(net, (byron, staked()))
    second = rows["block"][1]
    assert (second["hash"], second["tx_count"], second["out_sum"], second["time"]) == (
        SHELLEY_BLOCK_HASH,
        2,
        5,
        net.start_time_text,
    )
    leader = next(row for row in rows["slot_leader"] if row["id"] == second["slot_leader_id"])
    assert (leader["hash"], leader["description"], leader["pool_hash_id"]) == (
        SHELLEY_LEADER_HASH,
        "Shelley Genesis slot leader",
        None,
    )
    funds, staking = rows["tx"][-2:]
    first = len(byron.outputs)
    assert (funds["id"], staking["id"]) == (tx_id(GENESIS_SLOT, first), tx_id(GENESIS_SLOT, first + 1))
    assert (staking["hash"], staking["out_sum"], staking["block_id"]) == (STAKING_TX_HASH, 0, SHELLEY_BLOCK)
    paid = rows["tx_out"][-1]
    assert (paid["value"], paid["payment_cred"], paid["address_has_script"]) == (5, bytes.fromhex("1" * 56), 0)
    assert paid["stake_address_id"] is None  # db-sync: none in Shelley's genesis
    account = bytes.fromhex("e0" + KEY)
    assert {row["id"] for row in rows["stake_address"]} >= {account, bytes.fromhex("e0" + "2" * 56)}
    (pool,) = rows["pool_update"]
    assert (pool["hash_id"], pool["pledge"], pool["registered_tx_id"]) == (bytes.fromhex(POOL), 7, staking["id"])
    (registered,) = rows["stake_registration"]
    (delegated,) = rows["delegation"]
    assert (registered["addr_id"], registered["cert_index"], registered["epoch_no"]) == (account, 0, 0)
    ours = (
        delegated["addr_id"],
        delegated["cert_index"],
        delegated["pool_hash_id"],
        delegated["active_epoch_no"],
        delegated["slot_no"],
    )
    assert ours == (account, 1, bytes.fromhex(POOL), 0, 0)


def test_stake_without_funds_makes_the_second_block_too() -> None:
    net = network("preview")
    rows, _ = genesis_rows_of(net, (genesis_of(net)[0], staked()._replace(outputs=())), "blocks", "transactions")
    assert [(block["hash"], block["tx_count"]) for block in rows["block"][1:]] == [(SHELLEY_BLOCK_HASH, 1)]
    assert rows["tx"][-1]["hash"] == STAKING_TX_HASH


@pytest.mark.parametrize("name", ALL)
def test_one_processor_alone_gets_rows_of_its_own_tables_only(name: str) -> None:
    net = network("preview")
    rows, _ = genesis_rows_of(net, (genesis_of(net)[0], staked()), name)
    filled = {table for table, table_rows in rows.items() if table_rows}
    assert filled == {
        "blocks": {"block", "slot_leader"},
        "transactions": {"tx", "tx_out", "stake_address"},
        "certificates": {"stake_address", "stake_registration", "delegation", "pool_hash", "pool_update", "pool_owner"},
    }.get(name, set())


def test_addresses_in_a_table_of_their_own() -> None:
    net = network("preview")
    plain, _ = genesis_rows_of(net, (genesis_of(net)[0], staked()), "transactions")
    apart, _ = genesis_rows_of(net, (genesis_of(net)[0], staked()), "transactions", address_table=True)
    known = {row["id"]: row for row in apart["address"]}
    texts = [known[row["address_id"]]["address"] for row in apart["tx_out"]]
    assert texts == [row["address"] for row in plain["tx_out"]]
    assert all("address" not in row for row in apart["tx_out"])


def test_genesis_is_in_no_epoch() -> None:
    rows, _ = genesis_rows_of(network("preview"), None, "blocks")
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE block (id INTEGER PRIMARY KEY, epoch_no, out_sum, fees, tx_count, time)")
    columns = ("id", "epoch_no", "out_sum", "fees", "tx_count", "time")
    db.executemany(
        "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)", [tuple(row[column] for column in columns) for row in rows["block"]]
    )
    assert db.execute(epoch_sql("sqlite"), {"first": -1, "last": 10, "low": -10, "high": 10}).fetchall() == []


@pytest.mark.parametrize("name", ["mainnet", "preprod", "preview"])
def test_the_whole_supply_of_genesis_becomes_outputs(chain: Path, name: str) -> None:
    """Against the genesis file itself, read without Nectar."""
    genesis = json.loads((chain / f"genesis/{name}/byron-genesis.json").read_bytes())
    supply = sum(int(value) for part in ("avvmDistr", "nonAvvmBalances") for value in genesis[part].values())
    rows, _ = genesis_rows_of(network(name), None, "transactions")
    assert sum(row["value"] for row in rows["tx_out"]) == supply > 0


@pytest.mark.parametrize(("name", "members", "epoch"), [("mainnet", 7, 580), ("preprod", 7, 229), ("preview", 1, 1000)])
def test_the_committee_and_the_constitution_of_conways_genesis(name: str, members: int, epoch: int) -> None:
    """db-sync has them without a proposal; the anchor and the guardrails are those of the interim constitution."""
    net = network(name)
    out = RowBuffers(PROCESSORS["governance"].tables({}))
    genesis_rows(("governance",), out, net, genesis_of(net), PROCESSORS["governance"].tables({}), None, governance_of(net))
    ((committee, proposal, above, below),) = out.facts["committee"]
    assert (proposal, above, below) == (None, 2, 3)
    assert [(row[1], row[3]) for row in out.facts["committee_member"]] == [(committee, epoch)] * members
    assert {row[2] for row in out.facts["committee_member"]} == set(out.dimensions["committee_hash"])
    assert all(key == b"\1" + row[1] and row[2] == 1 for key, row in out.dimensions["committee_hash"].items())
    ((_, by, anchor, script),) = out.facts["constitution"]
    assert (by, script.hex()) == (None, "fa24fb305126805cf2164c161d852a0e7330cf988f1fe558cf7d4a64")
    assert out.dimensions["voting_anchor"][anchor][2].hex() == "ca41a91f399259bcefe57f9858e91f6d00e1a38d6d9c63d4052914ea7bd70cb2"
    assert all(row[0] < 0 for table in ("committee", "committee_member", "constitution") for row in out.facts[table])


def test_a_plan_with_a_filter_or_without_governance_has_no_committee_of_genesis() -> None:
    net = network("preview")
    for names, kept in ((("governance",), {b"?"}), (("blocks",), None)):
        tables = PROCESSORS["governance"].tables({})
        out = RowBuffers((*tables, *PROCESSORS["blocks"].tables({})))
        genesis_rows(names, out, net, genesis_of(net), (*tables, *PROCESSORS["blocks"].tables({})), kept, governance_of(net))
        assert not out.facts["committee_member"]
