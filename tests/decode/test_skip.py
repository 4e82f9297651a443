"""Where an item of CBOR ends: RFC 8949's examples are passed whole, and refused when they are cut short anywhere or broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.head import INDEFINITE, Malformed, head
from nectar.decode.metadata_json import metadata_json
from nectar.decode.plutus_json import plutus_json
from nectar.decode.skip import end_of_item, skipper
from nectar.decode.want import EVERYTHING
from nectar.errors import DecodeError

# RFC 8949, appendix A, and a tag of Plutus data
ITEMS = [
    bytes.fromhex(text)
    for text in (
        "00",
        "17",
        "1818",
        "1903e8",
        "1a000f4240",
        "1b000000e8d4a51000",
        "1bffffffffffffffff",
        "c249010000000000000000",
        "20",
        "3903e7",
        "f90000",
        "fb3ff199999999999a",
        "f4",
        "f6",
        "f818",
        "c074323031332d30332d32315432303a30343a30305a",
        "d74401020304",
        "40",
        "4401020304",
        "60",
        "6449455446",
        "62c3bc",
        "80",
        "83010203",
        "8301820203820405",
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        "a0",
        "a201020304",
        "a26161016162820203",
        "826161a161626163",
        "5f42010243030405ff",
        "7f657374726561646d696e67ff",
        "9fff",
        "9f018202039f0405ffff",
        "83018202039f0405ff",
        "bf61610161629f0203ffff",
        "bf6346756ef563416d7421ff",
        "d87982019f02ff",
    )
]
BROKEN = [
    bytes.fromhex(text)
    for text in (
        "1c",
        "1f",
        "3f",
        "dc00",
        "df00",
        "ff",
        "81ff",
        "a1ff00",
        "5f00ff",
        "5f5f4100ffff",
        "5f6100ff",
        "7f4100ff",
        "c2ff",
        "9f1cff",
    )
]


@pytest.mark.parametrize("item", ITEMS, ids=bytes.hex)
def test_an_item_is_passed_wherever_it_stands(item: bytes) -> None:
    among = b"\x01" + item + b"\xff"
    for raw, at in ((item, 0), (among, 1)):
        assert end_of_item(raw, at) == at + len(item)
        assert skipper(raw)(at) == at + len(item)


@pytest.mark.parametrize("item", ITEMS, ids=bytes.hex)
def test_an_item_that_is_cut_short_says_so(item: bytes) -> None:
    for size in range(len(item)):
        with pytest.raises(Malformed) as refused:
            end_of_item(item[:size], 0)
        assert refused.value.cut_short
        with pytest.raises(Malformed) as refused:
            skipper(item[:size])(0)
        assert refused.value.cut_short


@pytest.mark.parametrize("broken", BROKEN, ids=bytes.hex)
def test_what_no_more_bytes_would_mend(broken: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        end_of_item(broken, 0)
    assert not refused.value.cut_short


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("00", (0, 0, 1)),
        ("17", (0, 23, 1)),
        ("1818", (0, 24, 2)),
        ("3903e7", (1, 999, 3)),
        ("5a00010000", (2, 65_536, 5)),
        ("9bffffffffffffffff", (4, 2**64 - 1, 9)),
        ("9f", (4, INDEFINITE, 1)),
        ("5f", (2, INDEFINITE, 1)),
        ("bf", (5, INDEFINITE, 1)),
        ("ff", (7, INDEFINITE, 1)),
    ],
)
def test_a_head(raw: str, expected: tuple[int, int, int]) -> None:
    assert head(bytes.fromhex(raw), 0) == expected


@pytest.mark.parametrize("at", [1, 2, 9])
def test_no_head_stands_behind_the_end(at: int) -> None:
    with pytest.raises(Malformed) as refused:
        head(b"\x00", at)
    assert refused.value.cut_short


@pytest.mark.parametrize("junk", ["df", "1f", "3f"], ids=["a tag", "an unsigned integer", "a negative integer"])
def test_no_reader_takes_a_head_without_the_argument_that_it_must_have(junk: str) -> None:
    """Such bytes are no CBOR (RFC 8949, 3): the ledger refuses them, and so do all that read heads by hand."""
    broken = bytes.fromhex(junk)
    (path,) = (Path(__file__).parents[1] / "data" / "blocks").glob("1382422.Alonzo.*.block")
    block = path.read_bytes()
    assert decode_block(block, EVERYTHING).era is Era.ALONZO
    for at in (0, 2):
        with pytest.raises(DecodeError, match=f"0x{junk} begins no CBOR item"):
            decode_block(block[:at] + broken + block[at:], EVERYTHING)
    for read in (metadata_json, plutus_json):
        with pytest.raises(ValueError, match=f"0x{junk} begins no CBOR item"):
            read(broken + b"\x80")
