"""Envelopes of single blocks of every era, and where CBOR items end."""

from __future__ import annotations

from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.point import Era
from nectar.decode.envelope import body_hash, envelope, header_at, outline, quick_fields
from nectar.decode.head import Malformed
from nectar.decode.skip import end_of_item, skipper
from nectar.errors import DecodeError
from tests.sources.networks import expected

ERAS = {"ByronEBB": Era.BYRON_EBB} | {era.name.capitalize(): era for era in Era if era != Era.BYRON_EBB}


def test_every_single_block(chain: Path) -> None:
    rows = {each.hash: each for each in expected(chain, "singles")}
    files = sorted((chain / "blocks").glob("*.block"))
    assert len(files) == 308
    for file in files:
        raw = file.read_bytes()
        slot, era, prefix, _ = file.name.split(".")
        if era == "Dijkstra":
            with pytest.raises(DecodeError, match="unknown era: tag 8") as caught:
                envelope(raw)
            assert (caught.value.code, caught.value.slot, caught.value.raw) == ("NEC-D002", int(slot), raw)
            assert caught.value.block_hash is not None
            assert caught.value.block_hash.hex().startswith(prefix)
            continue
        header = envelope(raw)
        wanted = rows[header.hash.hex()]
        assert header.prev_hash is not None
        assert (header.slot, header.block_no, header.prev_hash.hex()) == (wanted.slot, wanted.block_no, wanted.prev), file
        assert header.era == ERAS[era]


def test_the_quick_way_says_the_same_and_bodies_are_what_headers_say(chain: Path) -> None:
    shelley_on = 0
    for file in sorted((chain / "blocks").glob("*.block")):
        raw = file.read_bytes()
        parts = outline(raw, 0, skipper(raw))
        assert parts.end == len(raw)
        header = header_at(raw, parts.era_tag, *parts.header)
        if header.era_tag >= Era.SHELLEY:
            assert quick_fields(raw, parts.header[0]) == (header.slot, header.block_no, header.prev_hash)
        if Era.SHELLEY <= header.era_tag <= Era.CONWAY:
            assert body_hash(raw, parts.parts) == header.body_hash, file
            shelley_on += 1
    assert shelley_on == 251


@pytest.mark.parametrize(
    ("hexed", "why"),
    [
        ("", "end where"),
        ("82", "end where"),
        ("8207", "end where"),
        ("830700", "era and block"),
        ("820780", "end where"),
        ("a10700", "array was expected"),
        ("82078400", "array was expected"),
        ("8207848200", "cut short|end where"),
        ("820785838a0000f6" + "00" * 7 + "0000", "2 fields was expected, not of 3"),
        ("820785828301020300", "header of 15 or 10 fields"),
        ("8200838500", "5 items is cut short"),
        ("8201838500f6000000", "a 32-byte hash was expected"),
        ("1c", "begins no CBOR item"),
        ("821c", "begins no CBOR item"),
        ("82ff", "unsigned integer"),
        ("8220", "unsigned integer"),
    ],
)
def test_bytes_that_are_no_block(hexed: str, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        envelope(bytes.fromhex(hexed))


cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=80)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(cbor_values, st.binary(max_size=5))
def test_both_ways_to_skip_agree(value: object, rest: bytes) -> None:
    item = cbor2.dumps(value)
    assert end_of_item(item + rest, 0) == len(item)
    assert skipper(item + rest)(0) == len(item)
    for cut in range(len(item)):
        with pytest.raises(Malformed) as caught:
            end_of_item(item[:cut], 0)
        assert caught.value.cut_short
        with pytest.raises(Malformed):
            skipper(item[:cut])(0)


@pytest.mark.parametrize("hexed", ["c06161", "d81e820100", "d82500", "61ff", "d81d00", "9fff", "5f4101420203ff", "bf0001ff"])
def test_items_the_decoder_has_opinions_on_still_end_where_they_end(hexed: str) -> None:
    raw = bytes.fromhex(hexed)
    skip = skipper(raw + raw)
    assert [skip(0), skip(len(raw)), skip(0)] == [len(raw), 2 * len(raw), len(raw)]


def test_depth_is_no_danger() -> None:
    assert end_of_item(b"\x81" * 100_000 + b"\x00", 0) == 100_001
    assert skipper(b"\x81" * 100_000 + b"\x00")(0) == 100_001
    with pytest.raises(Malformed):
        skipper(b"\x9b" + b"\xff" * 8)(0)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_give_an_envelope_or_the_designed_error(raw: bytes) -> None:
    for start in (raw, b"\x82\x07\x85\x82" + raw, b"\x82\x01\x83\x85" + raw):
        with pytest.raises(DecodeError):
            envelope(start)
