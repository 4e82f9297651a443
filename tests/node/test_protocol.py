"""The protocol's pure functions: bytes in any pieces, and what is written is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cbor2 import CBORTag, dumps, loads
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import SourceError
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import (
    AwaitMessage,
    BackwardMessage,
    ChainSyncReader,
    ForwardMessage,
    FoundMessage,
    NotFoundMessage,
    Tip,
)
from nectar.sources.node.message import Cutter
from tests.node.messages import ALONZO_END, GOUROBOROS, LAST, MAINNET, TWO, messages, points, segment, small_blocks, written


@pytest.fixture(scope="module")
def talk(chain: Path) -> list[chain_sync.Message]:
    """A node's messages of every kind, blocks of every size that has a head of its own."""
    blocks = [block for block in small_blocks(chain) if len(block) < 1_500]
    sized = [ForwardMessage(bytes(length), LAST) for length in (0, 1, 23, 24, 25, 255, 256, 257)]
    return [
        NotFoundMessage(Tip(ORIGIN, 0)),
        FoundMessage(ALONZO_END, LAST),
        BackwardMessage(ALONZO_END, LAST),
        *(ForwardMessage(block, LAST) for block in blocks[:2]),
        AwaitMessage(),
        *sized,
        BackwardMessage(ORIGIN, GOUROBOROS),
        ForwardMessage(blocks[-1], GOUROBOROS),
        ForwardMessage(b"", Tip(ORIGIN, 0)),
        ForwardMessage(blocks[-2], Tip(ORIGIN, 0)),
        AwaitMessage(),
    ]


def _read(pieces: Iterator[bytes]) -> list[chain_sync.Message]:
    demux, reader = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader()
    read: list[chain_sync.Message] = []
    for piece in pieces:
        demux.feed(piece)
        read += reader.feed(demux.take(mux.CHAIN_SYNC))
    assert not demux.within
    assert not reader.within
    return read


def _cut(data: bytes, *ats: int) -> Iterator[bytes]:
    for start, end in zip((0, *ats), (*ats, len(data)), strict=True):
        yield data[start:end]


def test_messages_cut_anywhere_are_the_same_messages(talk: list[chain_sync.Message]) -> None:
    for message in talk:
        data = segment(written(message))
        for at in range(len(data) + 1):
            assert _read(_cut(data, at)) == [message], at


def test_messages_come_through_byte_by_byte(talk: list[chain_sync.Message]) -> None:
    data = b"".join(segment(written(message)) for message in talk)
    assert _read(bytes((byte,)) for byte in data) == talk


@pytest.mark.parametrize("most", [1, 2, 7, 100, 1_000, 12_288, mux.MOST])
def test_messages_come_through_in_segments_of_any_size(most: int, talk: list[chain_sync.Message]) -> None:
    data = segment(b"".join(map(written, talk)), most=most)
    assert _read(iter([data])) == talk
    assert _read(_cut(data, *range(5, len(data), 4_099))) == talk


def test_several_messages_in_one_segment_cut_anywhere_are_the_same(talk: list[chain_sync.Message]) -> None:
    few = [message for message in talk if len(written(message)) < 120]
    assert len(few) > 8
    data = segment(b"".join(map(written, few)))
    for at in range(len(data) + 1):
        assert _read(_cut(data, at)) == few


def test_protocols_that_share_segments_are_told_apart(talk: list[chain_sync.Message]) -> None:
    demux, reader, cutter = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader(), Cutter()
    read: list[chain_sync.Message] = []
    answers: list[bytes] = []
    query = state_query.result(dumps([bytes(5_000), "x" * 300]))
    for message in talk:
        raw = written(message)
        half = len(raw) // 2
        demux.feed(segment(raw[:half]) if half else b"")
        demux.feed(mux.segments(mux.STATE_QUERY, query[:4_000], responder=True))
        demux.feed(segment(raw[half:]))
        demux.feed(mux.segments(mux.STATE_QUERY, query[4_000:], responder=True, most=10))
        read += reader.feed(demux.take(mux.CHAIN_SYNC))
        answers += cutter.feed(demux.take(mux.STATE_QUERY))
    assert read == talk
    assert answers == [query] * len(talk)


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 200_000])
def test_blocks_of_any_length_go_there_and_back(length: int) -> None:
    block = ForwardMessage(bytes(length), LAST)
    raw = written(block)
    assert raw == dumps([2, CBORTag(24, bytes(length)), [[*LAST.point], LAST.block_no]])
    assert _read(iter([segment(raw) * 3])) == [block] * 3


