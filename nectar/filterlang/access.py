"""What filters see of a transaction: the elements of each collection, and values that the nouns have no field for.

Filters see only what took effect: of a failed transaction its collateral and the collateral return. Elements come in the
order of the processors' rows, so that an element's index is its row's index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from nectar.cardano.address import as_read, describe
from nectar.cardano.block import Asset, Block, Tx, TxOut
from nectar.cardano.certificate import (
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRepDeregistration,
    DRepRegistration,
    DRepUpdate,
    GenesisDelegation,
    InstantaneousRewards,
    PoolRegistration,
    PoolRetirement,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
    VoteDelegation,
)
from nectar.cardano.governance import Vote
from nectar.cardano.ids import drep_key
from nectar.cardano.script import Datum, Script, ScriptKind


def created_outputs(tx: Tx) -> Sequence[TxOut]:
    """The outputs that a transaction created: for a failed one the collateral return, if it has one."""
    if tx.is_valid:
        return tx.outputs
    return () if tx.collateral_return is None else (tx.collateral_return,)


def spent(tx: Tx) -> Sequence[tuple[bytes, int]]:
    """(hash, index) of the outputs that a transaction spent: for a failed one its collateral."""
    return tx.inputs if tx.is_valid else tx.collateral_inputs


def output_assets(tx: Tx) -> list[Asset]:
    """The assets in a transaction's outputs, without entries of quantity 0."""
    return [asset for out in created_outputs(tx) for asset in out.assets if asset[2]]


def assets_of(out: TxOut) -> list[Asset]:
    return [asset for asset in out.assets if asset[2]]


def mints(tx: Tx) -> Sequence[Asset]:
    """The mints and burns of a transaction, as signed quantities, without entries of quantity 0."""
    return [asset for asset in tx.mint if asset[2]] if tx.is_valid else ()


def canonical_address(raw: bytes) -> bytes:
    """An output's address as the ledger reads it: two spellings of one address are equal."""
    return raw if len(raw) == 57 and raw[0] < 0x40 else as_read(raw)


@lru_cache(maxsize=1 << 14)
def address_text(raw: bytes) -> str:
    """The text that explorers show, cached because filters meet the same addresses again and again."""
    return describe(raw).text


def payment_cred(raw: bytes) -> bytes | None:
    kind = raw[0] >> 4 if raw else 8
    if kind == 8 or 8 < kind < 14 or len(raw) < 29:
        return None
    return raw[1:29]


def reward_address_of(raw: bytes) -> bytes | None:
    """The reward address of a base address's stake part."""
    if len(raw) < 57 or raw[0] > 0x3F:
        return None
    return bytes((0xE0 | (raw[0] >> 4 & 2) << 3 | raw[0] & 15,)) + raw[29:57]


def stake_cred(raw: bytes) -> bytes | None:
    return raw[29:57] if len(raw) >= 57 and raw[0] < 0x40 else None


def is_script(raw: bytes) -> bool:
    kind = raw[0] >> 4 if len(raw) >= 29 else 8
    return bool(kind & 1) if kind < 8 else kind == 15


def is_byron(raw: bytes) -> bool:
    return bool(raw) and raw[0] >> 4 == 8


def network_id(raw: bytes) -> int | None:
    """1 for mainnet, 0 for any other network; None for Byron's addresses, which have no such bit."""
    return None if not raw or raw[0] >> 4 == 8 else int(raw[0] & 15 == 1)


class Cert(NamedTuple):
    """One action of a certificate; values that it lacks are None."""

    kind: str
    index: int  # type: ignore[assignment]  # shadows tuple.index
    credential: Credential | None = None
    pool: bytes | None = None
    drep: bytes | None = None
    deposit: int | None = None
    epoch: int | None = None


CERT_KINDS = (
    "stake_registration",
    "stake_deregistration",
    "delegation",
    "vote_delegation",
    "pool_registration",
    "pool_retirement",
    "instantaneous_rewards",
    "committee_registration",
    "committee_de_registration",
    "drep_registration",
    "drep_deregistration",
    "drep_update",
)


