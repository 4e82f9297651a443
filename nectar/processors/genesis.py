"""Rows of Byron's and Shelley's genesis, as db-sync writes them.

Byron's genesis is a block with a pretend transaction for each voucher and balance. Shelley's is a block only when it has
initial funds or staked pools; its transactions follow Byron's. Both have slot -1, so their ids are negative.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b

from nectar.cardano.address import describe
from nectar.cardano.genesis import (
    SHELLEY_BLOCK_HASH,
    SHELLEY_LEADER_HASH,
    STAKING_TX_HASH,
    GenesisGovernance,
    GenesisOutput,
    GenesisOutputs,
)
from nectar.cardano.network import Network
from nectar.cardano.position import GENESIS_SLOT, GENESIS_TXS, block_id, item_id, tx_id
from nectar.processors.address_cache import AddressCache
from nectar.processors.certificates.genesis import staking_rows
from nectar.processors.dimensions import stake_address
from nectar.processors.governance.genesis import governance_rows
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.tables import Table

BYRON_BLOCK = block_id(GENESIS_SLOT, is_boundary=True)
SHELLEY_BLOCK = block_id(GENESIS_SLOT, is_boundary=False)


def genesis_rows(
    processors: Collection[str],
    out: RowBuffers,
    network: Network,
    genesis: tuple[GenesisOutputs, GenesisOutputs],
    tables: Sequence[Table],
    kept: Collection[bytes] | None = None,
    governance: GenesisGovernance | None = None,
) -> None:
    """Adds genesis' rows for the enabled `processors`. `kept`: the pretend transactions that a filter keeps; None: all of them.

    Sets `out.previous` to Byron's genesis block: the chain continues from it even where Shelley's genesis is a block too.
    """
    byron, shelley = genesis
    if kept is not None and not kept:
        return
    write = _Writer(out, {table.name: table for table in tables})
    staked = bool(shelley.pools or shelley.delegations)
    out.previous = (network.byron_genesis_hash, BYRON_BLOCK)
    digest = network.byron_genesis_hash
    _block(write, network, BYRON_BLOCK, (digest, digest[:28], "Genesis slot leader"), byron.outputs, 0)
    _transactions(write, out, BYRON_BLOCK, byron.outputs, 0, kept)
    if governance is not None and kept is None and "governance" in processors:
        governance_rows(governance, tx_id(GENESIS_SLOT, GENESIS_TXS - 1), BYRON_BLOCK, out)
    if not (shelley.outputs or staked):
        return
    first = len(byron.outputs)
    named = (SHELLEY_BLOCK_HASH, SHELLEY_LEADER_HASH, "Shelley Genesis slot leader")
    _block(write, network, SHELLEY_BLOCK, named, shelley.outputs, int(staked))
    _transactions(write, out, SHELLEY_BLOCK, shelley.outputs, first, kept)
    if staked and kept is None:
        this = tx_id(GENESIS_SLOT, first + len(shelley.outputs))
        write.row("tx", _tx(this, STAKING_TX_HASH, SHELLEY_BLOCK, 0))
        if "certificates" in processors:
            staking_rows(shelley, this, out, Context(network))


class _Writer:
    """Puts values into columns by name, so that genesis' rows need no change when columns do. Genesis is read only once."""

    def __init__(self, out: RowBuffers, tables: dict[str, Table]) -> None:
        self._out, self._tables = out, tables

    def row(self, table: str, values: dict[str, object]) -> None:
        if table not in self._tables:
            return
        row: Row = tuple(values.get(column) for column in self._tables[table].column_names)
        if table in self._out.facts:
            self._out.facts[table].append(row)
        else:
            self._out.dimensions[table].setdefault(row[0], row)


def _block(
    write: _Writer,
    network: Network,
    this: int,
    named: tuple[bytes, bytes, str],
    outputs: Sequence[GenesisOutput],
    more: int,
) -> None:
    """Adds a genesis block. `named`: its hash, its leader's hash and description. `more`: transactions besides the outputs'."""
    digest, leader_hash, leader = named
    write.row(
        "slot_leader",
        {"id": leader_hash, "hash": leader_hash, "description": leader, "first_block_id": this},
    )
    write.row(
        "block",
        {
            "id": this,
            "hash": digest,
            "slot_leader_id": leader_hash,
            "size": 0,
            "time": network.start_time_text,
            "tx_count": len(outputs) + more,
            "proto_major": 0,
            "proto_minor": 0,
            "previous_hash": b"",
            "previous_id": BYRON_BLOCK if this != BYRON_BLOCK else None,
            "out_sum": sum(output.value for output in outputs),
            "fees": 0,
        },
    )


def _tx(this: int, digest: bytes, block: int, out_sum: int) -> dict[str, object]:
    """The values of a row of `tx`. db-sync gives each of genesis' transactions index 0."""
    return {
        "id": this,
        "hash": digest,
        "block_id": block,
        "block_index": 0,
        "out_sum": out_sum,
        "fee": 0,
        "deposit": 0,
        "size": 0,
        "valid_contract": 1,
        "script_size": 0,
        "treasury_donation": 0,
    }


def _transactions(
    write: _Writer, out: RowBuffers, block: int, outputs: Sequence[GenesisOutput], first: int, kept: Collection[bytes] | None
) -> None:
    addresses = AddressCache()
    for index, output in enumerate(outputs, first):
        if kept is not None and output.tx_hash not in kept:
            continue
        this = tx_id(GENESIS_SLOT, index)
        write.row("tx", _tx(this, output.tx_hash, block, output.value))
        text, has_script, credential, stake = describe(output.address)
        if stake is not None and "tx_out" in out.facts:  # as for any other output
            stake_address(out, stake, this, addresses)
        key = blake2b(output.address, digest_size=20).digest()
        where = {"address": text, "address_has_script": has_script, "payment_cred": credential}  # db-sync: no stake address
        row = {"id": item_id(this, 0, "tx_out"), "tx_id": this, "index": 0, "value": output.value, "address_id": key, **where}
        write.row("tx_out", row)
        write.row("address", {"id": key, "raw": output.address, "has_script": has_script, "first_tx_id": this, **where})
