"""An array of a fixed number of parts has neither fewer nor more, whether its head counts them or a break ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cbor2
import pytest

from nectar.cardano.point import Era
from nectar.decode.broken import Broken
from nectar.decode.byron import byron_block
from nectar.decode.cbor import BROKEN, Reader
from nectar.decode.governance import proposals
from nectar.decode.output import reference_script
from nectar.decode.want import EVERYTHING, wanted_parts
from nectar.decode.witness import auxiliary, witnesses
from tests.conftest import ROOT

Parts = Sequence[bytes]
UNITS, DATA, ONE = b"\x82\x01\x02", b"\xd8\x79\x80", b"\x81"
ACCOUNT = b"\x58\x1d\xe1" + b"a" * 28
ANCHOR = b"\x82\x61u\x58\x20" + b"h" * 32


def counted(parts: Parts) -> bytes:
    return bytes((0x80 | len(parts),)) + b"".join(parts)


def with_break(parts: Parts) -> bytes:
    return b"\x9f" + b"".join(parts) + b"\xff"


def in_witnesses(redeemers: bytes) -> object:
    raw = b"\xa1\x05" + redeemers
    return witnesses(raw, {5: ()}, 0, Era.CONWAY).redeemers


def byron_pair(pair: bytes) -> object:
    path = next((ROOT / "tests/data/blocks").glob("*.Byron.*"))
    raw = path.read_bytes()
    _, parts = cbor2.loads(raw)
    reader = Reader(raw, 2)
    reader.open(4)
    reader.item()
    reader.open(4)
    start = reader.at
    reader.item()
    assert parts[1]
    return byron_block(raw[:start] + b"\x9f" + pair + b"\xff" + raw[reader.at :], 2, wanted_parts(EVERYTHING), 21_600).txs


ARRAYS: dict[str, tuple[Parts, Callable[[bytes], object]]] = {
    "a redeemer": ((b"\x00", b"\x00", DATA, UNITS), lambda one: in_witnesses(ONE + one)),
    "what a redeemer says": ((DATA, UNITS), lambda one: in_witnesses(b"\xa1\x82\x00\x00" + one)),
    "a proposal": ((b"\x01", ACCOUNT, b"\x81\x06", ANCHOR), lambda one: proposals(ONE + one, Era.CONWAY)),
    "Allegra's auxiliary data": ((b"\xa0", b"\x80"), lambda one: auxiliary(one, 0, Era.ALLEGRA)),
    "a native reference script": ((b"\x00", b"\x82\x04\x00"), reference_script),
    "a Plutus reference script": ((b"\x01", b"\x41x"), reference_script),
    "a Byron transaction": ((b"\x83\x9f\xff\x9f\xff\xa0", b"\x80"), byron_pair),
}


@pytest.mark.parametrize("form", [counted, with_break], ids=["counted", "with a break"])
@pytest.mark.parametrize("name", ARRAYS)
def test_neither_fewer_nor_more(name: str, form: Callable[[Parts], bytes]) -> None:
    parts, read = ARRAYS[name]
    assert read(form(parts))
    for others in (parts[:-1], [*parts, b"\xf6"], [*parts, b"\x80"]):
        try:
            read(form(others))
        except (*BROKEN, Broken):
            continue
        pytest.fail(f"{name} of {len(others)} parts was read")


def test_nothing_stands_behind_a_reference_script() -> None:
    with pytest.raises(ValueError, match="after the block's end"):
        reference_script(counted((b"\x01", b"\x41x")) + b"\x00")
