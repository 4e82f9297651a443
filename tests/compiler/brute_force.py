"""Transactions read with cbor2 alone, and the four filters asked of them in the plainest way: no code of the project's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

from tests.decode.chunks import cut


class RawTx(NamedTuple):
    body: dict[int, Any]
    witnesses: dict[int, Any]
    has_metadata: bool
    failed: bool


def blocks(path: Path) -> Iterator[bytes]:
    if path.suffix == ".block":
        yield path.read_bytes()
    else:
        yield from cut(path)


def transactions(raw: bytes) -> list[RawTx]:
    """Of a Shelley or later block `[era, [header, bodies, witnesses, auxiliary, invalid?]]`."""
    _, parts = cbor2.loads(raw)
    invalid = set(parts[4]) if len(parts) > 4 else set()
    return [RawTx(body, parts[2][i], _has_labels(parts[3].get(i)), i in invalid) for i, body in enumerate(parts[1])]


def _has_labels(auxiliary: Any) -> bool:
    """Metadata in any of the auxiliary data's three shapes: a map, an array that starts with one, tag 259 with key 0."""
    if isinstance(auxiliary, cbor2.CBORTag):
        return bool(auxiliary.value.get(0))
    if isinstance(auxiliary, list | tuple):
        return bool(auxiliary[0])
    return bool(auxiliary)


def created(tx: RawTx) -> list[tuple[bytes, int]]:
    """(address, lovelace) of what came into being."""
    if tx.failed:
        return [_output(tx.body[16])] if 16 in tx.body else []
    return [_output(out) for out in tx.body[1]]


def _output(out: Any) -> tuple[bytes, int]:
    address, value = (out[0], out[1])
    return address, value if isinstance(value, int) else value[0]


def withdrawals(tx: RawTx) -> list[bytes]:
    return [] if tx.failed else list(tx.body.get(5, {}))


def stake_part(address: bytes) -> bytes | None:
    """The reward address (29 bytes) of a base address: CIP-19 types 0 to 3."""
    kind, network = address[0] >> 4, address[0] & 15
    if kind > 3:
        return None
    return bytes([(0xE0 if kind < 2 else 0xF0) | network]) + address[29:57]


def minted(tx: RawTx) -> list[int]:
    return [] if tx.failed else [q for names in tx.body.get(9, {}).values() for q in names.values()]


def pools_named(tx: RawTx) -> set[bytes]:
    """In certificates (CDDL certificate 2, 3, 4, 10, 11, 13) and as voters."""
    if tx.failed:
        return set()
    named = set()
    for certificate in tx.body.get(4, ()):
        if certificate[0] in (2, 10, 11, 13):
            named.add(certificate[2])
        elif certificate[0] in (3, 4):
            named.add(certificate[1])
    return named | {voter[1] for voter in tx.body.get(19, {}) if voter[0] == 4}