def test_answers_cut_anywhere_are_the_same_answers(golden: dict[str, bytes]) -> None:
    answers = [raw for name, raw in golden.items() if name.startswith(("lsq.", "hs."))]
    data = b"".join(answers)
    for at in range(0, len(data) + 1, 3):
        cutter = Cutter()
        assert cutter.feed(data[:at]) + cutter.feed(data[at:]) == answers
    cutter = Cutter()
    assert [message for byte in data for message in cutter.feed(bytes((byte,)))] == answers
    assert not cutter.within


def test_a_reader_knows_that_it_is_within_a_message(talk: list[chain_sync.Message]) -> None:
    for message in talk:
        raw = written(message)
        for at in range(1, len(raw)):
            reader = ChainSyncReader()
            assert (reader.feed(raw[:at]), reader.within) == ([], True)


# -- round trips ------------------------------------------------------------------------------------------------------


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 2_000), max_size=4), st.integers(1, 500))
def test_what_a_server_writes_is_read(sent: list[chain_sync.Message], ats: list[int], most: int) -> None:
    data = b"".join(segment(written(message), most=most) for message in sent)
    assert _read(_cut(data, *sorted(min(at, len(data)) for at in ats))) == sent


@given(st.lists(points, max_size=8))
def test_what_a_client_asks_is_read(asked: list[Point]) -> None:
    assert chain_sync.read_request(chain_sync.find_intersect(asked)) == chain_sync.FindIntersect(tuple(asked))


@pytest.mark.parametrize("version", handshake.VERSIONS)
def test_every_version_is_proposed_and_accepted(version: int) -> None:
    query = version > handshake.MAGIC_ALONE
    assert handshake.read_proposal(handshake.propose(TWO, versions=[version])) == {version: (TWO, False)}
    assert handshake.read_proposal(handshake.propose(TWO, versions=[version], query=True)) == {version: (TWO, query)}
    assert handshake.read_answer(handshake.accept(version, TWO), "preview", TWO) == (version, TWO)


def test_a_proposal_offers_9_to_23_in_order_and_the_best_is_taken() -> None:
    raw = handshake.propose(MAINNET)
    kind, table = loads(raw)
    assert kind == 0
    assert list(table) == [0x8000 | version for version in range(9, 24)]
    assert [table[0x8000 | version] for version in (9, 14, 15, 23)] == [MAINNET, MAINNET, [MAINNET, False], [MAINNET, False]]
    offered = handshake.read_proposal(raw)
    assert handshake.best(offered) == 23
    assert handshake.best(dict.fromkeys((4, 12, 99), (2, False))) == 12
    assert handshake.best({99: (2, False)}) is None
    assert len(raw) <= 5_760


@pytest.mark.parametrize("version", [1, 8, 24, 99])
def test_an_accepted_version_that_was_not_offered_is_refused(version: int) -> None:
    with pytest.raises(SourceError, match=f"accepts version {version}, which was not offered") as caught:
        handshake.read_answer(handshake.accept(version, TWO), "preview", TWO)
    assert caught.value.code == "NEC-W004"


SPOKEN: tuple[tuple[list[int], str], ...] = (
    ([], "none"),
    ([8], "V8"),
    ([24, 25, 26], "V24 to V26"),
    ([1, 2, 5], "V1, V2, V5"),
)


@pytest.mark.parametrize(("theirs", "text"), SPOKEN)
def test_a_refusal_of_versions_names_those_of_the_node(theirs: list[int], text: str) -> None:
    with pytest.raises(SourceError, match=f"it speaks {text}, Nectar V9 to V23") as caught:
        handshake.read_answer(handshake.refuse_versions(theirs), "preview", TWO)
    assert caught.value.code == "NEC-W005"
