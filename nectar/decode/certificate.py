"""Certificates: CDDL `certificate`, kinds 0-6 since Shelley, 7-18 since Conway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from nectar.cardano.certificate import (
    Anchor,
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRep,
    DRepDeregistration,
    DRepRegistration,
    DRepUpdate,
    GenesisDelegation,
    InstantaneousRewards,
    PoolRegistration,
    PoolRetirement,
    Relay,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
    VoteDelegation,
)

_Parts = Sequence[Any]


def credential(parts: _Parts) -> Credential:
    """CDDL `credential = [0, addr_keyhash // 1, script_hash]`."""
    kind, digest = parts
    if kind not in (0, 1) or len(digest) != 28:
        raise ValueError(f"a credential must be [0 or 1, 28 bytes], not [{kind}, {len(digest)} bytes]")
    return Credential(kind == 1, digest)


def anchor(parts: _Parts | None) -> Anchor | None:
    """CDDL `anchor = [url, hash32]`, or null."""
    if parts is None:
        return None
    url, digest = parts
    return Anchor(url, digest)


def drep(parts: _Parts) -> DRep:
    """CDDL `drep`."""
    kind = parts[0]
    if not 0 <= kind <= 3:
        raise ValueError(f"a DRep's kind is 0 to 3, not {kind}")
    return DRep(kind, parts[1] if kind < 2 else None)


def relay(parts: _Parts) -> Relay:
    """CDDL `relay`. An IPv6 address stands as four 32-bit words, each little-endian (cardano-ledger, `ipv6FromBytes`)."""
    kind = parts[0]
    if kind == 0:
        _, port, four, six = parts
        return Relay(
            port,
            IPv4Address(four) if four is not None else None,
            IPv6Address(b"".join(six[i : i + 4][::-1] for i in (0, 4, 8, 12))) if six is not None else None,
            None,
            None,
        )
    if kind == 1:
        return Relay(parts[1], None, None, parts[2], None)
    if kind == 2:
        return Relay(None, None, None, None, parts[1])
    raise ValueError(f"a relay's kind is 0 to 2, not {kind}")


def _pool_registration(parts: _Parts) -> PoolRegistration:
    _, pool, vrf, pledge, cost, margin, reward_account, owners, relays, metadata = parts
    numerator, denominator = margin
    return PoolRegistration(
        pool,
        vrf,
        pledge,
        cost,
        (numerator, denominator),
        reward_account,
        tuple(owners),
        tuple(relay(r) for r in relays),
        anchor(metadata),
    )


def _instantaneous_rewards(parts: _Parts) -> InstantaneousRewards:
    pot, target = parts[1]
    if isinstance(target, int):
        return InstantaneousRewards(pot, (), target)
    return InstantaneousRewards(pot, tuple((credential(who), amount) for who, amount in target.items()), None)


def _one(build: Callable[[_Parts], Certificate]) -> Callable[[_Parts], tuple[Certificate, ...]]:
    return lambda parts: (build(parts),)


_KINDS: dict[int, Callable[[_Parts], tuple[Certificate, ...]]] = {
    0: _one(lambda c: StakeRegistration(credential(c[1]), None)),
    1: _one(lambda c: StakeDeregistration(credential(c[1]), None)),
    2: _one(lambda c: StakeDelegation(credential(c[1]), c[2])),
    3: _one(_pool_registration),
    4: _one(lambda c: PoolRetirement(c[1], c[2])),
    5: _one(lambda c: GenesisDelegation(c[1], c[2], c[3])),
    6: _one(_instantaneous_rewards),
    7: _one(lambda c: StakeRegistration(credential(c[1]), c[2])),
    8: _one(lambda c: StakeDeregistration(credential(c[1]), c[2])),
    9: _one(lambda c: VoteDelegation(credential(c[1]), drep(c[2]))),
    10: lambda c: (StakeDelegation(credential(c[1]), c[2]), VoteDelegation(credential(c[1]), drep(c[3]))),
    11: lambda c: (StakeRegistration(credential(c[1]), c[3]), StakeDelegation(credential(c[1]), c[2])),
    12: lambda c: (StakeRegistration(credential(c[1]), c[3]), VoteDelegation(credential(c[1]), drep(c[2]))),
    13: lambda c: (
        StakeRegistration(credential(c[1]), c[4]),
        StakeDelegation(credential(c[1]), c[2]),
        VoteDelegation(credential(c[1]), drep(c[3])),
    ),
    14: _one(lambda c: CommitteeHotAuth(credential(c[1]), credential(c[2]))),
    15: _one(lambda c: CommitteeResignation(credential(c[1]), anchor(c[2]))),
    16: _one(lambda c: DRepRegistration(credential(c[1]), c[2], anchor(c[3]))),
    17: _one(lambda c: DRepDeregistration(credential(c[1]), c[2])),
    18: _one(lambda c: DRepUpdate(credential(c[1]), anchor(c[2]))),
}


def certificates(parts: Sequence[_Parts]) -> list[tuple[int, Certificate]]:
    """Each certificate's index with what it does; a combined one gives several entries of one index."""
    return [(index, one) for index, cert in enumerate(parts) for one in _KINDS[cert[0]](cert)]