def _who(credential: Credential) -> bytes:
    return drep_key(int(credential.is_script), credential.hash)


_CERTS: dict[type, Callable[[int, Certificate], Cert]] = {
    StakeRegistration: lambda i, c: Cert("stake_registration", i, c.credential, deposit=c.deposit),  # type: ignore[union-attr]
    StakeDeregistration: lambda i, c: Cert("stake_deregistration", i, c.credential),  # type: ignore[union-attr]
    StakeDelegation: lambda i, c: Cert("delegation", i, c.credential, c.pool),  # type: ignore[union-attr]
    VoteDelegation: lambda i, c: Cert("vote_delegation", i, c.credential, drep=drep_key(c.drep.kind, c.drep.hash)),  # type: ignore[union-attr]
    PoolRegistration: lambda i, c: Cert("pool_registration", i, None, c.pool),  # type: ignore[union-attr]
    PoolRetirement: lambda i, c: Cert("pool_retirement", i, None, c.pool, epoch=c.epoch),  # type: ignore[union-attr]
    InstantaneousRewards: lambda i, c: Cert("instantaneous_rewards", i),
    CommitteeHotAuth: lambda i, c: Cert("committee_registration", i),
    CommitteeResignation: lambda i, c: Cert("committee_de_registration", i),
    DRepRegistration: lambda i, c: Cert("drep_registration", i, drep=_who(c.credential), deposit=c.deposit),  # type: ignore[union-attr]
    DRepDeregistration: lambda i, c: Cert("drep_deregistration", i, drep=_who(c.credential), deposit=-c.refund),  # type: ignore[union-attr,operator]
    DRepUpdate: lambda i, c: Cert("drep_update", i, drep=_who(c.credential)),  # type: ignore[union-attr]
}


def certs(tx: Tx) -> list[Cert]:
    """A transaction's certificates, without genesis delegations, which no table holds, and without empty moves of rewards."""
    if not tx.certificates or not tx.is_valid:
        return []
    return list(_certs(tx))


def _certs(tx: Tx) -> Iterator[Cert]:
    for index, certificate in tx.certificates:
        if isinstance(certificate, GenesisDelegation):
            continue
        if isinstance(certificate, InstantaneousRewards) and not certificate.rewards and certificate.to_other_pot is None:
            continue
        yield _CERTS[type(certificate)](index, certificate)


SCRIPT_KINDS = {
    ScriptKind.NATIVE: "native",
    ScriptKind.PLUTUS_V1: "plutus_v1",
    ScriptKind.PLUTUS_V2: "plutus_v2",
    ScriptKind.PLUTUS_V3: "plutus_v3",
}


def scripts(tx: Tx) -> list[Script]:
    """The scripts in a transaction's witnesses, auxiliary data and outputs."""
    if not tx.is_valid:
        return [out.script for out in created_outputs(tx) if out.script is not None]
    return [*tx.scripts, *(out.script for out in tx.outputs if out.script is not None)]


def datums(tx: Tx) -> list[Datum]:
    """The datums in a transaction's witnesses and outputs."""
    inline = [out.inline_datum for out in created_outputs(tx) if out.inline_datum is not None]
    return [*tx.datums, *inline] if tx.is_valid else inline


def voting_pool(vote: Vote) -> bytes | None:
    return vote.voter_hash if vote.voter_kind == 4 else None


def voting_drep(vote: Vote) -> bytes | None:
    return drep_key(vote.voter_kind - 2, vote.voter_hash) if vote.voter_kind in (2, 3) else None


class Spent(NamedTuple):
    """An input, with the output that it spends where that is known."""

    tx_hash: bytes
    index: int  # type: ignore[assignment]  # shadows tuple.index
    out: TxOut | None = None


def inputs(tx: Tx) -> list[Spent]:
    return [Spent(tx_hash, index) for tx_hash, index in spent(tx)]


def era_of(block: Block) -> int:
    """The era's number; a boundary block counts as Byron's."""
    return max(int(block.era), 1)
