"""Pools and delegations that a network's Shelley genesis sets up (db-sync: `insertStaking`)."""

from __future__ import annotations

from nectar.cardano.address import reward_address
from nectar.cardano.genesis import GenesisOutputs
from nectar.cardano.position import item_id
from nectar.processors.certificates.rows import pool_update
from nectar.processors.dimensions import pool_hash, stake_address
from nectar.processors.rows import Context, RowBuffers


def staking_rows(genesis: GenesisOutputs, this: int, out: RowBuffers, context: Context) -> None:
    """Rows of genesis' pools and delegations, which count from epoch 0. `this`: the id of their pretend transaction."""
    counts: dict[str, int] = {}
    for index, pool in enumerate(genesis.pools):
        pool_update(out, pool, item_id(this, index, "pool_update"), index, this, counts, context)
    for index, (key, chosen) in enumerate(genesis.delegations):
        address = stake_address(out, reward_address(context.network.network_id, False, key), this, context.addresses)
        first, then = 2 * index, 2 * index + 1
        out.facts["stake_registration"].append((item_id(this, first, "stake_registration"), address, first, 0, this, None))
        row = (item_id(this, then, "delegation"), address, then, pool_hash(out, chosen, this), 0, this, 0, None)
        out.facts["delegation"].append(row)
