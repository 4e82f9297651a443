"""Chunk files and blocks read without the project's own readers: struct for the indexes, cbor2 for the rest."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from cbor2 import CBORDecoder

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def hash32(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=32).digest()


def hash28(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=28).digest()


def _as_list(value: Any, _immutable: bool) -> Any:
    return value


def value(raw: bytes) -> Any:
    """One item; sets (tag 258) and ratios (tag 30) as their arrays."""
    stream = BytesIO(raw)
    decoded = CBORDecoder(stream, semantic_decoders={258: _as_list, 30: _as_list}).decode()
    assert stream.tell() == len(raw), "bytes after the item"
    return decoded


def items(raw: bytes) -> list[bytes]:
    """The bytes of each item of an array or map (a map's keys and values in turn), any set tag stepped over."""
    start, length = _open(raw)
    stream = BytesIO(raw)
    stream.seek(start)
    decoder = CBORDecoder(stream, semantic_decoders={258: _as_list, 30: _as_list})
    spans: list[bytes] = []
    while (length is None and raw[start] != 0xFF) or (length is not None and len(spans) < length):
        decoder.decode()
        spans.append(raw[start : stream.tell()])
        start = stream.tell()
    assert start + (length is None) == len(raw), "bytes after the container"
    return spans


def _open(raw: bytes) -> tuple[int, int | None]:
    at = 3 if raw[:3] == b"\xd9\x01\x02" else 3 if raw[:3] == b"\xd9\x01\x03" else 0
    major, short = raw[at] >> 5, raw[at] & 31
    assert major in (4, 5)
    if short == 31:
        return at + 1, None
    width = 0 if short < 24 else 1 << (short - 24)
    count = int.from_bytes(raw[at + 1 : at + 1 + width], "big") if width else short
    return at + 1 + width, count * (2 if major == 5 else 1)


class Entry(NamedTuple):
    """A secondary index entry and its block."""

    chunk: int
    offset: int
    header_offset: int
    header_size: int
    crc: int
    hash: bytes
    place: int
    raw: bytes


def entries(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.glob("*.chunk")):
        data, index = path.read_bytes(), path.with_suffix(".secondary").read_bytes()
        rows = [struct.unpack_from(">QHHI32sQ", index, at) for at in range(0, len(index), 56)]
        ends = [row[0] for row in rows[1:]] + [len(data)] * bool(rows)
        for row, end in zip(rows, ends, strict=True):
            yield Entry._make((int(path.stem), *row, data[row[0] : end]))


class Block(NamedTuple):
    """`[era, block]` cut into the bytes of its parts."""

    era: int
    raw: bytes
    parts: list[bytes]

    @property
    def header(self) -> Any:
        return value(self.parts[0])


def block(raw: bytes) -> Block:
    era, body = items(raw)
    return Block(era[0], raw, items(body))


class Tx(NamedTuple):
    """A Shelley or later transaction: its body's bytes, and body, witnesses and auxiliary data as cbor2 has them."""

    raw: bytes
    body: dict[int, Any]
    witnesses_raw: dict[int, bytes]
    witnesses: dict[int, Any]
    auxiliary: bytes
    valid: bool


def txs(parsed: Block) -> list[Tx]:
    bodies, witnesses = items(parsed.parts[1]), items(parsed.parts[2])
    pairs = items(parsed.parts[3])
    auxiliary = {value(k): v for k, v in zip(pairs[::2], pairs[1::2], strict=True)}
    invalid = value(parsed.parts[4]) if len(parsed.parts) > 4 else []
    out = []
    for i, (body, witness) in enumerate(zip(bodies, witnesses, strict=True)):
        entry = items(witness)
        spans = {value(k): v for k, v in zip(entry[::2], entry[1::2], strict=True)}
        shown = {key: value(span) for key, span in spans.items()}
        out.append(Tx(body, value(body), spans, shown, auxiliary.get(i, b""), i not in invalid))
    return out


def output(item: Any) -> tuple[bytes, int, dict[tuple[bytes, bytes], int], Any, Any]:
    """Address, lovelace, assets, datum (None, hash, or tagged item) and reference script of either form of output."""
    if isinstance(item, dict):
        address, amount = item[0], item[1]
        datum, script = item.get(2), item.get(3)
    else:
        address, amount, datum, script = item[0], item[1], None, None
        if len(item) > 2:
            datum = [0, item[2]]
    coin, held = (amount, {}) if isinstance(amount, int) else amount
    assets = {(policy, name): n for policy, names in held.items() for name, n in names.items()}
    return address, coin, assets, datum, script


def unbase58(text: str) -> bytes:
    n = 0
    for letter in text:
        n = n * 58 + ALPHABET.index(letter)
    return n.to_bytes((n.bit_length() + 7) // 8, "big")
