"""Transaction metadata: the labels people use, and every awkward value the ledger allows (64 bytes a string)."""

from __future__ import annotations

from collections.abc import Callable

from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.dice import Dice, Pen

MAX_U64 = (1 << 64) - 1
WORDS = ("Nectar", "hive", "clover", "日本語テキスト", "smoked honey 🍯", "línea", "queen", "drone", "wax")


def label_map(pen: Pen, labels: list[int]) -> bytes:
    """`metadata`: label to metadatum."""
    return pen.map([(cbor.uint(label), metadatum(pen, label)) for label in labels])


def pick_labels(dice: Dice, deck: Callable[[], int]) -> list[int]:
    """One to three different labels."""
    wanted = {deck() for _ in range(1 if dice.chance(0.8) else 3)}
    return sorted(dice.bits(64) if label < 0 else label for label in wanted)


def metadatum(pen: Pen, label: int) -> bytes:
    if label == 721:
        return _nft(pen)
    if label == 20:
        return _token_registry(pen)
    if label == 674:
        return _message(pen)
    return _anything(pen, 2)


def _nft(pen: Pen) -> bytes:
    """CIP-25, version 1 (hex policy as text) or 2 (raw bytes)."""
    dice = pen.dice
    policy, name = dice.bytes(28), dice.bytes(6)
    image = [cbor.tstr("ipfs://"), cbor.tstr(dice.bytes(32).hex())]
    token = [
        (cbor.tstr("name"), cbor.tstr(dice.pick(WORDS))),
        (cbor.tstr("image"), pen.array(image)),
        (cbor.tstr("mediaType"), cbor.tstr("image/png")),
        (cbor.tstr("id"), cbor.integer(dice.skewed(0, MAX_U64))),
    ]
    if dice.chance(0.5):
        assets = pen.map([(cbor.tstr(name.hex()), pen.map(token))])
        return pen.map([(cbor.tstr(policy.hex()), assets), (cbor.tstr("version"), cbor.tstr("1.0"))])
    assets = pen.map([(cbor.bstr(name), pen.map(token))])
    return pen.map([(cbor.bstr(policy), assets), (cbor.tstr("version"), cbor.uint(2))])


def _token_registry(pen: Pen) -> bytes:
    fields = [(cbor.tstr("ticker"), cbor.tstr("HONEY")), (cbor.tstr("decimals"), cbor.uint(pen.dice.below(20)))]
    return pen.map([(cbor.tstr(pen.dice.bytes(28).hex()), pen.map(fields))])


def _message(pen: Pen) -> bytes:
    """CIP-20: long text in chunks of at most 64 bytes."""
    dice = pen.dice
    lines = [cbor.tstr("x" * 64) if dice.chance(0.3) else cbor.tstr(dice.pick(WORDS)) for _ in range(dice.between(1, 9))]
    return pen.map([(cbor.tstr("msg"), pen.array(lines))])


def _anything(pen: Pen, depth: int) -> bytes:
    dice = pen.dice
    shape = dice.below(7 if depth else 5)
    if shape < 2:
        return cbor.integer(dice.pick((0, 1, -1, 23, 24, MAX_U64, -MAX_U64 - 1, 1 << 53, -(1 << 63), dice.bits(40))))
    if shape == 2:
        return cbor.bstr(dice.bytes(dice.pick((0, 1, 32, 64))))
    if shape == 3:
        return cbor.tstr(dice.pick(("", "a\0b", '"quoted" \\ and\nnewline', "é" * 32, *WORDS)))
    if shape == 4:
        return cbor.tstr_open(["cut ", "in ", "three"]) if dice.chance(0.5) else cbor.bstr_open([b"ab", b"", b"\xff"])
    if shape == 5:
        return pen.array([_anything(pen, depth - 1) for _ in range(dice.below(5))])
    pairs = [(_anything(pen, 0 if dice.chance(0.9) else 1), _anything(pen, depth - 1)) for _ in range(dice.below(4))]
    return pen.map(pairs + pairs[:1] if dice.chance(0.2) else pairs)  # sometimes a key twice
