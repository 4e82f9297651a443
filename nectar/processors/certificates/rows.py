"""Rows of the `certificates` processor. Votes, DReps and the committee are the `governance` processor's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from nectar.cardano.address import reward_address
from nectar.cardano.block import Block, Tx
from nectar.cardano.certificate import (
    Certificate,
    Credential,
    InstantaneousRewards,
    PoolRegistration,
    PoolRetirement,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
)
from nectar.cardano.position import item_id, tx_id
from nectar.cardano.script import Purpose
from nectar.decode.want import Want
from nectar.processors.certificates.tables import (
    DELEGATION,
    POOL_METADATA_REF,
    POOL_OWNER,
    POOL_RELAY,
    POOL_RETIRE,
    POOL_UPDATE,
    POT_TRANSFER,
    RESERVE,
    STAKE_DEREGISTRATION,
    STAKE_REGISTRATION,
    TREASURY,
)
from nectar.processors.dimensions import POOL_HASH, STAKE_ADDRESS, pool_hash, stake_address
from nectar.processors.param_proposal import PARAM_PROPOSAL, param_proposal_row
from nectar.processors.redeemer_ids import redeemer_ids
from nectar.processors.rows import Context, RowBuffers
from nectar.tables import Table

NAME = "certificates"
TABLES: tuple[Table, ...] = (
    STAKE_ADDRESS,
    STAKE_REGISTRATION,
    STAKE_DEREGISTRATION,
    DELEGATION,
    POOL_HASH,
    POOL_UPDATE,
    POOL_OWNER,
    POOL_RELAY,
    POOL_RETIRE,
    POOL_METADATA_REF,
    TREASURY,
    RESERVE,
    POT_TRANSFER,
    PARAM_PROPOSAL,
)

_TABLE_OF: Mapping[type[Certificate], str] = {
    StakeDelegation: "delegation",
    StakeRegistration: "stake_registration",
    StakeDeregistration: "stake_deregistration",
    PoolRegistration: "pool_update",
    PoolRetirement: "pool_retire",
    InstantaneousRewards: "pot_transfer",
}

ACTIVE_AFTER = 2  # epochs from a delegation until it counts


def want(options: Mapping[str, Any]) -> Want:
    """Certificates, and the redeemers that redeemer_id names."""
    return Want.TXS | Want.CERTIFICATES | Want.SCRIPTS


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of certificates and updates. A failed transaction's certificates have no effect and no rows."""
    for tx in block.txs:
        if not tx.is_valid:
            continue
        if tx.certificates:
            _Certified(block.slot, tx, out, context).all()
        if tx.update is not None:
            this = tx_id(block.slot, tx.index)
            for place, (key, update) in enumerate(tx.update.proposals):
                row = param_proposal_row(item_id(this, place, "param_proposal"), this, tx.update.epoch, key, update)
                out.facts["param_proposal"].append(row)


