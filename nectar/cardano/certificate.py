"""Certificates of every era, one noun for each thing a certificate does.

A combined Conway certificate (register + delegate + vote) is decoded into several of these with the same index.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, TypeAlias


class Credential(NamedTuple):
    """CDDL `credential = [0, addr_keyhash // 1, script_hash]`."""

    is_script: bool
    hash: bytes


class Anchor(NamedTuple):
    """CDDL `anchor`: an off-chain text and the blake2b-256 of its bytes."""

    url: str
    hash: bytes


class DRep(NamedTuple):
    """CDDL `drep = [0, key // 1, script // 2 (abstain) // 3 (no confidence)]`; `hash` is None for the last two."""

    kind: int
    hash: bytes | None


class StakeRegistration(NamedTuple):
    credential: Credential
    deposit: int | None  # None: the protocol parameter of the day (before Conway's explicit form)


class StakeDeregistration(NamedTuple):
    credential: Credential
    refund: int | None


class StakeDelegation(NamedTuple):
    credential: Credential
    pool: bytes


class VoteDelegation(NamedTuple):
    credential: Credential
    drep: DRep


class Relay(NamedTuple):
    """CDDL `relay`: exactly one of an address pair, a host name (`dns`) or a service name (`srv`)."""

    port: int | None
    ipv4: IPv4Address | None
    ipv6: IPv6Address | None
    dns: str | None
    srv: str | None


class PoolRegistration(NamedTuple):
    pool: bytes  # 28 bytes
    vrf_key_hash: bytes  # 32 bytes
    pledge: int
    cost: int
    margin: tuple[int, int]  # numerator, denominator
    reward_account: bytes  # 29 bytes
    owners: tuple[bytes, ...]  # 28-byte key hashes, in the order of the bytes
    relays: tuple[Relay, ...]
    metadata: Anchor | None


class PoolRetirement(NamedTuple):
    pool: bytes
    epoch: int


class GenesisDelegation(NamedTuple):
    genesis_hash: bytes
    delegate_hash: bytes
    vrf_key_hash: bytes


class InstantaneousRewards(NamedTuple):
    """Out of `pot` (0 reserves, 1 treasury): to credentials, or `to_other_pot` lovelace to the other pot."""

    pot: int
    rewards: tuple[tuple[Credential, int], ...]
    to_other_pot: int | None


class CommitteeHotAuth(NamedTuple):
    cold: Credential
    hot: Credential


class CommitteeResignation(NamedTuple):
    cold: Credential
    anchor: Anchor | None


class DRepRegistration(NamedTuple):
    credential: Credential
    deposit: int
    anchor: Anchor | None


class DRepDeregistration(NamedTuple):
    credential: Credential
    refund: int


class DRepUpdate(NamedTuple):
    credential: Credential
    anchor: Anchor | None


Certificate: TypeAlias = (
    StakeRegistration
    | StakeDeregistration
    | StakeDelegation
    | VoteDelegation
    | PoolRegistration
    | PoolRetirement
    | GenesisDelegation
    | InstantaneousRewards
    | CommitteeHotAuth
    | CommitteeResignation
    | DRepRegistration
    | DRepDeregistration
    | DRepUpdate
)
