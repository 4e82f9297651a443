"""Bytes that are no messages: each is read, waits for more, or is said to break the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from cbor2 import CBORTag, dumps
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.errors import NectarError, SourceError
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import (
    ChainSyncReader,
)
from tests.node.messages import TWO, messages, segment, written


def _hostile(read: Callable[[], object]) -> None:
    """Whatever is read is read, waits for more, or is said to break the protocol."""
    try:
        read()
    except SourceError as error:
        assert error.code == "NEC-W004"
        assert error.hint


@given(st.binary(max_size=400))
@settings(max_examples=500)
def test_any_bytes_are_segments_or_a_violation(data: bytes) -> None:
    _hostile(lambda: _feed([data]))


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6))
@settings(max_examples=500)
def test_any_bytes_in_segments_are_messages_or_a_violation(payloads: list[bytes]) -> None:
    _hostile(lambda: _feed([segment(payload) for payload in payloads]))


@given(
    st.lists(messages, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=4),
    st.booleans(),
)
@settings(max_examples=500)
def test_mutated_messages_are_messages_or_a_violation(
    written_messages: list[chain_sync.Message], changes: list[tuple[int, int]], in_head: bool
) -> None:
    payload = b"".join(map(written, written_messages))
    data = bytearray(segment(payload) if in_head else payload)
    for at, byte in changes:
        data[at % len(data)] = byte
    _hostile(lambda: _feed([bytes(data) if in_head else segment(bytes(data))]))


def _feed(pieces: Sequence[bytes]) -> None:
    demux, reader = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader()
    for piece in pieces:
        demux.feed(piece)
        reader.feed(demux.take(mux.CHAIN_SYNC))


cbor_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.binary(max_size=40) | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(0, 1 << 17) | st.text(max_size=3), inner, max_size=3)
        | st.builds(CBORTag, st.integers(0, 300), inner)
    ),
    max_leaves=12,
)
READERS: tuple[Callable[[bytes], Any], ...] = (
    partial(handshake.read_answer, network="preview", magic=TWO),
    handshake.read_proposal,
    handshake.read_versions,
    chain_sync.read_request,
    lambda raw: ChainSyncReader().feed(raw),
    partial(state_query.read_acquired, at=state_query.TIP),
    state_query.read_result,
    state_query.read_eras,
    state_query.read_start,
    state_query.read_point,
    state_query.read_block_no,
    state_query.read_current_era,
    state_query.read_in_era,
)
DESIGNED = {"NEC-W004", "NEC-W005", "NEC-W006", "NEC-W007", "NEC-W011"}


def _designed(read: Callable[[bytes], Any], raw: bytes) -> None:
    try:
        read(raw)
    except NectarError as error:
        assert error.code in DESIGNED


shapes = st.sampled_from(
    [
        [0, {0x8017: [2, False]}],
        [1, 0x8017, [2, False]],
        [2, [0, [0x8010, 0x8011]]],
        [2, [2, 0x8017, "no"]],
        [3, {0x8017: [2, False]}],
        [2, CBORTag(24, b"x"), [[1, bytes(32)], 1]],
        [3, [1, bytes(32)], [[1, bytes(32)], 1]],
        [4, [[1, bytes(32)], []]],
        [2, 0],
        [[[0, 0, 0], None, [100, 1000, [0, 20, [0]], 20]]],
        [2022, 298, 0],
        [1, bytes(32)],
        [1, 5],
        [[1, "Shelley"], [0, "Byron"]],
    ]
)


def _replaced(shape: Any, place: int, value: Any) -> Any:
    """The shape with one of its parts, however deep, another value."""
    count = 0

    def walk(part: Any) -> Any:
        nonlocal count
        count += 1
        if count == place + 1:
            return value
        if isinstance(part, list):
            return [walk(item) for item in part]
        if isinstance(part, dict):
            return {key: walk(item) for key, item in part.items()}
        return CBORTag(part.tag, walk(part.value)) if isinstance(part, CBORTag) else part

    return walk(shape)


@pytest.mark.parametrize("read", READERS, ids=lambda read: getattr(getattr(read, "func", read), "__name__", "reader"))
@given(cbor_values.map(dumps) | st.binary(max_size=60) | st.builds(_replaced, shapes, st.integers(0, 9), cbor_values).map(dumps))
@settings(max_examples=400)
def test_every_reader_reads_or_says_what_is_wrong(read: Callable[[bytes], Any], raw: bytes) -> None:
    _designed(read, raw)


ODD = (
    ("a thing that cannot be a key", "a1a18000"),
    ("a date that is none", "c06178"),
    ("a time beyond all calendars", "c11bffffffffffffffff"),
    ("a rational over zero", "d81e820100"),
    ("a decimal that is none", "c48261786178"),
    ("a shared value that never was", "d81d1903e8"),
    ("text that is no UTF-8", "61ff"),
    ("a set of lists", "d9010281818000"),
    ("an address that is none", "d9010443010203"),
    ("a regular expression that is none", "d8236128"),
    ("a UUID that is none", "d82541 00".replace(" ", "")),
    ("a MIME message that is none", "d8246178"),
)


@pytest.mark.parametrize(("what", "item"), ODD, ids=[what for what, _ in ODD])
@pytest.mark.parametrize("head", ["", "81", "8302", "8301198017", "8202", "8203"])
def test_odd_items_in_messages_are_violations(what: str, item: str, head: str) -> None:
    for read in READERS:
        _designed(read, bytes.fromhex(head + item))


def test_versions_far_apart_are_not_counted_one_by_one() -> None:
    _designed(READERS[0], dumps([2, [0, [0x8000, 0x8000 | 1 << 60]]]))
    _designed(READERS[0], dumps([2, [0, [0x8000, 0x8000 | 1 << 80]]]))


@pytest.mark.parametrize("year", [0, -1, 10_000, 1 << 40, 1 << 80])
def test_a_system_start_beyond_the_calendar_is_a_violation(year: int) -> None:
    for value in ([year, 1, 0], [2022, year << 20, 0], [2022, 1, year << 90]):
        _designed(state_query.read_start, dumps(value))


@pytest.mark.parametrize("length", [None, "x", [], float("inf")])
def test_a_slot_length_that_is_no_number_is_a_violation(length: object) -> None:
    _designed(state_query.read_eras, dumps([[[0, 0, 0], None, [100, length]]]))


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_an_item_of_any_depth_is_a_violation(depth: int) -> None:
    for read in READERS:
        _designed(read, b"\x81" * depth + b"\x00")


HEADS = (
    ("an empty segment", "000000008005 0000", "an empty segment of chain-sync"),
    ("our own direction", "000000000005 0001", "protocol 5 \\(chain-sync\\), marked as a client's"),
    ("transactions", "000000008006 0001", "protocol 6 \\(tx-submission\\), marked as the node's"),
    ("a protocol of nodes", "000000008002 0001", "protocol 2, which is none"),
    ("HTTP", b"HTTP/1.1 400 Bad Request".hex(), "which is none"),
)


@pytest.mark.parametrize(("what", "head", "words"), HEADS, ids=[what for what, _, _ in HEADS])
def test_a_segment_that_cannot_be_is_refused_by_its_head_alone(what: str, head: str, words: str) -> None:
    raw = bytes.fromhex(head.replace(" ", ""))
    demux = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY)))
    demux.feed(raw[:7])
    with pytest.raises(SourceError, match=words) as caught:
        demux.feed(raw[7:8])
    assert caught.value.code == "NEC-W004"
    assert raw[:8].hex() in caught.value.what


MEGABYTE = 1 << 20
BEYOND_REASON = (
    ("a string", b"\x81\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a list", b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a tip", b"\x83\x02\xd8\x18\x59\x00\x01\x00\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a block", b"\x83\x02\xd8\x18\x5a\xff\xff\xff\xff"),
)


def _grows(begins: bytes) -> None:
    reader = ChainSyncReader()
    reader.feed(begins)
    for _ in range(6):
        reader.feed(bytes(16 * MEGABYTE))


@pytest.mark.parametrize("begins", [case[1] for case in BEYOND_REASON], ids=[case[0] for case in BEYOND_REASON])
def test_a_message_that_grows_beyond_all_reason_is_refused(begins: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        _grows(begins)
    assert caught.value.code == "NEC-W004"
