"""Blocks of Shelley, Allegra, Mary, Alonzo, Babbage and Conway: `[header, bodies, witness sets, auxiliary data, invalid?]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from nectar.cardano.block import Block, Tx
from nectar.cardano.point import Era
from nectar.cardano.position import tx_path
from nectar.decode.broken import Broken
from nectar.decode.cbor import BROKEN, CBORDecodeError, Reader
from nectar.decode.checked import UNSIGNED, number, sized, sized_or_none
from nectar.decode.repeats import Repeated, refuse_repeats, repeated_key
from nectar.decode.transaction import Parts, Unread, broken_field, created_lovelace, decode_transaction, paid_fee, unread
from nectar.decode.want import Wanted
from nectar.decode.witness import auxiliary

T = TypeVar("T")
_Items = list[tuple[Any, int, int]]


class HeaderBody(NamedTuple):
    """CDDL `header_body`, the fields that rows need. `issuer`: 28 bytes, blake2b-224 of the cold verification key."""

    block_no: int
    slot: int
    prev_hash: bytes
    issuer: bytes
    vrf_key: bytes
    body_size: int
    body_hash: bytes
    op_cert: bytes
    op_cert_counter: int
    proto_major: int
    proto_minor: int


def _field(name: str, read: Callable[..., T], *value: Any) -> T:
    try:
        return read(*value)
    except ValueError as error:
        raise Broken(f"block.header.{name}", error) from error


def header_body(body: Sequence[Any], era: Era) -> HeaderBody:
    """CDDL `header_body`: 15 flat fields up to Alonzo, 10 from Babbage on."""
    if era < Era.BABBAGE:
        block_no, slot, prev, key, vrf_key, _, _, size, digest, hot, counter, _, _, major, minor = body
    else:
        block_no, slot, prev, key, vrf_key, _, size, digest, (hot, counter, _, _), (major, minor) = body
    return HeaderBody(
        _field("block_number", number, block_no),
        _field("slot", number, slot),
        _field("prev_hash", sized_or_none, prev, 32) or b"",
        blake2b(_field("issuer_vkey", sized, key, 32), digest_size=28).digest(),
        _field("vrf_vkey", sized, vrf_key, 32),
        _field("block_body_size", number, size),
        _field("block_body_hash", sized, digest, 32),
        _field("operational_cert.hot_vkey", sized, hot, 32),
        _field("operational_cert.sequence_number", number, counter, UNSIGNED),
        _field("protocol_version.major", number, major),
        _field("protocol_version.minor", number, minor),
    )


class _Segments(NamedTuple):
    bodies: _Items
    witnesses: _Items
    auxiliary: dict[int, tuple[int, int]]
    invalid: frozenset[int]


def _items(reader: Reader, read: Callable[[], _Items], refuse: Callable[[int, int], None]) -> _Items:
    """The items that `read` returns from a strict reader.

    Where a key stands twice in some map, which is rare, the items are read again with repeated keys allowed, and `refuse` is
    called with each item's index and start. In maps that it lets pass the last value of a key counts."""
    start = reader.at
    try:
        return read()
    except CBORDecodeError:
        reader.restart(start, strict=False)
    items = read()
    for index, (_, first, _) in enumerate(items):
        refuse(index, first)
    reader.restart(reader.at, strict=True)
    return items


def _bodies(reader: Reader, era: Era) -> _Items:
    def refuse(index: int, start: int) -> None:
        field = repeated_key(reader.raw, start, era)
        if field is not None:
            raise Broken(tx_path(index, field), ValueError("a key stands twice"))

    return _items(reader, reader.items, refuse)


def _witness_sets(reader: Reader, era: Era) -> _Items:
    def refuse(index: int, start: int) -> None:
        try:
            refuse_repeats("witness_set", [key for key, _, _ in Reader(reader.raw, start).pairs()], era)
        except ValueError as error:
            raise Broken(tx_path(index, "witness_set"), error) from error

    return _items(reader, reader.items, refuse)


def _auxiliary(reader: Reader, era: Era) -> dict[int, tuple[int, int]]:
    """The span of each transaction's auxiliary data. Within metadata a key may stand twice; from Conway on no label may."""
    doubtful: set[int] = set()
    pairs = _items(reader, reader.pairs, lambda index, start: doubtful.add(start))
    try:
        refuse_repeats("auxiliary_data_set", [index for index, _, _ in pairs], era)
    except Repeated as error:
        raise Broken("block.auxiliary_data_set", error) from error
    spans = {number(index): (first, last) for index, first, last in pairs}
    for index, (first, _) in spans.items():
        if first in doubtful:
            _refuse_labels(reader.raw, index, first, era)
    return spans


def _refuse_labels(raw: bytes, index: int, start: int, era: Era) -> None:
    """Refuses a repeated label. Other errors are reported where the plan makes rows of the data."""
    try:
        auxiliary(raw, start, era)
    except Repeated as error:
        raise Broken(tx_path(index, "auxiliary_data"), error) from error
    except BROKEN:
        return


