"""Blocks of every era made by hand, down to the byte: with members that stand twice and values of the wrong kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from nectar.cardano.point import Era
from nectar.decode.envelope import envelope
from nectar.samplechain import cborwrite as write

SLOT = 90_000_000
SHELLEY_ON = tuple(era for era in Era if era >= Era.SHELLEY)


class Pairs(NamedTuple):
    """A map in which a key may stand twice."""

    pairs: Sequence[tuple[Any, Any]]


class Tagged(NamedTuple):
    tag: int
    value: Any


class Raw(NamedTuple):
    """CBOR as it is."""

    bytes: bytes


def cbor(value: Any) -> bytes:
    match value:
        case Raw(raw):
            return raw
        case Pairs(pairs):
            return write.mapping([(cbor(key), cbor(item)) for key, item in pairs])
        case Tagged(tag, item):
            return write.tag(tag, cbor(item))
        case None:
            return write.NULL
        case bool():
            return write.TRUE if value else write.FALSE
        case int():
            return write.integer(value)
        case bytes():
            return write.bstr(value)
        case str():
            return write.tstr(value)
        case Mapping():
            return cbor(Pairs(tuple(value.items())))
        case Sequence():
            return write.array([cbor(item) for item in value])
    raise TypeError(type(value))


def wrapped(value: Any) -> Tagged:
    """CBOR within bytes."""
    return Tagged(24, cbor(value))


def rational(above: Any, below: Any) -> Tagged:
    return Tagged(30, [above, below])


def key_hash(number: int) -> bytes:
    return number.to_bytes(28, "big")


def tx_hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


ADDRESS = b"\x60" + key_hash(1)
ACCOUNT = b"\xe0" + key_hash(1)
OUTPUT = [ADDRESS, 2_000_000]


def body(*replaced: tuple[int, Any]) -> Pairs:
    """A transaction's body with one input, one output, a fee and a last slot, but for what is `replaced` and added."""
    usual = {0: [[tx_hash(1), 0]], 1: [OUTPUT], 2: 200_000, 3: SLOT + 1000}
    return Pairs(tuple({**usual, **dict(replaced)}.items()))


def header(era: Era, digest: bytes, **replaced: Any) -> Any:
    fields: dict[str, Any] = {
        "block_number": 7,
        "slot": SLOT,
        "prev_hash": bytes(32),
        "issuer_vkey": bytes(32),
        "vrf_vkey": bytes(32),
    }
    fields |= {"nonce_vrf": [bytes(64), bytes(80)]} if era < Era.BABBAGE else {}
    fields |= {"vrf": [bytes(64), bytes(80)], "block_body_size": 900, "block_body_hash": digest}
    certificate = {"hot_vkey": bytes(32), "sequence_number": 3, "kes_period": 4, "sigma": bytes(64)}
    version = {"major": 7, "minor": 0}
    fields |= {**certificate, **version} if era < Era.BABBAGE else {"operational_cert": certificate, "protocol_version": version}
    fields |= {name: value for name, value in replaced.items() if name in fields}
    for name in ("operational_cert", "protocol_version"):
        if isinstance(fields.get(name), dict):
            fields[name] = [replaced.get(inner, value) for inner, value in fields[name].items()]
    return [list(fields.values()), bytes(448)]


def block(
    era: Era,
    *bodies: Any,
    witness: Any = None,
    auxiliary: Any = None,
    invalid: Sequence[int] = (),
    **fields: Any,
) -> bytes:
    """`[era, block]` around the bodies. `witness`: of the first transaction; `auxiliary`: of the first one, or the whole map as
    `Pairs`; `fields`: of the header."""
    sets = [{} if witness is None else witness, *({} for _ in bodies[1:])]
    extra = auxiliary if isinstance(auxiliary, Pairs) else {} if auxiliary is None else {0: auxiliary}
    parts = [cbor(list(bodies)), cbor(sets), cbor(extra)]
    if era >= Era.ALONZO:
        parts.append(cbor(list(invalid)))
    digest = blake2b(b"".join(blake2b(part, digest_size=32).digest() for part in parts), digest_size=32).digest()
    return cbor([int(era), [header(era, digest, **fields), *map(Raw, parts)]])


def byron_block(
    *,
    epoch: Any = 3,
    in_epoch: Any = 5,
    difficulty: Any = 7,
    major: Any = 1,
    issuer: Any = bytes(64),
    value: Any = 5,
    index: Any = 0,
    spent: Any = bytes(32),
    checksum: Any = 1,
    payload: Any = b"\x83",
) -> bytes:
    """A Byron block of one transaction."""
    tx = [[[0, wrapped([spent, index])]], [[[Tagged(24, payload), checksum], value]], {}]
    consensus = [[epoch, in_epoch], issuer, [difficulty], [2, []]]
    extra = [[major, 0, 0], ["name", 1], {}, bytes(32)]
    return cbor([int(Era.BYRON), [[764_824_073, bytes(32), [], consensus, extra], [[[tx, []]], [], [], []], [{}]]])


def transaction_hash(written: Any) -> bytes:
    return blake2b(cbor(written), digest_size=32).digest()


def chain_folder(folder: Path, era: Era, *blocks: Mapping[str, Any], first: int = SLOT) -> Path:
    """A chunk file of linked blocks, twenty slots apart, made by `block` of `bodies` and what else each is given."""
    raws: list[bytes] = []
    before = bytes(32)
    for place, given in enumerate(blocks):
        named: dict[str, Any] = {"slot": first + 20 * place, "block_number": 7 + place, "prev_hash": before}
        named |= {name: value for name, value in given.items() if name != "bodies"}
        raws.append(block(era, *given["bodies"], **named))
        before = envelope(raws[-1]).hash
    folder.mkdir()
    (folder / f"{first // 21_600:05}.chunk").write_bytes(b"".join(raws))
    return folder
