"""Plutus data of real transactions as JSON: what it says, whatever the depth, and no other failure than ValueError."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import cbor2
import pytest

from nectar.decode.plutus_json import plutus_json
from tests.processors.making import busy, singles


@cache
def real() -> tuple[bytes, ...]:
    """Every datum and redeemer of the blocks that travel with the project, each once."""

    def found() -> Iterator[bytes]:
        for tx in (tx for block in (*busy(), *singles()) for tx in block.txs):
            yield from (datum.raw for datum in tx.datums)
            yield from (redeemer.data.raw for redeemer in tx.redeemers)
            yield from (output.inline_datum.raw for output in tx.outputs if output.inline_datum is not None)

    return tuple(dict.fromkeys(found()))


def bytes_of(value: Any) -> Any:
    """CBOR's value from the JSON: the way back, which knows nothing of the way there."""
    if "int" in value:
        return value["int"]
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "list" in value:
        return [bytes_of(item) for item in value["list"]]
    if "map" in value:
        return [[bytes_of(pair["k"]), bytes_of(pair["v"])] for pair in value["map"]]
    return value["constructor"], [bytes_of(item) for item in value["fields"]]


def plain(value: Any) -> Any:
    """What cbor2 decoded, in the same shapes; a map as a list of pairs."""
    if isinstance(value, cbor2.CBORTag):
        number, fields = value.value if value.tag == 102 else (value.tag - (121 if value.tag < 128 else 1280 - 7), value.value)
        return number, [plain(item) for item in fields]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "items"):
        return [[plain(key), plain(item)] for key, item in value.items()]
    return value


def test_real_data_say_the_same_as_cbor2() -> None:
    assert len(real()) > 250
    for raw in real():
        assert bytes_of(json.loads(plutus_json(raw))) == plain(cbor2.loads(raw))


def test_keys_stand_as_in_jsonb() -> None:
    """The shortest first: fields before constructor."""
    seen = set[tuple[str, ...]]()
    for raw in real():
        json.loads(plutus_json(raw), object_pairs_hook=lambda pairs: seen.add(tuple(key for key, _ in pairs)))
    assert seen == {("int",), ("bytes",), ("list",), ("map",), ("k", "v"), ("fields", "constructor")}


@pytest.mark.parametrize("depth", [240, 500, 20_000])
@pytest.mark.parametrize(
    ("begin", "end", "text_begin", "text_end"),
    [
        (b"\x81", b"", '{"list":[', "]}"),
        (b"\x9f", b"\xff", '{"list":[', "]}"),
        (b"\xd8\x7a\x81", b"", '{"fields":[', '],"constructor":1}'),
        (b"\xd8\x66\x9f\x05\x9f", b"\xff\xff", '{"fields":[', '],"constructor":5}'),
        (b"\xa1\x00", b"", '{"map":[{"k":{"int":0},"v":', "}]}"),
        (b"\xbf\x00", b"\xff", '{"map":[{"k":{"int":0},"v":', "}]}"),
    ],
)
def test_depth_does_not_matter(depth: int, begin: bytes, end: bytes, text_begin: str, text_end: str) -> None:
    """An inline datum may nest as deep as a transaction has bytes."""
    assert plutus_json(begin * depth + b"\x00" + end * depth) == text_begin * depth + '{"int":0}' + text_end * depth


def test_every_truncation_of_real_data_is_a_value_error() -> None:
    for raw in real()[::5]:
        for end in range(len(raw)):
            with pytest.raises(ValueError):
                plutus_json(raw[:end])
        with pytest.raises(ValueError, match="1 bytes stand after"):
            plutus_json(raw + b"\x00")


def test_damaged_real_data_are_json_or_a_value_error() -> None:
    dice = Random(7)
    for _ in range(5_000):
        raw = bytearray(dice.choice(real()))
        raw[dice.randrange(len(raw))] = dice.choice((0xFF, 0x9F, 0xBF, 0x5F, 0xD8, 0x66, dice.randrange(256)))
        try:
            text = plutus_json(bytes(raw))
        except ValueError:
            continue
        json.loads(text)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ff",
        "1f",
        "3f",
        "9f1fff",
        "f6",
        "fb3ff0000000000000",
        "6161",
        "bf00ff",
        "a100",
        "c249",
        "c261",
        "d87980ff",
        "d8668100",
        "d86683000000",
        "d8669f0080",
        "d8669f008000ff",
        "d86682208000",
        "5f6161ff",
        "5f5f4101ffff",
        "d878",
        "d905788000",
    ],
)
def test_bytes_that_are_not_plutus_data(raw: str) -> None:
    with pytest.raises(ValueError):
        plutus_json(bytes.fromhex(raw))


def test_numbers_beyond_64_bits_and_beyond_what_python_prints() -> None:
    assert plutus_json(bytes.fromhex("c249010000000000000000")) == '{"int":18446744073709551616}'
    assert plutus_json(bytes.fromhex("c349010000000000000000")) == '{"int":-18446744073709551617}'
    assert plutus_json(bytes.fromhex("c25f41014100ff")) == '{"int":256}'
    assert plutus_json(bytes.fromhex("3bffffffffffffffff")) == '{"int":-18446744073709551616}'
    with pytest.raises(ValueError):
        plutus_json(b"\xc2\x59\x08\x00" + b"\xff" * 2048)