@dataclass(slots=True)
class _Certified:
    """One transaction's certificates. `counts`: its rows so far, by table."""

    slot: int
    tx: Tx
    out: RowBuffers
    context: Context
    this: int = 0
    epoch: int = 0
    redeemers: dict[int, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def all(self) -> None:
        self.this = tx_id(self.slot, self.tx.index)
        self.epoch = self.context.network.history.epoch_of(self.slot)
        self.redeemers = redeemer_ids(self.tx, self.this, Purpose.CERT)
        facts, this, epoch = self.out.facts, self.this, self.epoch
        for index, certificate in self.tx.certificates:
            row_id = item_id(this, index, _TABLE_OF.get(type(certificate), "certificates"))
            if isinstance(certificate, StakeDelegation):
                pool = pool_hash(self.out, certificate.pool, this)
                redeemer = self.redeemers.get(index)
                address = self._address(certificate.credential)
                facts["delegation"].append((row_id, address, index, pool, epoch + ACTIVE_AFTER, this, self.slot, redeemer))
            elif isinstance(certificate, StakeRegistration):
                facts["stake_registration"].append(
                    (row_id, self._address(certificate.credential), index, epoch, this, certificate.deposit)
                )
            elif isinstance(certificate, StakeDeregistration):
                address, redeemer = self._address(certificate.credential), self.redeemers.get(index)
                facts["stake_deregistration"].append((row_id, address, index, epoch, this, redeemer))
            elif isinstance(certificate, PoolRegistration):
                pool_update(self.out, certificate, row_id, index, this, self.counts, self.context)
            elif isinstance(certificate, PoolRetirement):
                facts["pool_retire"].append((row_id, pool_hash(self.out, certificate.pool, this), index, this, certificate.epoch))
            elif isinstance(certificate, InstantaneousRewards):
                self._rewards(certificate, row_id, index)

    def _address(self, credential: Credential) -> bytes:
        raw = reward_address(self.context.network.network_id, credential.is_script, credential.hash)
        return stake_address(self.out, raw, self.this, self.context.addresses)

    def _rewards(self, certificate: InstantaneousRewards, row_id: int, index: int) -> None:
        from_reserves = certificate.pot == 0
        if certificate.to_other_pot is not None:
            gain = certificate.to_other_pot if from_reserves else -certificate.to_other_pot
            self.out.facts["pot_transfer"].append((row_id, index, gain, -gain, self.this))
            return
        table = "reserve" if from_reserves else "treasury"
        for credential, amount in sorted(certificate.rewards, key=lambda reward: (not reward[0].is_script, reward[0].hash)):
            place = item_id(self.this, next_place(self.counts, table), table)
            self.out.facts[table].append((place, self._address(credential), index, amount, self.this))


def next_place(counts: dict[str, int], table: str) -> int:
    """The index of a table's next row among the transaction's rows."""
    at = counts.get(table, 0)
    counts[table] = at + 1
    return at


def pool_update(
    out: RowBuffers, certificate: PoolRegistration, row_id: int, index: int, this: int, counts: dict[str, int], context: Context
) -> None:
    """Rows of a pool's registration: `pool_update`, owners (in the order of the ledger's set), relays and metadata.

    Owners and the reward account get this network's header: owners are only key hashes, and a pool may name an account of
    another network, which the ledger then pays on this one (db-sync: `adjustNetworkTag`).
    """
    network_id, addresses = context.network.network_id, context.addresses
    pool = pool_hash(out, certificate.pool, this)
    meta = None
    if certificate.metadata is not None:
        url, digest = certificate.metadata
        meta = blake2b(pool + len(digest).to_bytes(4, "big") + digest + url.encode(), digest_size=32).digest()
        out.dimensions["pool_metadata_ref"].setdefault(meta, (meta, pool, url, digest, this))
    numerator, denominator = certificate.margin
    header = bytes((certificate.reward_account[0] & 0xF0 | network_id,))
    reward = stake_address(out, header + certificate.reward_account[1:], this, addresses)
    margin = numerator / denominator if denominator else 0.0
    out.facts["pool_update"].append(
        (
            row_id,
            pool,
            index,
            certificate.vrf_key_hash,
            certificate.pledge,
            reward,
            None,
            meta,
            margin,
            certificate.cost,
            this,
            None,
        )
    )
    for owner in sorted(set(certificate.owners)):
        address = stake_address(out, reward_address(network_id, False, owner), this, addresses)
        out.facts["pool_owner"].append((item_id(this, next_place(counts, "pool_owner"), "pool_owner"), address, row_id))
    for relay in certificate.relays:
        four, six = relay.ipv4 and str(relay.ipv4), relay.ipv6 and ipv6_text(relay.ipv6)
        place = item_id(this, next_place(counts, "pool_relay"), "pool_relay")
        out.facts["pool_relay"].append((place, row_id, four, six, relay.dns, relay.srv, relay.port))


def ipv6_text(address: IPv6Address) -> str:
    """RFC 5952 text with an embedded IPv4 address in dots, as db-sync has it. Python's own text varies with its version."""
    number = int(address)
    if number >> 32 == 0xFFFF:
        return f"::ffff:{IPv4Address(number & 0xFFFFFFFF)}"
    if 0x10000 <= number < 1 << 32:
        return f"::{IPv4Address(number)}"
    return address.compressed
