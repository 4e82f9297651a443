"""Every error of a block names the place in the CDDL's own words, whoever finds it: decoding, making rows, or counting ids."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.errors import DecodeError
from nectar.processors.registry import PROCESSORS
from nectar.runner.decoding.quarantine import locating_errors
from tests.decode.handmade import block, body, tx_hash
from tests.decode.test_values import BIGNUMS, FIELDS, NUMBERS, OTHERS
from tests.processors.making import rows_of

# Shelley to Conway: block = [header, transaction_bodies, transaction_witness_sets, auxiliary_data_set, invalid_transactions];
# Byron: block = [header, body, extra], body = [txPayload, ...]; [0] is the era in front of either.
CDDL = re.compile(
    r"block(\[0\]|\.header(\.[a-z_]+)*|\.body(\.txPayload(\[\d+\])?)?|"
    r"\.(transaction_bodies|transaction_witness_sets|auxiliary_data_set)(\[\d+\](\.[a-z_]+)*)?)?"
)
FEW = (*NUMBERS[:3], *BIGNUMS[:2], *OTHERS)


def refusals(raw: bytes) -> Iterator[DecodeError]:
    try:
        decoded = decode_block(raw, EVERYTHING)
    except DecodeError as error:
        yield error
        return
    for processor in PROCESSORS:
        try:
            with locating_errors(decoded):
                rows_of(processor, [decoded], "preview")
        except DecodeError as error:
            yield error


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_cannot_be_read(name: str) -> None:
    for odd in FEW:
        try:
            raw = FIELDS[name].make(odd)
        except TypeError:  # no key of a Python mapping
            continue
        for error in refusals(raw):
            assert CDDL.fullmatch(error.path), error.path
            assert error.path in str(error)


def many(era: Era) -> Block:
    """More outputs than an id has room for."""
    decoded = decode_block(block(Era.CONWAY, body((0, [[tx_hash(1), 0]]))), EVERYTHING)
    (tx,) = decoded.txs
    return decoded._replace(era=era, txs=[tx._replace(outputs=[tx.outputs[0]._replace(index=1 << 16)])])


@pytest.mark.parametrize(("era", "path"), [(Era.CONWAY, "block.transaction_bodies[0]"), (Era.BYRON, "block.body.txPayload[0]")])
def test_a_place_without_room(era: Era, path: str) -> None:
    decoded = many(era)
    with pytest.raises(DecodeError) as caught, locating_errors(decoded):
        rows_of("transactions", [decoded], "preview")
    assert (caught.value.code, caught.value.path) == ("NEC-O002", path)
    assert CDDL.fullmatch(path)


def test_bytes_that_are_no_block() -> None:
    for raw in (b"", b"\x00", b"\x82\x18\x63\x80", b"\x82\x07\x80", b"\x82\x00\x80", b"\x82\x01\x80"):
        (error,) = refusals(raw)
        assert CDDL.fullmatch(error.path), error.path