def _segments(reader: Reader, era: Era) -> tuple[_Segments, bytes]:
    """The body's parts with their spans, and the body hash computed of their bytes (ledger: `hashBody`)."""
    raw, digests = reader.raw, bytearray()

    def mark(start: int) -> None:
        digests.extend(blake2b(raw[start : reader.at], digest_size=32).digest())

    start = reader.at
    bodies = _bodies(reader, era)
    mark(start)
    start = reader.at
    witness_sets = _witness_sets(reader, era)
    mark(start)
    start = reader.at
    auxiliary = _auxiliary(reader, era)
    mark(start)
    invalid: frozenset[int] = frozenset()
    if era >= Era.ALONZO:
        start = reader.at
        invalid = frozenset(reader.item())
        mark(start)
    if len(bodies) != len(witness_sets):
        raise ValueError(f"{len(bodies)} bodies but {len(witness_sets)} witness sets")
    if not all(0 <= index < len(bodies) for index in (*auxiliary, *invalid)):
        raise ValueError(f"auxiliary data or a failure of a transaction beyond the last, {len(bodies) - 1}")
    return _Segments(bodies, witness_sets, auxiliary, invalid), blake2b(digests, digest_size=32).digest()


_NOTHING = _Segments([], [], {}, frozenset())


def _hash_of_empty(parts: bytes) -> bytes:
    """Body hash of parts that are one byte each."""
    digests = [blake2b(bytes((part,)), digest_size=32).digest() for part in parts]
    return blake2b(b"".join(digests), digest_size=32).digest()


# A body without transactions in its shortest form, which most blocks of quiet networks have, and its hash.
_EMPTY = {body: _hash_of_empty(body) for body in (b"\x80\x80\xa0", b"\x80\x80\xa0\x80")}


def _refuse_unread(raw: bytes, segments: _Segments, left: Unread, era: Era) -> None:
    """Refuses repeated members in the parts that the plan makes no rows of: the ledger refuses such a block."""
    for index, ((body, b0, b1), (witness, w0, w1)) in enumerate(zip(segments.bodies, segments.witnesses, strict=True)):
        if left.may_repeat(body, witness):
            repeated = left.repeated(raw, Parts(index, True, body, b0, b1, witness, w0, w1, -1, -1), era)
            if repeated is not None:
                raise Broken(tx_path(index, repeated[0]), repeated[1])


def _transactions(raw: bytes, segments: _Segments, want: Wanted, era: Era) -> list[Tx]:
    txs: list[Tx] = []
    absent = (-1, -1)
    for index, ((body, b0, b1), (witness, w0, w1)) in enumerate(zip(segments.bodies, segments.witnesses, strict=True)):
        a0, a1 = segments.auxiliary.get(index, absent)
        parts = Parts(index, index not in segments.invalid, body, b0, b1, witness, w0, w1, a0, a1)
        try:
            txs.append(decode_transaction(raw, parts, want, era))
        except BROKEN as error:
            raise Broken(tx_path(index, broken_field(raw, parts, era)), error) from error
    return txs


def _sums(segments: _Segments) -> tuple[int, int]:
    lovelace = fees = 0
    for index, (body, _, _) in enumerate(segments.bodies):
        is_valid = index not in segments.invalid
        lovelace += created_lovelace(body, is_valid)
        fees += paid_fee(body, is_valid) or 0
    return number(lovelace), number(fees)


def shelley_block(raw: bytes, era: Era, start: int, want: Wanted) -> Block:
    """The block whose `[header, ...]` array starts at `start` of `raw`. The body's hash must be the header's.

    Longer than 40 lines because `Block` takes a line for each field.
    """
    reader = Reader(raw, start, strict=True)
    length = reader.open(4)
    first = reader.at
    try:
        body, _signature = reader.item()
        top = header_body(body, era)
    except BROKEN as error:
        raise Broken("block.header", error) from error
    block_hash = blake2b(raw[first : reader.at], digest_size=32).digest()
    segments, count, lovelace, fees = None, 0, 0, 0
    txs: Sequence[Tx] = ()
    try:
        parts = 5 if era >= Era.ALONZO else 4
        if len(raw) - reader.at == parts - 1 and length == parts and raw[reader.at :] in _EMPTY:
            segments, digest = _NOTHING, _EMPTY[raw[reader.at :]]
        else:
            segments, digest = _segments(reader, era)
            reader.close(length, parts)
        if digest != top.body_hash:
            raise ValueError("the body is not the one that the header's hash names")
        count = len(segments.bodies)
        left = unread(want) if era >= Era.CONWAY else None
        if left is not None:
            _refuse_unread(raw, segments, left, era)
        if want.transactions:
            txs = _transactions(raw, segments, want, era)
            lovelace, fees = number(sum([tx.out_sum for tx in txs])), number(sum([tx.fee or 0 for tx in txs]))
        elif want.sums:
            lovelace, fees = _sums(segments)
    except Broken as error:
        raise error.of(top.slot, block_hash) from error
    except BROKEN as error:
        raise Broken("block.body", error).of(top.slot, block_hash) from error
    return Block(
        era,
        top.slot,
        top.block_no,
        block_hash,
        top.prev_hash,
        top.body_size,
        count,
        top.proto_major,
        top.proto_minor,
        top.issuer,
        top.vrf_key,
        top.op_cert,
        top.op_cert_counter,
        lovelace,
        fees,
        txs,
    )
