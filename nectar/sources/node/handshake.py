"""The handshake: the client offers every version that it speaks, the node accepts the highest that it knows.

propose [0, {version => data}], accept [1, version, data], refuse [2, reason], queryReply [3, {version => data}]
(ouroboros-network, handshake-node-to-client.cddl). Version n stands as 0x8000 + n; its data is the network's magic,
from 15 on [magic, query].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cbor2 import dumps

from nectar.sources.node import faults
from nectar.sources.node.message import whole

OLDEST, NEWEST = 9, 23
"""V9 came with Alonzo, V16 with Conway; V23 is the newest that a node was released with."""

VERSIONS = range(OLDEST, NEWEST + 1)
MAGIC_ALONE = 14
_BIT = 0x8000


class Accepted(NamedTuple):
    version: int
    magic: int


def propose(magic: int, *, query: bool = False, versions: Sequence[int] = VERSIONS) -> bytes:
    """An offer of `versions`; keys must ascend. With `query` the node answers with its versions and closes."""
    return dumps([0, {_BIT | version: _data(version, magic, query) for version in sorted(versions)}])


def accept(version: int, magic: int) -> bytes:
    """A server's acceptance."""
    return dumps([1, _BIT | version, _data(version, magic, False)])


def refuse_versions(versions: Sequence[int]) -> bytes:
    return dumps([2, [0, [_BIT | version for version in versions]]])


def refuse(version: int, text: str) -> bytes:
    return dumps([2, [2, _BIT | version, text]])


def versions_reply(magic: int, versions: Sequence[int] = VERSIONS) -> bytes:
    return dumps([3, {_BIT | version: _data(version, magic, False) for version in versions}])


def read_proposal(message: bytes) -> dict[int, tuple[int, bool]]:
    """version -> (magic, query) for the versions that Nectar knows. Clients may offer others in any form (yaci offers 1 too).

    Errors: SourceError NEC-W004.
    """
    match whole(message):
        case [0, dict(table)]:
            known = {number: data for number, data in table.items() if isinstance(number, int) and number - _BIT in VERSIONS}
            return {_version(number): _version_data(number, data, message) for number, data in known.items()}
    raise faults.violation("a proposal of versions was expected", message)


def read_answer(message: bytes, network: str, magic: int) -> Accepted:
    """The version that the node accepted.

    Errors: SourceError NEC-W005 (no version in common), NEC-W007 (refused), NEC-W004; GenesisError NEC-W006."""
    match whole(message):
        case [1, int(number), data]:
            version, (theirs, _) = _version(number), _version_data(number, data, message)
            if version not in VERSIONS:
                raise faults.violation(f"it accepts version {version}, which was not offered", message)
            if theirs != magic:
                raise faults.other_network(network, magic, f"it is of the network with magic {theirs}")
            return Accepted(version, theirs)
        case [2, [0, list(numbers)]] if all(isinstance(number, int) for number in numbers):
            raise faults.no_version(_range([_version(number) for number in numbers]), _range(list(VERSIONS)))
        case [2, [1, int(), str(text)]]:
            raise faults.handshake_refused(f"it cannot read what it was offered: {text}")
        case [2, [2, int(), str(text)]]:
            raise faults.other_network(network, magic, text)  # the only reason to refuse a version's data
    raise faults.violation("an answer to the offered versions was expected", message)


def read_versions(message: bytes) -> dict[int, int]:
    """version -> magic, from a node that was asked with `query`. A node that does not know the query accepts or refuses."""
    match whole(message):
        case [3, dict(table)]:
            return {_version(number): _version_data(number, data, message)[0] for number, data in table.items()}
        case [1, int(number), data]:
            return {_version(number): _version_data(number, data, message)[0]}
        case [2, [0, list(numbers)]] if all(isinstance(number, int) for number in numbers):
            return {_version(number): -1 for number in numbers}
    return {}


def _data(version: int, magic: int, query: bool) -> Any:
    return magic if version <= MAGIC_ALONE else [magic, query]


def _version(number: Any) -> int:
    if not isinstance(number, int) or not number & _BIT:
        raise faults.violation(f"{number!r} is not a version of Node-to-Client")
    return number & ~_BIT


def _version_data(number: Any, data: Any, message: bytes) -> tuple[int, bool]:
    match data:
        case int(magic):
            return magic, False
        case [int(magic), bool(query) | (0 | 1 as query), *_]:
            return magic, bool(query)
    raise faults.violation(f"version {_version(number)} says {data!r} of itself", message)


def _range(versions: list[int]) -> str:
    """`V16 to V23`, or one by one where some are missing."""
    if not versions:
        return "none"
    low, high = min(versions), max(versions)
    if len(versions) > 1 and high - low + 1 == len(versions) == len(set(versions)):
        return f"V{low} to V{high}"
    return ", ".join(f"V{version}" for version in sorted(versions))


def best(offered: Mapping[int, tuple[int, bool]]) -> int | None:
    """The highest version that both sides speak."""
    return max((version for version in offered if version in VERSIONS), default=None)
