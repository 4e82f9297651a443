"""Plutus data of every shape that the ledger reads (CDDL `plutus_data`), and Plutus scripts of plausible form."""

from __future__ import annotations

from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.dice import Dice
from nectar.samplechain.keys import PLUTUS_V3, SampleScript, hash32, hashed_script
from nectar.samplechain.purse import OutputDatum


def plutus_data(dice: Dice, depth: int = 2) -> bytes:
    shape = dice.below(10)
    if depth == 0 or shape < 2:
        return cbor.integer(dice.skewed(0, 1 << 40) - dice.below(1000))
    if shape < 4:
        return cbor.bstr(dice.bytes(dice.pick((0, 4, 28, 28, 32, 64))))
    if shape == 4:
        return _rare(dice)
    if shape < 8:
        return _constructor(dice, depth)
    if shape == 8:
        items = [plutus_data(dice, depth - 1) for _ in range(dice.below(4))]
        return cbor.array_open(items) if items else cbor.EMPTY_ARRAY
    pairs = [(plutus_data(dice, 0), plutus_data(dice, depth - 1)) for _ in range(dice.below(3))]
    return cbor.mapping(pairs + pairs[:1])  # a key twice: legal here, the map is a list of pairs


def _rare(dice: Dice) -> bytes:
    shape = dice.below(4)
    if shape == 0:
        return cbor.integer((1 << 64) + dice.bits(90))
    if shape == 1:
        return cbor.integer(-(1 << 64) - 1 - dice.bits(90))
    if shape == 2:
        return cbor.bstr_open([dice.bytes(64), dice.bytes(64), dice.bytes(dice.between(1, 64))])
    return cbor.bstr_open([])


def _constructor(dice: Dice, depth: int) -> bytes:
    fields = [plutus_data(dice, depth - 1) for _ in range(dice.below(4))]
    body = cbor.array_open(fields) if fields and dice.chance(0.8) else cbor.array(fields)
    shape = dice.below(12)
    if shape < 9:
        return cbor.tag(121 + dice.below(7), body)
    if shape < 11:
        return cbor.tag(1280 + dice.below(121), body)
    return cbor.tag(102, cbor.array([cbor.uint(dice.between(128, 5000)), body]))


def new_datum(dice: Dice, inline: bool) -> OutputDatum:
    item = plutus_data(dice)
    return OutputDatum(item, hash32(item), inline)


def plutus_script(dice: Dice, language: int) -> SampleScript:
    """Random bytes behind a real version number, wrapped in a byte string as compilers do."""
    version = b"\x01\x01\x00" if language == PLUTUS_V3 else b"\x01\x00\x00"
    return hashed_script(language, cbor.bstr(version + dice.bytes(dice.skewed(20, 900))))
