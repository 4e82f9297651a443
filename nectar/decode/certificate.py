"""Certificates: CDDL `certificate`, kinds 0-6 since Shelley, 7-18 since Conway."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
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
from nectar.cardano.point import Era
from nectar.decode.checked import SIGNED, UNSIGNED, listed, number, number_or_none, octets, rational, reduced, sized, string
from nectar.decode.repeats import once, refuse_repeats

_Parts = Sequence[Any]
_POTS = (0, 1)
_HIGHEST_PORT = 65_535


def credential(parts: _Parts) -> Credential:
    """CDDL `credential = [0, addr_keyhash // 1, script_hash]`."""
    kind, digest = parts
    if kind not in (0, 1):
        raise ValueError("a credential's kind is 0 or 1")
    return Credential(kind == 1, sized(digest, 28))


def anchor(parts: _Parts | None) -> Anchor | None:
    """CDDL `anchor = [url, hash32]`, or null."""
    if parts is None:
        return None
    url, digest = parts
    return Anchor(string(url), sized(digest, 32))


def drep(parts: _Parts) -> DRep:
    """CDDL `drep`."""
    kind = number(parts[0], 3)
    return DRep(kind, sized(parts[1], 28) if kind < 2 else None)


def relay(parts: _Parts) -> Relay:
    """CDDL `relay`. An IPv6 address stands as four 32-bit words, each little-endian (cardano-ledger, `ipv6FromBytes`)."""
    kind = parts[0]
    if kind == 0:
        _, port, four, six = parts
        return Relay(
            number_or_none(port, _HIGHEST_PORT),
            IPv4Address(sized(four, 4)) if four is not None else None,
            IPv6Address(b"".join(sized(six, 16)[i : i + 4][::-1] for i in (0, 4, 8, 12))) if six is not None else None,
            None,
            None,
        )
    if kind == 1:
        return Relay(number_or_none(parts[1], _HIGHEST_PORT), None, None, string(parts[2]), None)
    if kind == 2:
        return Relay(None, None, None, None, string(parts[1]))
    raise ValueError("a relay's kind is 0 to 2")


def _pool_registration(parts: _Parts, era: Era) -> PoolRegistration:
    _, pool, vrf, pledge, cost, margin, reward_account, owners, relays, metadata = parts
    return PoolRegistration(
        sized(pool, 28),
        sized(vrf, 32),
        number(pledge, UNSIGNED),
        number(cost, UNSIGNED),
        rational(margin),
        sized(reward_account, 29),
        tuple(once("body.certificates.pool_owners", [sized(owner, 28) for owner in listed(owners)], era)),
        tuple(relay(r) for r in listed(relays)),
        _pool_metadata(metadata),
    )


def _pool_metadata(parts: _Parts | None) -> Anchor | None:
    """CDDL `pool_metadata = [url, bytes]`, or null."""
    if parts is None:
        return None
    url, digest = parts
    return Anchor(string(url), octets(digest))


def _instantaneous_rewards(parts: _Parts) -> InstantaneousRewards:
    pot, target = parts[1]
    if pot not in _POTS:
        raise ValueError("a pot is 0 or 1")
    if isinstance(target, int):
        return InstantaneousRewards(pot, (), number(target))
    rewards = ((credential(who), number(amount, SIGNED, -SIGNED)) for who, amount in target.items())
    return InstantaneousRewards(pot, tuple(rewards), None)


def _certificate(parts: _Parts, era: Era) -> tuple[Certificate, ...]:
    """The things that a certificate does: a combined one does several."""
    kind = parts[0]
    if kind == _POOL_REGISTRATION:
        return (_pool_registration(parts, era),)
    return _KINDS[kind](parts)


def _one(build: Callable[[_Parts], Certificate]) -> Callable[[_Parts], tuple[Certificate, ...]]:
    return lambda parts: (build(parts),)


def _registration(c: _Parts, deposit: Any) -> StakeRegistration:
    return StakeRegistration(credential(c[1]), number(deposit))


def _delegation(c: _Parts) -> StakeDelegation:
    """Nodes of 2025 accepted a pool hash of more than 28 bytes and took the first 28. Such blocks exist (preview, slot 96972032);
    nodes that refuse them do not serve them."""
    pool = octets(c[2])
    return StakeDelegation(credential(c[1]), sized(pool[:28], 28))


def _vote(c: _Parts, choice: _Parts) -> VoteDelegation:
    return VoteDelegation(credential(c[1]), drep(choice))


_POOL_REGISTRATION = 3
_KINDS: dict[int, Callable[[_Parts], tuple[Certificate, ...]]] = {
    0: _one(lambda c: StakeRegistration(credential(c[1]), None)),
    1: _one(lambda c: StakeDeregistration(credential(c[1]), None)),
    2: _one(_delegation),
    4: _one(lambda c: PoolRetirement(sized(c[1], 28), number(c[2]))),
    5: _one(lambda c: GenesisDelegation(sized(c[1], 28), sized(c[2], 28), sized(c[3], 32))),
    6: _one(_instantaneous_rewards),
    7: _one(lambda c: _registration(c, c[2])),
    8: _one(lambda c: StakeDeregistration(credential(c[1]), number(c[2]))),
    9: _one(lambda c: _vote(c, c[2])),
    10: lambda c: (_delegation(c), _vote(c, c[3])),
    11: lambda c: (_registration(c, c[3]), _delegation(c)),
    12: lambda c: (_registration(c, c[3]), _vote(c, c[2])),
    13: lambda c: (_registration(c, c[4]), _delegation(c), _vote(c, c[3])),
    14: _one(lambda c: CommitteeHotAuth(credential(c[1]), credential(c[2]))),
    15: _one(lambda c: CommitteeResignation(credential(c[1]), anchor(c[2]))),
    16: _one(lambda c: DRepRegistration(credential(c[1]), number(c[2]), anchor(c[3]))),
    17: _one(lambda c: DRepDeregistration(credential(c[1]), number(c[2]))),
    18: _one(lambda c: DRepUpdate(credential(c[1]), anchor(c[2]))),
}


def certificates(written: Any, era: Era) -> list[tuple[int, Certificate]]:
    """Each certificate's index with what it does. A combined one gives several entries of one index."""
    decoded = [_certificate(certificate, era) for certificate in listed(written)]
    if len(decoded) > 1:
        refuse_repeats("body.certificates", list(map(_identity, written, decoded)), era)
    return [(index, certificate) for index, built in enumerate(decoded) for certificate in built]


def _identity(parts: _Parts, built: tuple[Certificate, ...]) -> Hashable:
    """Equal for certificates that the ledger holds equal: a pool's owners are a set, its margin is a reduced fraction."""
    if parts[0] != _POOL_REGISTRATION:
        return parts[0], built
    (pool,) = built
    assert isinstance(pool, PoolRegistration)
    return pool._replace(owners=tuple(sorted(pool.owners)), margin=(0, 0)), reduced(pool.margin)
