"""Truncated, flipped and invented bytes: never anything but a DecodeError that keeps the bytes and says where."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nectar.cardano.block import Block
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.errors import DecodeError

EXAMPLES = int(os.environ.get("NECTAR_FUZZ_EXAMPLES", "400"))
BOXED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def small_blocks(chain: Path) -> list[bytes]:
    paths = sorted((chain / "blocks").glob("*.block"))
    return [raw for raw in (path.read_bytes() for path in paths) if len(raw) < 12_000]


def outcome(raw: bytes) -> Block | DecodeError:
    try:
        return decode_block(raw, EVERYTHING)
    except DecodeError as error:
        assert error.raw == raw
        assert error.path
        return error


@BOXED
@given(data=st.data())
def test_a_truncated_block_is_a_decode_error(chain: Path, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(small_blocks(chain)))
    cut = data.draw(st.integers(0, len(raw) - 1))
    assert isinstance(outcome(raw[:cut]), DecodeError)


@BOXED
@given(data=st.data())
def test_a_flipped_bit_in_a_shelley_body_is_found(chain: Path, data: st.DataObject) -> None:
    """The header names its body's hash, so any change behind the header must be noticed; one within it changes the hash."""
    raw = data.draw(st.sampled_from([b for b in small_blocks(chain) if 2 <= b[1] <= 7]))
    at = data.draw(st.integers(2, len(raw) - 1))
    bent = bytearray(raw)
    bent[at] ^= 1 << data.draw(st.integers(0, 7))
    result = outcome(bytes(bent))
    assert isinstance(result, DecodeError) or result.hash != decode_block(raw, EVERYTHING).hash


@BOXED
@given(data=st.data())
def test_changed_bytes_never_crash(chain: Path, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(small_blocks(chain))))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    outcome(bytes(raw))


@BOXED
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_decode_error(raw: bytes) -> None:
    assert isinstance(outcome(raw), DecodeError)


def test_deep_nesting_is_a_decode_error() -> None:
    assert isinstance(outcome(b"\x82\x07" + b"\x81" * 5_000 + b"\x00"), DecodeError)


def test_the_message_names_slot_hash_and_path(chain: Path) -> None:
    """A block whose third transaction has a certificate of a kind that does not exist, with a body hash that fits."""
    raw = next(b for b in small_blocks(chain) if b[1] == 6 and len(cbor2.loads(b)[1][1]) >= 3)
    era, block = cbor2.loads(raw)
    block[1][2][4] = [[77, [0, bytes(28)]]]
    parts = [cbor2.dumps(part) for part in block[1:]]
    from hashlib import blake2b

    digests = b"".join(blake2b(part, digest_size=32).digest() for part in parts)
    block[0][0][7] = blake2b(digests, digest_size=32).digest()
    slot = block[0][0][1]
    with pytest.raises(DecodeError) as caught:
        decode_block(cbor2.dumps([era, block]), EVERYTHING)
    assert caught.value.path == "block.transaction_bodies[2].certificates"
    assert caught.value.slot == slot
    assert len(caught.value.block_hash or b"") == 32
